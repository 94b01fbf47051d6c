"""The event store on PostgreSQL: one gapless, chained log an account."""
