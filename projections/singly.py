"""Rows one by one: a place for each value, and a plan that is made once a connection.

For a row or two this costs the server half of what arrays cost it, which a batch is sent as; and a
search by an array of keys would be planned anew each time.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from psycopg.pq import Format

from projections import arrays
from store.exchange import Bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from projections.table import Column, Table

_OWN_TYPES = (arrays.UUIDS.oid, arrays.BIGINT.oid)
_OWN = "t.account_id = $1 AND t.generation = $2"
_GENERATION = Struct("!q").pack


class Scoped(Protocol):
    """Whose rows, of which generation."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def generation(self) -> int: ...


class Sending:
    """One statement of a table, and how its values are sent."""

    def __init__(self, sql: str, columns: Sequence[Column]) -> None:
        self._sql = sql.encode()
        self._types = (*_OWN_TYPES, *(each.elements.oid for each in columns))
        self._formats = [Format.BINARY] * len(self._types)
        self._encoders = [each.elements.one for each in columns]

    def of(self, scope: Scoped, values: Iterable[Any]) -> Bound:
        sent: list[bytes | None] = [scope.account_id.bytes, _GENERATION(scope.generation)]
        sent += [
            None if value is None else encode(value)
            for encode, value in zip(self._encoders, values, strict=True)
        ]
        return Bound(self._sql, self._types, sent, self._formats)


def inserting(scope: Scoped, table: Table[Any], each: Any) -> Bound:
    """A row whose key was never there."""
    return _insert(table).of(scope, table.values_of(each))


def upserting(scope: Scoped, table: Table[Any], each: Any) -> Bound:
    """A new row, or new contents of a kept one."""
    return _upsert(table).of(scope, table.values_of(each))


def loading(scope: Scoped, table: Table[Any], key: Any) -> Bound:
    """The row of a key, if there is one."""
    return _load(table).of(scope, key if len(table.key) > 1 else (key,))


def loading_by(scope: Scoped, table: Table[Any], column: str, value: Any) -> Bound:
    """Every row whose column has the value, ordered by key."""
    return _load_by(table, column).of(scope, (value,))


@cache
def _insert(table: Table[Any]) -> Sending:
    return Sending(_inserted(table), table.columns)


@cache
def _upsert(table: Table[Any]) -> Sending:
    return Sending(f"{_inserted(table)} {table.statements.on_conflict}", table.columns)


@cache
def _load(table: Table[Any]) -> Sending:
    """Any index of the account's rows looks as good as that of the key while the table has no
    statistics; only that of the key has the first row from here on at its beginning.
    """
    columns, listed, order = _parts(table, table.key)
    places = ", ".join(_place(at, each) for at, each in enumerate(columns, 3))
    first = (
        f"SELECT {listed} FROM {table.name} AS t"
        f" WHERE {_OWN} AND ({order}) >= ({places}) ORDER BY {order} LIMIT 1"
    )
    return Sending(f"SELECT * FROM ({first}) AS t WHERE ({order}) = ({places})", columns)


@cache
def _load_by(table: Table[Any], column: str) -> Sending:
    columns, listed, order = _parts(table, (column,))
    where = f"{_OWN} AND t.{column} = {_place(3, columns[0])}"
    return Sending(
        f"SELECT {listed} FROM {table.name} AS t WHERE {where} ORDER BY {order}", columns
    )


def _parts(table: Table[Any], names: Iterable[str]) -> tuple[list[Column], str, str]:
    """The columns of the names, what a row has, and its key."""
    listed = ", ".join(f"t.{each}" for each in table.names)
    return [table.column(name) for name in names], listed, ", ".join(f"t.{n}" for n in table.key)


def _inserted(table: Table[Any]) -> str:
    places = ", ".join(_place(at, each) for at, each in enumerate(table.columns, 3))
    return (
        f"INSERT INTO {table.name} (account_id, generation, {', '.join(table.names)})"
        f" VALUES ($1, $2, {places})"
    )


def _place(at: int, column: Column) -> str:
    return f"${at}::numeric" if column.elements is arrays.NUMERIC else f"${at}"
