<<<<<<< HEAD
"""Payment adapters behind the domain's one port."""
=======
"""Payment gateways behind the one port that the domain declares."""
>>>>>>> runtime
