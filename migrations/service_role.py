"""The role that web, worker and scheduler act as: it may add events, never change them.

A migration gives rights in a `DO` block that asks for the role first, so that it also runs where
the owner may not create roles. Those blocks are repeated when the role comes later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psycopg import errors

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SERVICE_ROLE = "subledger_service"
MISSING = (
    f"The role {SERVICE_ROLE} is missing and this login may not create it. The service runs with "
    f"the owner's rights, so only its own code keeps events unchanged. An administrator mends it: "
    f"CREATE ROLE {SERVICE_ROLE}; GRANT {SERVICE_ROLE} TO <this login>; then migrate again."
)
_BLOCK = re.compile(r"^DO (\$\w*\$)(?:(?!\1).)*?\1;", re.MULTILINE | re.DOTALL)


def ensure_service_role(conn: Connection) -> bool:
    """Create it if this login may, and let this login act as it. False when it cannot be used."""
    try:
        _create(conn)
        conn.execute(f"GRANT {SERVICE_ROLE} TO CURRENT_USER")
    except errors.InsufficientPrivilege:
        return _usable(conn)
    return True


def rights_in(sql: str) -> list[str]:
    """The blocks of a migration that give rights to the role."""
    blocks = [found[0] for found in _BLOCK.finditer(sql)]
    return [block for block in blocks if SERVICE_ROLE in block]


def _create(conn: Connection) -> None:
    if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone():
        return
    try:
        conn.execute(f"CREATE ROLE {SERVICE_ROLE} NOLOGIN")
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # roles belong to the whole server: another database's migration was first


def _usable(conn: Connection) -> bool:
    row = conn.execute(
        "SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]
    ).fetchone()
    return row == (True,)
