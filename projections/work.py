"""The two places where a batch is folded: a transaction of the database, and memory alone."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from projections.table import parameters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    import psycopg

    from projections.table import Column, Table

Row = TypeVar("Row")
FEW = 8
"""Rows of one write: a COPY takes more round trips, and the server does not keep its plan."""


class Scope(NamedTuple):
    """Whose rows, of which generation."""

    account_id: UUID
    generation: int


@dataclass(frozen=True, slots=True)
class DatabaseWork:
    """One account's rows of one generation, through a binary cursor inside a transaction."""

    cursor: psycopg.Cursor[tuple[Any, ...]]
    account_id: UUID
    generation: int

    def load(self, table: Table[Row], keys: Collection[Any]) -> list[Row]:
        return self._read(table, table.statements.load, table.key, keys)

    def load_by(self, table: Table[Row], column: str, values: Collection[Any]) -> list[Row]:
        return self._read(table, table.statements.load_by(column), (column,), values)

    def count_by(self, table: Table[Any], column: str, values: Collection[Any]) -> dict[Any, int]:
        named = (table.column(column),)
        bound = parameters(self, named, ((value,) for value in values))
        self.cursor.execute(table.statements.count_by(column), bound, binary=True)
        return {row[0]: row[1] for row in self.cursor.fetchall()}

    def upsert(self, table: Table[Row], rows: Collection[Row]) -> None:
        self._write(table, table.statements.upsert, rows)

    def insert(self, table: Table[Row], rows: Collection[Row]) -> None:
        """By COPY, which takes half the time of the same rows as arrays, from a few on."""
        if len(rows) <= FEW:
            self._write(table, table.statements.insert, rows)
            return
        own = (self.account_id, self.generation)
        with self.cursor.copy(table.statements.copy) as copy_in:
            copy_in.set_types(table.statements.copied_types)
            for values in map(table.values_of, rows):
                copy_in.write_row(own + values)

    def delete(self, table: Table[Any], keys: Collection[Any]) -> None:
        self._execute(table.statements.delete, _named(table, table.key), _tuples(table.key, keys))

    def _read(
        self, table: Table[Row], statement: str, names: tuple[str, ...], keys: Collection[Any]
    ) -> list[Row]:
        self._execute(statement, _named(table, names), _tuples(names, keys))
        row = table.row
        return [row(*values) for values in self.cursor.fetchall()]

    def _write(self, table: Table[Row], statement: str, rows: Collection[Row]) -> None:
        self._execute(statement, table.columns, map(table.values_of, rows))

    def _execute(
        self, statement: str, columns: Iterable[Column], values: Iterable[tuple[Any, ...]]
    ) -> None:
        self.cursor.execute(statement, parameters(self, columns, values), binary=True)


@dataclass(frozen=True, slots=True)
class MemoryWork:
    """Rows kept in dictionaries: the same views fold into it where no table is wanted.

    `beside` is where the answer to a write reads what no event tells.
    """

    account_id: UUID
    generation: int = 0
    beside: DatabaseWork | None = None
    _tables: dict[str, dict[Any, Any]] = field(default_factory=dict)

    def load(self, table: Table[Row], keys: Collection[Any]) -> list[Row]:
        kept = self._rows(table)
        return [copy(kept[key]) for key in sorted(keys) if key in kept]

    def load_by(self, table: Table[Row], column: str, values: Collection[Any]) -> list[Row]:
        wanted = set(values)
        return [row for row in self.all(table) if getattr(row, column) in wanted]

    def count_by(self, table: Table[Any], column: str, values: Collection[Any]) -> dict[Any, int]:
        return dict(Counter(getattr(row, column) for row in self.load_by(table, column, values)))

    def upsert(self, table: Table[Row], rows: Collection[Row]) -> None:
        self._rows(table).update((table.key_of(row), copy(row)) for row in rows)

    def insert(self, table: Table[Row], rows: Collection[Row]) -> None:
        again = self._rows(table).keys() & {table.key_of(row) for row in rows}
        if again:
            raise ValueError(f"{table.name} has these keys: {sorted(again)}")
        self.upsert(table, rows)

    def delete(self, table: Table[Any], keys: Collection[Any]) -> None:
        for key in keys:
            self._rows(table).pop(key, None)

    def all(self, table: Table[Row]) -> list[Row]:
        """Every row of a table, ordered by key."""
        kept = self._rows(table)
        return [copy(kept[key]) for key in sorted(kept)]

    def _rows(self, table: Table[Row]) -> dict[Any, Row]:
        return self._tables.setdefault(table.name, {})


def _named(table: Table[Any], names: tuple[str, ...]) -> list[Column]:
    return [table.column(name) for name in names]


def _tuples(names: tuple[str, ...], keys: Collection[Any]) -> Iterable[tuple[Any, ...]]:
    return keys if len(names) > 1 else ((key,) for key in keys)
