"""What the operator's machinery asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from falcon import testing

from api.app import create_app
from api.operations import REMEMBERED_SECONDS, Lags, Remembered
from migrations.apply import migrate
from store.connections import Connections


def test_alive(client):
    assert client.get("/healthz", whole=True).json == {"status": "ok"}


def test_ready_as_the_role_that_serves(services, empty_database):
    migrate(empty_database)
    connections = Connections(empty_database)
    http = testing.TestClient(create_app(replace(services, connections=connections)))
    answer = http.simulate_get("/readyz")
    connections.close()
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


@pytest.mark.parametrize(("database", "field"), [("missing", "database"), ("empty", "migrations")])
def test_not_ready_says_what_is_missing(services, empty_database, database, field):
    url = empty_database if database == "empty" else "postgresql://127.0.0.1:1/none"
    connections = Connections(url, role=None)
    http = testing.TestClient(create_app(replace(services, connections=connections)))
    answer = http.simulate_get("/readyz")
    connections.close()
    assert (answer.status_code, answer.json["code"]) == (503, "not_ready")
    assert answer.json["errors"][0]["field"] == field


def test_a_request_while_the_database_is_away_may_be_sent_again(services, client):
    connections = Connections("postgresql://127.0.0.1:1/none")
    client.http = testing.TestClient(create_app(replace(services, connections=connections)))
    answer = client.post("/customers", {}, key="once")
    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_requests_are_counted_by_route_and_not_by_address(client):
    made = client.made("/customers", {})
    client.get(f"/customers/{made['id']}")
    told = client.get("/metrics", whole=True)
    assert told.headers["Content-Type"].startswith("text/plain")
    assert 'route="/core/v1/customers/{id}",status="200"' in told.text
    assert made["id"] not in told.text


def test_an_unexpected_failure_says_nothing_of_its_cause(services, client, caplog):
    def broken(_account_id):
        raise RuntimeError("secret cause")

    client.http = testing.TestClient(create_app(replace(services, books_for=broken)))
    answer = client.post("/customers", {})
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


def test_advancing_for_too_long_goes_on_by_itself(services, client):
    from threading import Event

    gate, done = Event(), Event()

    def slow(account_id, to, act):
        gate.wait(10)
        summary = services.advance(account_id, to, act)
        done.set()
        return summary

    patient = replace(services, advance=slow, advance_wait_seconds=0.05)
    client.http = testing.TestClient(create_app(patient))
    body = {"to": "2026-02-01T00:00:00Z"}
    first = client.post("/test_clock/advance", body, key="once")
    assert (first.status_code, first.json["status"]) == (202, "processing")
    assert first.json["now"] == "2026-01-01T00:00:00Z"
    gate.set()
    assert done.wait(10)
    assert client.get("/test_clock").json["now"] == "2026-02-01T00:00:00Z"


def test_lags_are_looked_at_once_in_a_few_seconds() -> None:
    now, asked = [100.0], []

    def ask() -> Lags:
        asked.append(now[0])
        return [("resources", len(asked), 7)]

    lags = Remembered(ask, lambda: now[0])
    assert [lags(), lags()] == [[("resources", 1, 7)]] * 2
    now[0] += REMEMBERED_SECONDS
    assert lags() == [("resources", 2, 7)]
    assert asked == [100.0, 100.0 + REMEMBERED_SECONDS]
