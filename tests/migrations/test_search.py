"""The trigram indexes: made by an ordinary owner, used by search, done without where need be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from migrations import search
from migrations.apply import migrate
from projections.resources import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator


_OTHERS = """
SELECT i.indexrelid::regclass::text, i.indisprimary FROM pg_index i
 WHERE i.indrelid = %s::regclass AND i.indexrelid::regclass::text NOT LIKE '%%_search'"""


@pytest.fixture
def plain_owner(empty_database: str) -> Iterator[str]:
    """A login without special rights, to whom the database belongs."""
    name = psycopg.conninfo.conninfo_to_dict(empty_database)["dbname"]
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("CREATE ROLE plain_owner LOGIN PASSWORD 'plain'")
        conn.execute(f"ALTER DATABASE {name} OWNER TO plain_owner")
        yield make_conninfo(empty_database, user="plain_owner", password="plain")
        conn.execute(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
        conn.execute("DROP OWNED BY plain_owner CASCADE; DROP ROLE plain_owner")


def test_an_ordinary_owner_gets_the_indexes(plain_owner: str) -> None:
    assert search.MISSING not in migrate(plain_owner).warnings
    assert set(search.SEARCHED) == indexed(plain_owner)


def test_without_the_extensions_it_is_said_and_they_may_come_later(
    empty_database: str, plain_owner: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(empty_database)["dbname"]
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} OWNER TO CURRENT_USER")
        conn.execute("GRANT ALL ON SCHEMA public TO plain_owner")
        assert search.MISSING in migrate(plain_owner).warnings
        assert not search.available(conn)
        conn.execute("CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin")
        assert search.MISSING not in migrate(plain_owner).warnings
        assert search.available(conn)
    assert set(search.SEARCHED) == indexed(plain_owner)


@pytest.mark.parametrize("resource", [each for each in BY_NAME.values() if each.listing.trigrams],
                         ids=lambda each: each.name)  # fmt: skip
def test_a_search_is_answered_by_its_index(database_url: str, resource) -> None:
    listing = resource.listing
    statement = f"""EXPLAIN SELECT FROM {listing.table.name} AS t
        WHERE t.account_id = gen_random_uuid() AND t.generation = 1
          AND {listing.matches.format("'%sought%'")}"""
    with psycopg.connect(database_url) as conn:
        conn.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off")
        for index, constraint in conn.execute(_OTHERS, [listing.table.name]).fetchall():
            drop = (
                f"ALTER TABLE {listing.table.name} DROP CONSTRAINT" if constraint else "DROP INDEX"
            )
            conn.execute(f"{drop} {index}")
        plan = "\n".join(row[0] for row in conn.execute(statement))
        conn.rollback()
    assert f"{listing.table.name}_search" in plan, plan


def indexed(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        found = conn.execute(
            "SELECT tablename FROM pg_indexes WHERE indexname = tablename || '_search'"
        )
        return {row[0] for row in found}
