"""The rows of whoever holds a group's lease: written late, and not read again once known."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.errors import InvalidSqlStatementName

from projections import singly
from projections.reading import Reading
from projections.table import parameters
from projections.work import FEW
from store.exchange import Asked, Bound, ended_with, within

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from projections.table import Table
    from store.exchange import Rows

Row = TypeVar("Row")


class HandlerFailed(Exception):
    """A handler failed; the runner finds out where."""


class Forgotten(HandlerFailed):
    """The connection was rolled back since, and its prepared statements went with that."""


@contextmanager
def breaking() -> Iterator[None]:
    """The database's own trouble is raised as it is; anything else is the event's."""
    try:
        yield
    except InvalidSqlStatementName as forgotten:
        raise Forgotten from forgotten
    except (psycopg.OperationalError, psycopg.InterfaceError, HandlerFailed):
        raise
    except Exception as error:
        raise HandlerFailed from error


@dataclass(frozen=True, slots=True)
class Own(Reading):
    """The lease keeps the position while rows are read: they are of one moment.

    Rows that were just written are sent with what is asked next: mostly the answer's last
    question, which ends the transaction too. What is loaded is what is kept, not a copy: whoever
    changes a row upserts it.
    """

    kept: dict[tuple[str, Any], Any] = field(default_factory=dict)
    begun: set[Any] = field(default_factory=set)
    """Keys of rows that were not there before: nothing can refer to them but what was kept."""
    waiting: list[Asked | Bound] = field(default_factory=list)

    def load(self, table: Table[Row], keys: Collection[Any]) -> list[Row]:
        kept, name = self.kept, table.name
        missing = [key for key in keys if (name, key) not in kept]
        if len(missing) > FEW:
            self.write()
            self.keep(table, Reading.load(self, table, missing))
        elif missing:
            self.keep_read(table, self._ask(singly.loading(self, table, key) for key in missing))
        return [kept[name, key] for key in sorted(keys) if (name, key) in kept]

    def load_by(self, table: Table[Row], column: str, values: Collection[Any]) -> list[Row]:
        if self.begun.issuperset(values):
            mine = [row for (name, _), row in self.kept.items() if name == table.name]
            found = [row for row in mine if getattr(row, column) in values]
        elif len(values) > FEW:
            self.write()
            return Reading.load_by(self, table, column, values)
        else:
            asked = (singly.loading_by(self, table, column, value) for value in set(values))
            found = [table.row(*values) for values in self._ask(asked)]
        return sorted(found, key=table.key_of)

    def count_by(self, table: Table[Any], column: str, values: Collection[Any]) -> dict[Any, int]:
        self.write()
        return Reading.count_by(self, table, column, values)

    def select(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        self.write()
        return Reading.select(self, statement, bound)

    def is_alone(self, table: Table[Any], key: Any) -> bool:
        return key in self.begun and self.kept.keys() == {(table.name, key)}

    def last(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Commits."""
        asked = Asked(statement, {**bound, **self.scope})
        with breaking():
            rows: list[tuple[Any, ...]]
            *_, rows = ended_with(self.cursor.connection, [*self.waiting, asked])
        self.waiting.clear()
        return rows

    def end(self) -> None:
        """Sends what waits and commits, unless `last` has."""
        if self.waiting:
            with breaking():
                ended_with(self.cursor.connection, self.waiting)
            self.waiting.clear()

    def upsert(self, table: Table[Row], rows: Collection[Row]) -> None:
        if len(rows) <= FEW:
            self.waiting.extend(singly.upserting(self, table, row) for row in rows)
        else:
            values = map(table.values_of, rows)
            bound = parameters(self, table.columns, values)
            self.waiting.append(Asked(table.statements.upsert, bound))
        self.keep(table, rows)

    def insert(self, table: Table[Row], rows: Collection[Row]) -> None:
        self.begun.update(map(table.key_of, rows))
        if len(rows) <= FEW:
            self.waiting.extend(singly.inserting(self, table, row) for row in rows)
        else:
            self.write()
            Reading.insert(self, table, rows)
        self.keep(table, rows)

    def delete(self, table: Table[Any], keys: Collection[Any]) -> None:
        self.write()
        Reading.delete(self, table, keys)
        for key in keys:
            self.kept.pop((table.name, key), None)

    def write(self) -> None:
        """What waits to be sent."""
        if self.waiting:
            self._ask(())

    def keep(self, table: Table[Row], rows: Iterable[Row]) -> None:
        """Rows as the table has them, or will once what waits is sent."""
        self.kept.update(((table.name, table.key_of(row)), row) for row in rows)

    def keep_read(self, table: Table[Any], read: Rows) -> None:
        self.keep(table, [table.row(*values) for values in read])

    def _ask(self, asked: Iterable[Bound]) -> Rows:
        """With what waits, in one exchange."""
        sent = [*self.waiting, *asked]
        self.waiting.clear()
        with breaking():
            return [row for rows in within(self.cursor.connection, sent) for row in rows]
