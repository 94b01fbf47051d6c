"""Products and the plans they are sold by."""
