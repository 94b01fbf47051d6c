"""Subscribers of another system, read from a file and lived through from their first day."""
