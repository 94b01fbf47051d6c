"""Brings a database to the schema of this release: forward only, each file once, in order."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors

from migrations import search
from migrations.distribution import distribute
from migrations.service_role import MISSING, ensure_service_role, rights_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    Connection = psycopg.Connection[tuple[Any, ...]]

FOLDER = Path(__file__).resolve().parent
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class MigrationRefused(Exception):
    """A released file was changed or misnamed, or the database is newer than this release."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.version:04} {self.name}"


@dataclass
class Outcome:
    """What was done, and what a person should know about."""

    applied: list[str] = field(default_factory=list)
    distributed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def migrate(url: str, folder: Path = FOLDER, *, distributed: bool = False) -> Outcome:
    """Apply what is missing, as the owner. Raises MigrationRefused before anything is changed."""
    outcome = Outcome()
    migrations = read_migrations(folder)
    with psycopg.connect(url, autocommit=True) as conn:
        _ensure_journal(conn)
        _refuse_changed(conn, migrations)
        has_role = ensure_service_role(conn)
        outcome.applied = [str(each) for each in migrations if _apply(conn, each)]
        if has_role:
            _repeat_rights(conn, migrations)
        else:
            outcome.warnings.append(MISSING)
        if not search.ensure_search(conn):
            outcome.warnings.append(search.MISSING)
        outcome.distributed = distribute(conn) if distributed else []
    return outcome


def current(conn: Connection, folder: Path = FOLDER) -> bool:
    """Is the database exactly at this release? For readiness: one small read, no lock."""
    try:
        return _applied(conn) == {each.version: each.checksum for each in read_migrations(folder)}
    except errors.UndefinedTable:
        return False


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """In order; numbers may be left out. Raises MigrationRefused for a bad or a second name."""
    migrations = [_read(path) for path in sorted(folder.glob("*.sql"))]
    versions = [migration.version for migration in migrations]
    if len(set(versions)) < len(versions):
        raise MigrationRefused(f"each migration has a number of its own: found {versions}")
    return migrations


def _read(path: Path) -> Migration:
    named = _FILE_NAME.fullmatch(path.name)
    if named is None:
        raise MigrationRefused(f"{path.name} is not named NNNN_verb_object.sql")
    return Migration(int(named[1]), named[2], path.read_text(encoding="utf-8"))


def _ensure_journal(conn: Connection) -> None:
    try:
        conn.execute(_JOURNAL)
    except (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject):
        pass  # another one made it in this moment; IF NOT EXISTS does not wait


def _refuse_changed(conn: Connection, migrations: Iterable[Migration]) -> None:
    known = {migration.version: migration for migration in migrations}
    for version, checksum in _applied(conn).items():
        if version not in known:
            raise MigrationRefused(f"the database is at {version:04}, newer than this release")
        if known[version].checksum != checksum:
            raise MigrationRefused(f"{known[version]} was changed after it had been applied")


def _applied(conn: Connection) -> dict[int, str]:
    """Checksum by version."""
    return dict(conn.execute("SELECT version, checksum FROM schema_migrations").fetchall())


def _apply(conn: Connection, migration: Migration) -> bool:
    """One transaction. The table lock makes a second `migrate` wait, then find it done."""
    with conn.transaction():
        conn.execute("LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE")
        if migration.version in _applied(conn):
            return False
        conn.execute(migration.sql)
        conn.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
            [migration.version, migration.name, migration.checksum],
        )
    return True


def _repeat_rights(conn: Connection, migrations: Iterable[Migration]) -> None:
    """For a role that came after the first migrations; in order, so that a REVOKE still holds."""
    with conn.transaction():
        conn.execute("LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE")
        for migration in migrations:
            for block in rights_in(migration.sql):
                conn.execute(block)
