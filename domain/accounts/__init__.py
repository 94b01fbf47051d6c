"""The tenant: its settings and, for a test account, its clock."""
