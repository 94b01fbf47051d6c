"""How often a key may ask, over however many processes; and how often an address may fail."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from falcon import testing

from api.app import create_app
from api.errors import Refused
from api.limits import Failures, KeyLimits, Limits
from store import api_keys
from store.api_keys import Granted
from store.secret_texts import hash_of
from tests.api.conftest import open_client

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Bucket:
    """What the database's row does, on the same clock."""

    def __init__(self, clock, per_minute):
        self.clock, self.per_minute, self.paid_until, self.leases = clock, per_minute, 0.0, 0

    def __call__(self, wanted, per_minute):
        self.leases += 1
        each = 60 / per_minute
        base = max(self.paid_until, self.clock.now)
        room = max(0, int((60 - (base - self.clock.now)) / each + 1e-9))
        granted = min(room, wanted)
        self.paid_until = base + granted * each
        return Granted(granted, room - granted, self.paid_until - self.clock.now + each - 60)


def service(services, *, workers=1, **limits):
    """Processes of one service: each counts for itself."""
    return [create_app(replace(services, limits=Limits(**limits))) for _ in range(workers)]


def through(app, client, path="/core/v1/roles", key=None):
    headers = {"Authorization": f"Bearer {key or client.key.text}"}
    return testing.TestClient(app).simulate_get(path, headers=headers)


def test_a_key_that_asks_too_often_is_told_when_to_come_again(services, client):
    (app,) = service(services, keys_per_minute=5)
    answers = [through(app, client) for _ in range(7)]
    assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
    assert [each.headers["RateLimit-Remaining"] for each in answers] == list("4321000")
    assert {each.headers["RateLimit-Limit"] for each in answers} == {"5"}
    refused = answers[-1]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert 48 <= int(refused.headers["RateLimit-Reset"]) <= 60


def test_every_answer_to_a_key_says_where_it_stands(services, client):
    (app,) = service(services, keys_per_minute=1000)
    for path, status in [
        ("/core/v1/customers", 200),
        ("/core/v1/customers/x", 404),
        ("/core/v1/customers?colour=red", 422),
    ]:
        answer = through(app, client, path)
        assert answer.status_code == status
        assert all(name in answer.headers for name in HEADERS), path
    assert not any(name in through(app, client, "/healthz").headers for name in HEADERS)


def test_nothing_is_counted_where_it_is_off(services, client):
    (app,) = service(services, keys_per_minute=0, failures_per_minute=0)
    assert "RateLimit-Limit" not in through(app, client).headers
    assert {through(app, client, key="x").status_code for _ in range(5)} == {401}


def test_several_processes_share_one_quota(services, client):
    """Four of them, asked in turns and at once, let through what one would."""
    apps = service(services, workers=4, keys_per_minute=40)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda at: through(apps[at % 4], client), range(80)))
    let_in = [each for each in answers if each.status_code == 200]
    assert 40 <= len(let_in) <= 44, "forty, and what flowed back meanwhile"


def test_a_quota_is_one_keys_and_one_accounts(services, client, stranger):
    (app,) = service(services, keys_per_minute=1)
    assert through(app, client).status_code == 200
    assert through(app, client).status_code == 429
    assert through(app, stranger).status_code == 200
    second = client.made("/api_keys", {"name": "another"})["secret"]
    assert through(app, client, key=second).status_code == 200


def test_what_the_row_grants(services, client):
    account_id, hashed = client.books.account_id, hash_of(client.key.text)
    with services.connections.connection() as connection:

        def lease(wanted, per_minute):
            return api_keys.lease(connection, account_id, hashed, wanted, per_minute)

        assert lease(1, 60)[:2] == (1, 59)
        assert lease(50, 60)[:2] == (50, 9)
        assert lease(50, 60)[:2] == (9, 0)
        empty = lease(50, 60)
        assert empty[:2] == (0, 0)
        assert 0 < empty.wait <= 1
        connection.execute(
            "UPDATE api_key_secrets SET paid_until = paid_until - interval '30 s'"
            " WHERE account_id = %s", [account_id],
        )  # fmt: skip
        assert lease(5, 60)[:2] == (5, 25)
        assert lease(1, 7).requests == 1
        nobody = api_keys.lease(connection, account_id, b"x", 1, 60)
        assert nobody.requests == 0


def test_the_database_is_asked_once_a_second_however_fast_the_caller():
    clock = Clock()
    limits, bucket = KeyLimits(6000, clock), Bucket(clock, 6000)
    for _ in range(3000):
        assert limits.take(b"k", bucket).wait is None
        clock.now += 0.01
    assert bucket.leases <= 31


def test_a_key_that_is_shut_out_costs_the_database_nothing():
    clock = Clock()
    limits, bucket = KeyLimits(60, clock), Bucket(clock, 60)
    let_in = sum(limits.take(b"k", bucket).wait is None for _ in range(1000))
    assert (let_in, bucket.leases) == (60, 61)
    clock.now += 1.01
    assert limits.take(b"k", bucket).wait is None
    assert limits.take(b"k", bucket).wait is not None


@pytest.mark.parametrize("workers", [1, 3])
def test_over_time_no_more_is_let_through_than_was_promised(workers):
    clock = Clock()
    per_minute = 600
    bucket = Bucket(clock, per_minute)
    processes = [KeyLimits(per_minute, clock) for _ in range(workers)]
    let_in = 0
    for at in range(30_000):
        let_in += processes[at % workers].take(b"k", bucket).wait is None
        clock.now += 0.01
    promised = per_minute + 300 * per_minute / 60
    assert 0.99 * promised <= let_in <= promised + workers * per_minute / 60


def test_keys_long_unused_are_forgotten(monkeypatch):
    monkeypatch.setattr("api.limits._MOST_REMEMBERED", 3)
    clock = Clock()
    limits = KeyLimits(60, clock)
    for at in range(5):
        limits.take(bytes([at]), Bucket(clock, 60))
    clock.now += 61
    limits.take(b"new", Bucket(clock, 60))
    assert [limits.knows(bytes([at])) for at in range(5)] == [False] * 5
    assert limits.knows(b"new")


def test_a_key_is_noted_as_used_whether_or_not_it_is_limited(services, client):
    for limits in ({"keys_per_minute": 0}, {"keys_per_minute": 100}):
        made = client.made("/api_keys", {"name": "x"})
        (app,) = service(services, **limits)
        through(app, client, key=made["secret"])
        assert client.get(f"/api_keys/{made['id']}").json["last_used_at"] is not None


def wrong():
    return "sk_test_" + "0" * 26 + "_" + secrets.token_hex(20)


def test_an_address_that_guesses_is_slowed_down(services, client):
    (app,) = service(services, failures_per_minute=3)
    assert through(app, client).status_code == 200
    answers = [through(app, client, key=wrong()) for _ in range(5)]
    assert [each.status_code for each in answers] == [401] * 3 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json["code"] == "rate_limited"
    assert through(app, client).status_code == 200, "a key that was good a moment ago is"
    unauthenticated = testing.TestClient(app).simulate_get("/core/v1/roles")
    assert unauthenticated.status_code == 401


def test_guesses_are_answered_without_the_database(services, client, monkeypatch):
    (app,) = service(services, failures_per_minute=1)
    through(app, client, key=wrong())
    monkeypatch.setattr(api_keys, "find", None)
    assert through(app, client, key=wrong()).status_code == 429


def test_a_key_that_was_withdrawn_is_a_guess_from_then_on(services, client):
    (app,) = service(services, failures_per_minute=1, keys_per_minute=100)
    made = client.made("/api_keys", {"name": "x"})
    assert through(app, client, key=made["secret"]).status_code == 200
    client.send("DELETE", f"/api_keys/{made['id']}")
    codes = [through(app, client, key=made["secret"]).status_code for _ in range(3)]
    assert codes == [401, 401, 429], "its first refusal is no guess"


def test_tokens_of_invitations_are_guesses_too(services, client):
    (app,) = service(services, failures_per_minute=2)
    body = {"token": "join_x", "password": "a sentence of my own"}
    path = "/core/v1/collaborators/accept"
    answers = [testing.TestClient(app).simulate_post(path, json=body) for _ in range(3)]
    assert [each.status_code for each in answers] == [422, 422, 429]


@pytest.mark.parametrize(
    ("trusted", "forwarded", "same"),
    [(0, ["9.9.9.1", "9.9.9.2"], True), (1, ["9.9.9.1", "9.9.9.2"], False),
     (1, ["1.1.1.1, 9.9.9.1", "2.2.2.2, 9.9.9.1"], True),
     (2, ["1.1.1.1, 9.9.9.1", "2.2.2.2, 9.9.9.1"], False)],
)  # fmt: skip
def test_whose_address_it_is(services, client, trusted, forwarded, same):
    """What a caller claims of itself counts for nothing; what a trusted proxy says, does."""
    (app,) = service(services, failures_per_minute=1, trusted_proxies=trusted)
    codes = []
    for each in forwarded:
        headers = {"Authorization": f"Bearer {wrong()}", "X-Forwarded-For": each}
        answer = testing.TestClient(app).simulate_get("/core/v1/roles", headers=headers)
        codes.append(answer.status_code)
    assert codes == ([401, 429] if same else [401, 401])


def test_an_address_is_forgiven_after_a_minute():
    clock = Clock()
    failures = Failures(1, clock)
    failures.note("a")
    with pytest.raises(Refused):
        failures.require_few("a")
    failures.require_few("b")
    clock.now += 61
    failures.require_few("a")
    failures.note("a")
    with pytest.raises(Refused):
        failures.require_few("a")


def test_a_live_and_a_test_account_are_limited_alike(app, services):
    (limited,) = service(services, keys_per_minute=2)
    live = open_client(app, services, live=True)
    assert [through(limited, live).status_code for _ in range(3)] == [200, 200, 429]
