"""The service as it is deployed, with an account and its owner's key."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.http import keys_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


class Served(NamedTuple):
    """`key_id` is what the key is called among the account's."""

    url: str
    key: str
    key_id: str

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        asked = urllib.request.Request(f"{self.url}{path}", headers=headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def served(database_url: str) -> Iterator[Served]:
    named = conninfo_to_dict(database_url)
    rest = {name: str(value) for name, value in named.items() if name != "dbname"}
    address = f"postgresql:///{named['dbname']}?{urlencode(rest)}"
    (key,) = keys_of(address, 1)
    with serving(address) as port:
        served = Served(f"http://127.0.0.1:{port}", key, "")
        (made,) = served.get("/core/v1/events?type=api_key.created")["data"]
        yield served._replace(key_id=made["subject"])
