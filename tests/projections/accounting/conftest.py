"""Books projected from a history into the migrated database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from projections.accounting import ACCOUNTING_VIEW
from projections.reading import Reading
from projections.reports.report import Asked, Report
from projections.work import DatabaseWork
from tests.projections.accounting.history import noon, uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from projections.envelope import Envelope
    from projections.table import Table
    from tests.projections.accounting.history import History

_accounts = count(1)


@dataclass
class Books:
    """One account's books in the database, as far as they were projected."""

    connection: psycopg.Connection[Any]
    account_id: UUID

    def project(
        self, events: Sequence[Envelope], *, batch: int = 5000, generation: int = 1
    ) -> Reading:
        wanted = [each for each in events if each.topic in ACCOUNTING_VIEW.topics]
        for at in range(0, len(wanted), batch):
            with self.connection.transaction(), self.connection.cursor(binary=True) as cursor:
                work = DatabaseWork(cursor, self.account_id, generation)
                ACCOUNTING_VIEW.fold(work, wanted[at : at + batch])
        return self.reading(events[-1].position if events else 0, generation)

    def reading(self, position: int, generation: int = 1) -> Reading:
        return Reading(
            self.connection.cursor(binary=True), self.account_id, generation,
            position, position, livemode=False, now=noon(date(2026, 1, 1)), stopped=False,
        )  # fmt: skip

    def keep(self, history: History) -> Reading:
        """Another account's business is always there too, with the same ids."""
        other = Books(self.connection, uuid(10**12 + next(_accounts)))
        other.project(history.envelopes)
        return self.project(history.envelopes)

    def report(
        self, report: Report, reading: Reading, until: date, **asked: Any
    ) -> list[dict[str, Any]]:
        return report.rows(reading, Asked(until, **asked))

    def table(self, table: Table[Any], generation: int = 1) -> list[Any]:
        """Every row of a generation, in the order of its key."""
        columns = ", ".join(table.names)
        return self.connection.execute(
            f"SELECT {columns} FROM {table.name} WHERE account_id = %s AND generation = %s"
            f" ORDER BY {', '.join(table.key)}",
            [self.account_id, generation],
        ).fetchall()


@pytest.fixture(scope="session")
def connection(service_url: str) -> Iterator[psycopg.Connection[Any]]:
    """With the rights of the service: what it may not do fails here too."""
    with psycopg.connect(service_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def books(connection: psycopg.Connection[Any]) -> Books:
    return Books(connection, uuid(10**11 + next(_accounts)))
