"""Read models: one module a view, with its rows, its SQL and its read queries."""
