"""Spreads the accounts over the nodes of a Citus cluster, by account_id; nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_UNDISTRIBUTED = """
SELECT c.oid::regclass::text
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relnamespace = current_schema()::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_dist_partition d WHERE d.logicalrelid = c.oid)
 ORDER BY 1
"""
_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
 WHERE proname IN ('append_events', 'take_own', 'take_written')
   AND pronamespace = current_schema()::regnamespace
"""


class NoCluster(Exception):
    """The database is an ordinary one."""


def distribute(conn: Connection) -> list[str]:
    """The tables newly spread. What is spread already stays. Raises NoCluster."""
    if not conn.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
        raise NoCluster("--distributed needs the citus extension: CREATE EXTENSION citus")
    tables = [str(row[0]) for row in conn.execute(_UNDISTRIBUTED)]
    for table in tables:
        conn.execute("SELECT create_distributed_table(%s, 'account_id')", [table])
    for (function,) in conn.execute(_FUNCTIONS).fetchall() if tables else []:
        conn.execute(
            "SELECT create_distributed_function(%s, '$1', colocate_with := 'stored_events')",
            [function],
        )
    return tables
