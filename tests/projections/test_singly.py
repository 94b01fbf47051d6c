"""A row sent by itself is the row that an array would have sent, in every table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from projections import arrays, singly
from projections.groups import GROUPS
from projections.reading import reading
from projections.table import Table
from projections.work import DatabaseWork, Scope
from store.exchange import begun_with, within

TABLES = [(group, table) for group in GROUPS for table in group.tables]
ELSEWHERE = 99
"""A generation that nobody shows."""


@pytest.mark.parametrize(("group", "table"), TABLES, ids=lambda each: each.name)
def test_what_is_sent_by_itself_comes_back(connections, busy, group, table: Table):
    rows = [*some_rows(connections, busy, group, table), filled(table, 1), emptied(table, 2)]
    scope = Scope(busy.account_id, ELSEWHERE)
    keys = [table.key_of(row) for row in rows]
    with connections.connection() as connection, connection.cursor(binary=True) as cursor:
        begun_with(connection, [singly.inserting(scope, table, row) for row in rows])
        within(connection, [singly.upserting(scope, table, row) for row in rows])
        found = within(connection, [singly.loading(scope, table, key) for key in keys])
        assert [table.row(*values) for (values,) in found] == rows
        assert DatabaseWork(cursor, *scope).load(table, keys) == sorted(rows, key=table.key_of)
        column = table.key[0]
        by = singly.loading_by(scope, table, column, getattr(rows[0], column))
        assert list(table.values_of(rows[0])) in [
            list(each) for each in within(connection, [by])[0]
        ]
        connection.rollback()


def test_what_is_not_there_is_not_what_comes_next(connections, busy):
    """The search by key begins where the key would be."""
    group, table = next(each for each in TABLES if each[1].name == "customers")
    first = some_rows(connections, busy, group, table)[0]
    missing = first.id[:-1]
    scope = Scope(busy.account_id, 1)
    with connections.connection() as connection:
        assert within(connection, [singly.loading(scope, table, missing)]) == [[]]
        assert len(within(connection, [singly.loading(scope, table, first.id)])[0]) == 1


VALUES = {
    arrays.TEXT: lambda at: f"ж-{at}",
    arrays.BIGINT: lambda at: -(2**40) - at,
    arrays.BOOLEAN: lambda at: at % 2 == 0,
    arrays.INSTANT: lambda at: datetime(1969, 12, 31, 23, 59, 59, 999_999 - at, tzinfo=UTC),
    arrays.DATE: lambda at: date(1999, 12, at),
    arrays.UUIDS: lambda at: UUID(int=at),
    arrays.NUMERIC: lambda at: Decimal(f"-0.{at}5"),
    arrays.JSON: lambda at: b'{"at": %d}' % at,
}
"""One of each type of a column, different for each number."""


def filled(table, at):
    return table.row(*(VALUES[each.elements](at) for each in table.columns))


def emptied(table, at):
    """With nothing where nothing may be."""
    return table.row(
        *(None if each.nullable else VALUES[each.elements](at) for each in table.columns)
    )


def some_rows(connections, client, group, table):
    listed = ", ".join(f't."{name}"' for name in table.names)
    statement = (
        f"SELECT {listed} FROM {table.name} t"
        " WHERE t.account_id = %(account)s AND t.generation = %(generation)s LIMIT 5"
    )
    with reading(connections, client.account_id, group) as now:
        return [table.row(*values) for values in now.select(statement, {})]
