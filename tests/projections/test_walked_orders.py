"""An order said to have an index has one: a page of it is a walk, however many there are."""

from __future__ import annotations

import re

import psycopg
import pytest

from projections.resources import BY_NAME

NEVER_MANY = {"accounts", "payment_methods"}
"""One row, and those of one customer: their lists are never walked from end to end."""

WALKED = [
    (each.listing.table.name, column)
    for each in BY_NAME.values()
    if each.listing.table.name not in NEVER_MANY
    for column in sorted(each.listing.walked - {"id"})
]
_LEADING = re.compile(r"\(account_id, generation, (\w+), id\)")


@pytest.fixture(scope="module")
def indexed(database_url: str) -> set[tuple[str, str]]:
    """Table and column of every index along which a page can be read."""
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT tablename, indexdef FROM pg_indexes").fetchall()
    return {(table, lead[1]) for table, text in found if (lead := _LEADING.search(text))}


@pytest.mark.parametrize(("table", "column"), WALKED)
def test_an_index_leads_along_it(indexed: set[tuple[str, str]], table: str, column: str) -> None:
    assert (table, column) in indexed
