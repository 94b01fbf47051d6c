"""What a list joins for filters that nobody named costs its pages nothing.

The planner leaves it out, for an index says that there is one row at most.
"""

from __future__ import annotations

import re
from uuid import UUID

import psycopg
import pytest

from projections.resources import BY_NAME

_SCANNED = re.compile(r" on (\w+) ")


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_page_reads_its_own_table(database_url: str, name: str) -> None:
    listing = BY_NAME[name].listing
    statement = f"""EXPLAIN SELECT t.* FROM {listing.source}
                     WHERE t.account_id = %s AND t.generation = 1"""
    with psycopg.connect(database_url) as connection:
        plan = connection.execute(statement, [UUID(int=1)]).fetchall()
    assert {each for (line,) in plan for each in _SCANNED.findall(line)} == {listing.table.name}
