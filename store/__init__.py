"""The event store on PostgreSQL, the operational tables beside it, and the embedded server."""
