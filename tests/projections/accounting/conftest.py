"""A database with the accounting tables, and books projected from a history."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from projections.accounting import ACCOUNTING_VIEW
from projections.reports.report import Asked, Report, Scope
from projections.work import DatabaseWork
from store.embedded import embedded_server
from tests.projections.accounting.history import uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from projections.envelope import Envelope
    from tests.projections.accounting.history import History

SCHEMA = Path(__file__).parents[3] / "migrations"
_accounts = count(1)


@dataclass
class Books:
    """One account's books in the database, as far as they were projected."""

    connection: psycopg.Connection[Any]
    account_id: UUID

    def project(
        self, events: Sequence[Envelope], *, batch: int = 5000, generation: int = 1
    ) -> Scope:
        wanted = [each for each in events if each.topic in ACCOUNTING_VIEW.topics]
        for at in range(0, len(wanted), batch):
            with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
                work = DatabaseWork(cursor, self.account_id, generation)
                ACCOUNTING_VIEW.fold(work, wanted[at : at + batch])
        return Scope(self.account_id, generation, events[-1].position if events else 0)

    def keep(self, history: History) -> Scope:
        """Another account's business is always there too, with the same ids."""
        other = Books(self.connection, uuid(10**12 + next(_accounts)))
        other.project(history.envelopes)
        return self.project(history.envelopes)

    def report(
        self, report: Report, scope: Scope, until: date, **asked: Any
    ) -> list[dict[str, Any]]:
        with self.connection.cursor() as cursor:
            return report.rows(cursor, scope, Asked(until, **asked))

    def table(self, name: str, generation: int = 1) -> list[tuple[Any, ...]]:
        """Every row as text but for its generation, in the order of the primary key."""
        columns = ", ".join(
            column
            for (column,) in self.connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND column_name <> 'generation' ORDER BY ordinal_position",
                [name],
            )
        )
        return self.connection.execute(
            f"SELECT {columns} FROM {name} WHERE account_id = %s AND generation = %s ORDER BY 1, 2, 3, 4",
            [self.account_id, generation],
        ).fetchall()


@pytest.fixture(scope="session")
def accounting_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_server(tmp_path_factory.mktemp("ledger")) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            for file in ("0001_create_event_store.sql", "0003_create_accounting.sql"):
                connection.execute(
                    (SCHEMA / file)
                    .read_text()
                    .split("GRANT")[0]
                    .split("DO $$\nBEGIN\n    IF EXISTS")[0]
                )
        yield server.url


@pytest.fixture(scope="session")
def connection(accounting_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(accounting_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def new_books(connection: psycopg.Connection[Any]) -> Any:
    return lambda: Books(connection, uuid(10**11 + next(_accounts)))


@pytest.fixture
def books(new_books: Any) -> Books:
    return new_books()
