"""A projection's table: the dataclass of its row, read and written many rows at a time."""

from __future__ import annotations

import types
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NewType, Protocol, TypeVar, get_args, get_type_hints
from uuid import UUID

from projections import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Row = TypeVar("Row")
Json = NewType("Json", bytes)
"""JSON kept as the bytes it was written in."""

_ELEMENTS: dict[Any, arrays.Elements] = {
    str: arrays.TEXT,
    int: arrays.BIGINT,
    bool: arrays.BOOLEAN,
    datetime: arrays.INSTANT,
    date: arrays.DATE,
    UUID: arrays.UUIDS,
    Decimal: arrays.NUMERIC,
    Json: arrays.JSON,
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    elements: arrays.Elements
    nullable: bool


class Rows(Protocol):
    """Where rows of one account and generation are read: a database or a fold in memory."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def generation(self) -> int: ...

    def load(self, table: Table[Row], keys: Collection[Any]) -> list[Row]: ...

    def load_by(self, table: Table[Row], column: str, values: Collection[Any]) -> list[Row]: ...

    def count_by(
        self, table: Table[Any], column: str, values: Collection[Any]
    ) -> dict[Any, int]: ...


class Work(Rows, Protocol):
    """Where a batch is folded: reads what it needs, writes what became of it."""

    def upsert(self, table: Table[Row], rows: Collection[Row]) -> None: ...

    def insert(self, table: Table[Row], rows: Collection[Row]) -> None: ...

    def delete(self, table: Table[Any], keys: Collection[Any]) -> None: ...


class Table(Generic[Row]):
    """`row` is a slots dataclass: its fields are the columns, after account_id and generation.

    `key` names the columns that are unique in a generation; keys are plain values for one column
    and tuples for several. In SQL: `key_of(row)` is the primary key after those two columns.
    """

    def __init__(self, name: str, row: type[Row], key: tuple[str, ...] = ("id",)) -> None:
        self.name = name
        self.row = row
        self.key = key
        self.columns = _columns(row)
        self.names = tuple(column.name for column in self.columns)
        self.key_of: Callable[[Row], Any] = attrgetter(*key)
        self.values_of: Callable[[Row], tuple[Any, ...]] = _getter(self.names)
        self.statements = Statements(name, self.columns, key)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def load(self, work: Rows, keys: Collection[Any]) -> dict[Any, Row]:
        """The rows that exist, by key, in one statement."""
        return {self.key_of(row): row for row in work.load(self, keys)} if keys else {}

    def load_by(self, work: Rows, column: str, values: Collection[Any]) -> list[Row]:
        """Every row whose column has one of the values, ordered by key, in one statement."""
        return work.load_by(self, column, values) if values else []

    def count_by(self, work: Rows, column: str, values: Collection[Any]) -> dict[Any, int]:
        """How many rows' column has each of the values; those of no row are left out."""
        return work.count_by(self, column, values) if values else {}

    def upsert(self, work: Work, rows: Iterable[Row]) -> None:
        """New rows and new contents of kept ones, in one statement. A key comes once."""
        listed = list(rows)
        if listed:
            work.upsert(self, listed)

    def insert(self, work: Work, rows: Iterable[Row]) -> None:
        """Rows whose keys were never there, in one statement."""
        listed = list(rows)
        if listed:
            work.insert(self, listed)

    def delete(self, work: Work, keys: Collection[Any]) -> None:
        if keys:
            work.delete(self, keys)


class Statements:
    """The table's SQL. Every parameter after account and generation is an array."""

    def __init__(self, name: str, columns: tuple[Column, ...], key: tuple[str, ...]) -> None:
        self._name = name
        self._by_name = {column.name: column for column in columns}
        names = [column.name for column in columns]
        listed = ", ".join(names)
        sent = ", ".join(_placeholder(column) for column in columns)
        taken = ", ".join(_taken(column) for column in columns)
        changed = ", ".join(f"{each} = excluded.{each}" for each in names if each not in key)
        conflict = f"DO UPDATE SET {changed}" if changed else "DO NOTHING"
        self._listed = listed
        self._order = ", ".join(f"t.{each}" for each in key)
        self._own = "t.account_id = %(account)s AND t.generation = %(generation)s"
        self.insert = (
            f"INSERT INTO {name} (account_id, generation, {listed})"
            f" SELECT %(account)s, %(generation)s, {taken} FROM unnest({sent}) AS n ({listed})"
        )
        self.on_conflict = f"ON CONFLICT (account_id, generation, {', '.join(key)}) {conflict}"
        self.upsert = f"{self.insert} {self.on_conflict}"
        self.copy = f"COPY {name} (account_id, generation, {listed}) FROM STDIN (FORMAT BINARY)"
        self.copied_types = _copied_types(columns)
        self.load = self._select(self._matches(key))
        self.delete = f"DELETE FROM {name} AS t WHERE {self._own} AND {self._matches(key)}"
        self._load_by: dict[str, str] = {}

    def load_by(self, column: str) -> str:
        if column not in self._load_by:
            self._load_by[column] = self._select(self._matches((column,)))
        return self._load_by[column]

    def count_by(self, column: str) -> str:
        where = f"{self._own} AND {self._matches((column,))}"
        return f"SELECT t.{column}, count(*) FROM {self._name} AS t WHERE {where} GROUP BY 1"

    def _select(self, condition: str) -> str:
        listed = self._listed.replace(", ", ", t.")
        where = f"{self._own} AND {condition}"
        return f"SELECT t.{listed} FROM {self._name} AS t WHERE {where} ORDER BY {self._order}"

    def _matches(self, names: tuple[str, ...]) -> str:
        columns = [self._by_name[name] for name in names]
        if len(columns) == 1:
            return f"t.{names[0]} = ANY ({_placeholder(columns[0])})"
        sent = ", ".join(_placeholder(column) for column in columns)
        listed = ", ".join(f"t.{name}" for name in names)
        return f"({listed}) IN (SELECT * FROM unnest({sent}))"


def parameters(
    rows: Rows, columns: Iterable[Column], values: Iterable[tuple[Any, ...]]
) -> dict[str, Any]:
    """What `Statements` bind: the account, the generation, and an array for each column."""
    bound: dict[str, Any] = {"account": rows.account_id, "generation": rows.generation}
    for column, taken in zip(columns, zip(*values, strict=True), strict=True):
        bound[column.name] = arrays.array_of(column.elements, taken)
    return bound


def _placeholder(column: Column) -> str:
    if column.elements is arrays.NUMERIC:
        return f"%({column.name})b::text[]"
    return f"%({column.name})b"


def _copied_types(columns: Iterable[Column]) -> tuple[str, ...]:
    """Those of a whole row. Kept JSON goes as the bytes it is: COPY only wants the right bytes."""
    types = (column.elements.sql_type for column in columns)
    return ("uuid", "bigint", *("bytea" if each == "json" else each for each in types))


def _taken(column: Column) -> str:
    return f"n.{column.name}::numeric" if column.elements is arrays.NUMERIC else f"n.{column.name}"


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    only = attrgetter(names[0])
    return lambda row: (only(row),)


def _columns(row: type[Any]) -> tuple[Column, ...]:
    hints = get_type_hints(row)
    return tuple(_column(field.name, hints[field.name]) for field in fields(row))


def _column(name: str, hint: Any) -> Column:
    choices = [each for each in get_args(hint) if each is not types.NoneType]
    nullable = bool(choices)
    kind = choices[0] if nullable else hint
    if isinstance(kind, type) and issubclass(kind, str):
        kind = str
    return Column(name, _ELEMENTS[kind], nullable)
