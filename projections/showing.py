"""A write shown to its writer: projected and read back in one transaction, in few round trips."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.errors import InvalidSqlStatementName, LockNotAvailable

from domain.shared.errors import DomainError
from projections import tracking
from projections.log import envelopes
from projections.reading import Reading
from projections.table import parameters
from projections.tracking import Place
from projections.work import FEW
from store.exchange import Asked, ended_with

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from uuid import UUID

    from projections.group import Group
    from projections.table import Table
    from projections.tracking import Cursor, Taken
    from store.connections import Connection, Connections

T = TypeVar("T")
Row = TypeVar("Row")


def show(
    connections: Connections,
    account_id: UUID,
    group: Group,
    wait_ms: int,
    read: Callable[[Reading], T],
) -> T | None:
    """What `read` finds when the group shows the end of the log.

    None where that takes more than a writer does, or cannot be had: the group is stopped, held by
    another for too long, or breaks. Nothing has happened then; the runner's way knows the rest.
    """
    ask = partial(_show, Place(account_id, group.name), group, wait_ms, read)
    try:
        with connections.connection() as connection:
            try:
                return ask(connection)
            except _Forgotten:  # nothing happened, and the statements are prepared anew
                return ask(connection)
    except (LockNotAvailable, _Broken, DomainError):
        return None


def _show(
    place: Place, group: Group, wait_ms: int, read: Callable[[Reading], T], connection: Connection
) -> T | None:
    with _committed(connection):
        taken = tracking.take(connection, place, wait_ms, group.wanted)
        if taken is None or not taken.moved:
            return None
        with connection.cursor(binary=True) as cursor:
            now = _as_taken(cursor, place.account_id, taken)
            if taken.events:
                _fold(now, group, taken.events)
            found = read(now)
            now.end()
            return found


@contextmanager
def _committed(connection: Connection) -> Iterator[None]:
    """The transaction that was begun in the block ends with it, one way or the other."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _fold(now: Reading, group: Group, events: list[tuple[Any, ...]]) -> None:
    with _breaking():
        group.fold(now, envelopes(now.account_id, events, group.blind))


@contextmanager
def _breaking() -> Iterator[None]:
    """The database's own trouble is raised as it is; anything else is the event's."""
    try:
        yield
    except InvalidSqlStatementName as forgotten:
        raise _Forgotten from forgotten
    except (psycopg.OperationalError, psycopg.InterfaceError, _Broken):
        raise
    except Exception as error:
        raise _Broken from error


class _Broken(Exception):
    """A handler failed; the runner finds out where."""


class _Forgotten(_Broken):
    """The connection was rolled back since, and its prepared statements went with that."""


@dataclass(frozen=True, slots=True)
class _Own(Reading):
    """The lease keeps the position while rows are read: they are of one moment.

    Rows that were just written are not read again, and are sent with what is asked next: mostly
    the answer's last question, which ends the transaction too.
    """

    kept: dict[tuple[str, Any], Any] = field(default_factory=dict)
    begun: set[Any] = field(default_factory=set)
    """Keys of rows that were not there before: nothing can refer to them but what was kept."""
    waiting: list[Asked] = field(default_factory=list)

    def load(self, table: Table[Row], keys: Collection[Any]) -> list[Row]:
        found = [self.kept.get((table.name, key)) for key in sorted(keys)]
        if any(row is None for row in found):
            self.write()
            return Reading.load(self, table, keys)
        return [copy(row) for row in found]  # type: ignore[misc]

    def load_by(self, table: Table[Row], column: str, values: Collection[Any]) -> list[Row]:
        if not self.begun.issuperset(values):
            self.write()
            return Reading.load_by(self, table, column, values)
        mine = [row for (name, _), row in self.kept.items() if name == table.name]
        found = [copy(row) for row in mine if getattr(row, column) in values]
        return sorted(found, key=table.key_of)

    def count_by(self, table: Table[Any], column: str, values: Collection[Any]) -> dict[Any, int]:
        self.write()
        return Reading.count_by(self, table, column, values)

    def select(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        self.write()
        return Reading.select(self, statement, bound)

    def last(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Commits."""
        asked = Asked(statement, {**bound, **self.scope})
        with _breaking():
            rows: list[tuple[Any, ...]]
            *_, rows = ended_with(self.cursor.connection, [*self.waiting, asked])
        self.waiting.clear()
        return rows

    def end(self) -> None:
        """Sends what waits and commits, unless `last` has."""
        if self.waiting:
            with _breaking():
                ended_with(self.cursor.connection, self.waiting)
            self.waiting.clear()

    def upsert(self, table: Table[Row], rows: Collection[Row]) -> None:
        self._later(table, table.statements.upsert, rows)

    def insert(self, table: Table[Row], rows: Collection[Row]) -> None:
        self.begun.update(map(table.key_of, rows))
        if len(rows) <= FEW:
            self._later(table, table.statements.insert, rows)
            return
        self.write()
        Reading.insert(self, table, rows)
        self._keep(table, rows)

    def delete(self, table: Table[Any], keys: Collection[Any]) -> None:
        self.write()
        Reading.delete(self, table, keys)
        for key in keys:
            self.kept.pop((table.name, key), None)

    def write(self) -> None:
        """What waits to be sent."""
        waiting = [*self.waiting]
        self.waiting.clear()
        with _breaking():
            for each in waiting:
                self.cursor.execute(each.sql, each.bound, binary=True)

    def _later(self, table: Table[Row], statement: str, rows: Collection[Row]) -> None:
        values = map(table.values_of, rows)
        self.waiting.append(Asked(statement, parameters(self, table.columns, values)))
        self._keep(table, rows)

    def _keep(self, table: Table[Row], rows: Iterable[Row]) -> None:
        self.kept.update(((table.name, table.key_of(row)), copy(row)) for row in rows)


def _as_taken(cursor: Cursor, account_id: UUID, taken: Taken) -> _Own:
    return _Own(
        cursor,
        account_id,
        taken.generation,
        position=taken.head,
        head=taken.head,
        livemode=taken.livemode,
        now=taken.now,
        stopped=False,
    )
