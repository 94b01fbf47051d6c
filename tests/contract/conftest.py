"""The service as it is deployed, with an account and its owner's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.http import keys_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


class Served(NamedTuple):
    url: str
    key: str


@pytest.fixture(scope="module")
def served(database_url: str) -> Iterator[Served]:
    named = conninfo_to_dict(database_url)
    rest = {name: str(value) for name, value in named.items() if name != "dbname"}
    address = f"postgresql:///{named['dbname']}?{urlencode(rest)}"
    (key,) = keys_of(address, 1)
    with serving(address) as port:
        yield Served(f"http://127.0.0.1:{port}", key)
