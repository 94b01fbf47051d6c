"""The pay page: one invoice for whoever has its link, and a way to pay it."""
