"""Every Table says what the database has."""

from __future__ import annotations

import psycopg
import pytest

from projections.groups import GROUPS

TABLES = [table for group in GROUPS for table in group.tables]
KINDS = {"timestamp with time zone": "timestamptz"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_the_columns_of_its_row(database_url, table):
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
            " WHERE table_name = %s ORDER BY ordinal_position",
            [table.name],
        ).fetchall()
    scope = [("account_id", "uuid", False), ("generation", "bigint", False)]
    described = {(each.name, each.elements.sql_type, each.nullable) for each in table.columns}
    stored = [(name, KINDS.get(kind, kind), nullable) for name, kind, nullable in found]
    assert stored[:2] == scope
    assert set(stored[2:]) == described


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_key_leads_with_account_and_generation(database_url, table):
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index i"
            " CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
            " WHERE i.indrelid = %s::regclass AND i.indisprimary",
            [table.name],
        ).fetchone()
    assert found is not None
    assert found[0] == ["account_id", "generation", *table.key]


def test_typed_ids_are_compared_by_bytes(database_url):
    names = [table.name for table in TABLES]
    with psycopg.connect(database_url) as connection:
        loose = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_name = ANY (%s) AND data_type = 'text'"
            " AND (column_name = 'id' OR column_name LIKE '%%\\_id')"
            " AND column_name NOT IN ('old_provider_id', 'tax_id')"
            " AND collation_name IS DISTINCT FROM 'C'",
            [names],
        ).fetchall()
    assert loose == []
