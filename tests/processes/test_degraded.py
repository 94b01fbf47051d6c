"""The service without its database, and with a view that stands still, over real sockets."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.http import keys_of, serving
from migrations.apply import migrate
from tests.processes.running import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

SOON_SECONDS = 5


class Answer(NamedTuple):
    status: int
    headers: Message
    body: Any


class Served(NamedTuple):
    """`operate` runs a statement from another database of the server."""

    port: int
    key: str
    database: str
    server_url: str

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        raw = None if body is None else json.dumps(body).encode()
        connection.request(method, path, raw, {**sent, **headers})
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, json.loads(read) if read else None)

    def operate(self, statement: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture
def served(server_url: str, empty_database: str) -> Iterator[Served]:
    migrate(empty_database)
    named = conninfo_to_dict(empty_database)
    rest = {name: str(value) for name, value in named.items() if name != "dbname"}
    address = f"postgresql:///{named['dbname']}?{urlencode(rest)}"
    (key,) = keys_of(address, 1)
    with serving(address) as port:
        yield Served(port, key, str(named["dbname"]), server_url)


def let_in(served: Served, *, yes: bool) -> None:
    served.operate(f"ALTER DATABASE {served.database} ALLOW_CONNECTIONS {str(yes).lower()}")
    if not yes:
        served.operate(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{served.database}'"
        )


def test_without_its_database_it_says_so_and_goes_on_when_it_is_back(served: Served) -> None:
    made = served.send("POST", "/core/v1/customers", {"first_name": "Ada"})
    assert made.status == 201
    let_in(served, yes=False)
    try:
        for method, path, body in (
            ("POST", "/core/v1/customers", {"first_name": "Grace"}),
            ("GET", f"/core/v1/customers/{made.body['id']}", None),
            ("PATCH", f"/core/v1/customers/{made.body['id']}", {"first_name": "G"}),
            ("GET", "/core/v1/exports/customers.csv", None),
        ):
            began = time.monotonic()
            gone = served.send(method, path, body, **{"Idempotency-Key": "once"})
            assert gone.status == 503, (method, path, gone)
            assert time.monotonic() - began < SOON_SECONDS
            assert gone.headers["Content-Type"] == "application/problem+json"
            assert gone.headers["Retry-After"] == "1"
            assert gone.body["code"] == "database_unavailable"
            assert gone.body["request_id"] == gone.headers["X-Request-Id"]
        assert served.send("GET", "/healthz").status == 200
        ready = served.send("GET", "/readyz")
        assert (ready.status, ready.body["errors"][0]["field"]) == (503, "database")
        assert ready.headers["Retry-After"] == "1"
    finally:
        let_in(served, yes=True)
    key = {"Idempotency-Key": "once"}
    back = time.monotonic()
    eventually(lambda: served.send("GET", "/readyz").status == 200, "ready again")
    assert time.monotonic() - back < SOON_SECONDS
    again = served.send("POST", "/core/v1/customers", {"first_name": "Grace"}, **key)
    assert (again.status, again.body["first_name"]) == (201, "Grace")
    assert served.send("GET", f"/core/v1/customers/{made.body['id']}").body == made.body


def test_a_view_that_stands_still_is_said_and_written_around(
    served: Served, empty_database: str
) -> None:
    made = served.send("POST", "/core/v1/customers", {"first_name": "Ada"}).body
    stop = "SET state = 'stopped', stopped_at = position + 1, error = 'cannot read it'"
    go_on = "SET state = 'running', stopped_at = NULL, error = NULL"
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute(f"UPDATE projection_tracking {stop} WHERE group_name = 'resources'")
        written = served.send("POST", "/core/v1/customers", {"first_name": "Grace"})
        assert (written.status, written.body["first_name"]) == (201, "Grace")
        assert int(written.headers["Ledger-Lag"]) >= 1
        read = served.send("GET", f"/core/v1/customers/{made['id']}")
        assert (read.status, read.body, int(read.headers["Ledger-Lag"]) >= 1) == (200, made, True)
        changed = served.send("PATCH", f"/core/v1/customers/{made['id']}", {"first_name": "A"})
        assert (changed.status, changed.body["first_name"], changed.body["version"]) == (
            200,
            "A",
            2,
        )
        gone = served.send("DELETE", f"/core/v1/customers/{made['id']}")
        assert gone.status in {200, 405}
        ready = served.send("GET", "/readyz")
        assert (ready.status, ready.body["errors"][0]["code"]) == (503, "stopped")
        owner.execute(f"UPDATE projection_tracking {go_on} WHERE group_name = 'resources'")
    after = served.send("POST", "/core/v1/customers", {"first_name": "Mary"})
    assert (after.status, "Ledger-Lag" in after.headers) == (201, False)
    shown = served.send("GET", f"/core/v1/customers/{written.body['id']}")
    assert (shown.status, "Ledger-Lag" in shown.headers) == (200, False)
    assert served.send("GET", "/readyz").status == 200
