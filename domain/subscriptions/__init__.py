"""Terms of a plan in force for a customer, and when they end or renew."""
