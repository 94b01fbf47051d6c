"""Payment adapters behind the domain's one port."""
