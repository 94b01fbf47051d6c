"""The database reads typed ids as the domain does."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg

from domain.shared.identifiers import typed_id

_EDGES = [UUID(int=each) for each in (0, 1, 2**32 - 1, 2**32, 2**64, 2**96, 2**127, 2**128 - 1)]


def test_the_database_reads_typed_ids(database_url: str) -> None:
    ids = [*_EDGES, *(uuid4() for _ in range(500))]
    prefixes = ["bal", "cus", "cart_item"]
    texts = [typed_id(prefixes[at % 3], each) for at, each in enumerate(ids)]
    with psycopg.connect(database_url) as connection:
        asked = "SELECT uuid_of(t) FROM unnest(%s::text[]) WITH ORDINALITY AS x (t, at) ORDER BY at"
        assert [found for (found,) in connection.execute(asked, [texts])] == ids
