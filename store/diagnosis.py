"""What can be wrong with a database that billing is trusted to, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable

    Connection = psycopg.Connection[tuple[Any, ...]]

_LEAST_VERSION = 150000
_SERVICE_ROLE = "subledger_service"


@dataclass(frozen=True)
class Finding:
    """`fail` must be mended before the service is trusted; `warn` is the operator's choice."""

    mark: Literal["ok", "warn", "fail"]
    about: str
    detail: str


def diagnose(url: str) -> list[Finding]:
    """Every check on the database at `url`, as its owner sees it."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
            return [check(conn) for check in _CHECKS]
    except psycopg.OperationalError as reason:
        return [Finding("fail", "database", str(reason).strip())]


def _version(conn: Connection) -> Finding:
    found = conn.info.server_version
    mark: Literal["ok", "fail"] = "ok" if found >= _LEAST_VERSION else "fail"
    return Finding(mark, "PostgreSQL", f"{found // 10000}.{found % 10000}, 15 or later is needed")


def _durability(conn: Connection) -> Finding:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    off = [name for name in names if _setting(conn, name) == "off"]
    if off:
        return Finding("fail", "durability", f"{', '.join(off)} off: a crash loses answered writes")
    return Finding("ok", "durability", "a commit is on disk before it is answered")


def _setting(conn: Connection, name: str) -> str:
    row = conn.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def _service_role(conn: Connection) -> Finding:
    row = conn.execute(
        "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s",
        [_SERVICE_ROLE],
    ).fetchone()
    if row != (True,):
        return Finding("warn", "service role", "missing: the service runs with the owner's rights")
    return Finding("ok", "service role", _SERVICE_ROLE)


def _unchangeable_events(conn: Connection) -> Finding:
    row = conn.execute(
        "SELECT has_table_privilege(oid, to_regclass('stored_events'), 'UPDATE, DELETE')"
        " FROM pg_roles WHERE rolname = %s",
        [_SERVICE_ROLE],
    ).fetchone()
    if row == (True,):
        return Finding("fail", "events", f"{_SERVICE_ROLE} may change or delete them: revoke that")
    return Finding("ok", "events", "only ever added to")


_CHECKS: tuple[Callable[[Connection], Finding], ...] = (
    _version,
    _durability,
    _service_role,
    _unchangeable_events,
)
