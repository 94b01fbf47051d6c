"""Payment gateways behind the one port that the domain declares."""
