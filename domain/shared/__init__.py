"""Words every context shares: money, periods, ids, errors, the base of aggregates."""
