"""The trigram indexes that text search needs, where the server offers the extensions for them.

They are made at each `migrate` that finds them missing, so that an administrator may bring the
extensions later; without them search gives the same rows, by looking at all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

EXTENSIONS = ("pg_trgm", "btree_gin")
MISSING = (
    "Text search works without an index and is slow on long lists: this server does not offer "
    "pg_trgm and btree_gin, or this login may not create them. An administrator mends it: "
    "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; then migrate again."
)
SEARCHED = {
    "organizations": (
        "id", "name", "industry", "website", "email", "phone", "tax_id", "old_provider_id",
    ),
    "customers": ("id", "email", "first_name", "last_name", "phone", "old_provider_id"),
    "memberships": ("id", "email", "first_name", "last_name"),
    "products": ("id", "name", "description", "old_provider_id"),
}  # fmt: skip
"""The columns of each table that are searched, in the order of its index."""


def ensure_search(conn: Connection) -> bool:
    """Make what is missing. False where the extensions are not to be had."""
    if not all(_ensure_extension(conn, name) for name in EXTENSIONS):
        return False
    for table, columns in SEARCHED.items():
        if _exists(conn, table):
            _ensure_index(conn, table, columns)
    return True


def available(conn: Connection) -> bool:
    found = conn.execute(
        "SELECT count(*) FROM pg_extension WHERE extname = ANY (%s)", [list(EXTENSIONS)]
    ).fetchone()
    return found == (len(EXTENSIONS),)


def _ensure_extension(conn: Connection, name: str) -> bool:
    try:
        conn.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile):
        return False
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # another `migrate` was first
    return True


def _exists(conn: Connection, table: str) -> bool:
    return conn.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone() == (True,)


def _ensure_index(conn: Connection, table: str, columns: tuple[str, ...]) -> None:
    try:
        conn.execute(_index(table, columns))
    except (errors.DuplicateTable, errors.UniqueViolation):
        pass  # another `migrate` was first


def _index(table: str, columns: tuple[str, ...]) -> str:
    # A short list of pending entries: each search reads all of it.
    texts = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    return f"""CREATE INDEX IF NOT EXISTS {table}_search ON {table}
        USING gin (account_id, generation, lower({texts}) gin_trgm_ops)
         WITH (gin_pending_list_limit = 256)"""
