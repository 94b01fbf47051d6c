"""Brings a database to the schema of this release: forward only, each file once, in order."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString, cast

import psycopg
from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).resolve().parent
SERVICE_ROLE = "subledger_service"
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_GRANTS = re.compile(rf"^(?:GRANT|REVOKE)\b[^;]*\b{SERVICE_ROLE}\b[^;]*;", re.MULTILINE | re.IGNORECASE)
_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
_INSUFFICIENT_PRIVILEGE = "42501"


class MigrationRefused(Exception):
    """A released file was changed, or the database is newer than this release."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def grants(self) -> list[str]:
        """The rights it gives to the service's role. By convention each begins its own line."""
        return _GRANTS.findall(self.sql)


@dataclass
class Outcome:
    """What was done, and what a person should know about."""

    applied: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    distributed: list[str] = field(default_factory=list)


def migrate(url: str, folder: Path = FOLDER, *, distributed: bool = False) -> Outcome:
    """Apply what is missing, as the owner. Raises MigrationRefused before anything is changed."""
    outcome = Outcome()
    with psycopg.connect(url, autocommit=True) as conn:
        _ensure_journal(conn)
        has_role = _ensure_role(conn, outcome)
        migrations = read_migrations(folder)
        _refuse_changed(conn, migrations)
        for migration in migrations:
            if _apply(conn, migration, granting=has_role):
                outcome.applied.append(f"{migration.version:04} {migration.name}")
        if has_role and not outcome.applied:
            _repeat_grants(conn, migrations)
        if distributed:
            outcome.distributed = distribute(conn)
    return outcome


def current(conn: psycopg.Connection[tuple[object, ...]], folder: Path = FOLDER) -> bool:
    """Is the database exactly at this release? For readiness: one small read, no lock."""
    wanted = {migration.version: migration.checksum for migration in read_migrations(folder)}
    try:
        return _applied(conn) == wanted
    except errors.UndefinedTable:
        return False


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """In order. Raises MigrationRefused for a name or a number that breaks the row."""
    migrations = [_read(path) for path in sorted(folder.glob("*.sql"))]
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise MigrationRefused(f"migrations must be numbered 1, 2, 3 …: found {versions}")
    return migrations


def _read(path: Path) -> Migration:
    named = _FILE_NAME.fullmatch(path.name)
    if named is None:
        raise MigrationRefused(f"{path.name} is not named NNNN_verb_object.sql")
    return Migration(int(named[1]), named[2], path.read_text(encoding="utf-8"))


def _ensure_journal(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        conn.execute(_JOURNAL)
    except (errors.UniqueViolation, errors.DuplicateTable):
        pass  # another one made it in this moment; IF NOT EXISTS does not wait


def _ensure_role(conn: psycopg.Connection[tuple[object, ...]], outcome: Outcome) -> bool:
    try:
        _create_role(conn)
        conn.execute(f"GRANT {SERVICE_ROLE} TO CURRENT_USER")
    except errors.InsufficientPrivilege:
        usable = _may_become_service(conn)
        if not usable:
            outcome.warnings.append(
                f"The role {SERVICE_ROLE} is missing and this login may not create it: the service "
                f"runs with the owner's rights, so nothing but the code keeps events unchanged. As "
                f"an administrator: CREATE ROLE {SERVICE_ROLE}; GRANT {SERVICE_ROLE} TO the owner's "
                f"login; then run migrate again."
            )
        return usable
    return True


def _create_role(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone():
        return
    try:
        conn.execute(f"CREATE ROLE {SERVICE_ROLE} NOLOGIN")
    except (errors.DuplicateObject, errors.UniqueViolation):
        pass  # roles belong to the whole server: another database's migration was first


def _may_become_service(conn: psycopg.Connection[tuple[object, ...]]) -> bool:
    role = conn.execute("SELECT oid FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone()
    if role is None:
        return False
    member = conn.execute("SELECT pg_has_role(%s, 'MEMBER')", [SERVICE_ROLE]).fetchone()
    return member == (True,)


def _refuse_changed(
    conn: psycopg.Connection[tuple[object, ...]], migrations: Iterable[Migration]
) -> None:
    known = {migration.version: migration for migration in migrations}
    for version, checksum in _applied(conn).items():
        if version not in known:
            raise MigrationRefused(f"the database is at {version:04}, newer than this release")
        if known[version].checksum != checksum:
            raise MigrationRefused(f"{version:04} {known[version].name} was changed after its release")


def _applied(conn: psycopg.Connection[tuple[object, ...]]) -> dict[int, str]:
    rows = conn.execute("SELECT version, checksum FROM schema_migrations ORDER BY version")
    return {cast("int", version): cast("str", checksum) for version, checksum in rows}


def _apply(
    conn: psycopg.Connection[tuple[object, ...]], migration: Migration, *, granting: bool
) -> bool:
    """One transaction. The table lock makes a second `migrate` wait, then find it done."""
    with conn.transaction():
        conn.execute("LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE")
        if migration.version in _applied(conn):
            return False
        text = migration.sql if granting else _GRANTS.sub("", migration.sql)
        conn.execute(cast("LiteralString", text))
        conn.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
            [migration.version, migration.name, migration.checksum],
        )
    return True


def _repeat_grants(
    conn: psycopg.Connection[tuple[object, ...]], migrations: Iterable[Migration]
) -> None:
    """For a role that came after the first migrations. In order, so that a REVOKE still holds."""
    with conn.transaction():
        for migration in migrations:
            for grant in migration.grants:
                conn.execute(cast("LiteralString", grant))


def distribute(conn: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Spread every account's table over a Citus cluster, colocated. What is spread stays so."""
    if not conn.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone():
        raise MigrationRefused("--distributed needs the citus extension in this database")
    tables = [cast("str", row[0]) for row in conn.execute(_UNDISTRIBUTED)]
    for table in tables:
        conn.execute("SELECT create_distributed_table(%s, 'account_id')", [table])
    for (function,) in conn.execute(_APPEND_FUNCTION).fetchall():
        conn.execute(
            "SELECT create_distributed_function(%s, '$1', colocate_with := 'stored_events')", [function]
        )
    return tables


_UNDISTRIBUTED = """
SELECT c.oid::regclass::text
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_dist_partition d WHERE d.logicalrelid = c.oid)
ORDER BY 1
"""
_APPEND_FUNCTION = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE proname = 'append_events' AND pronamespace = current_schema()::regnamespace
"""
