"""API keys: shown once, narrowed, never above who made them, worth nothing once withdrawn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from api.core import api_keys as routes
from tests.api.conftest import key_with
from tests.api.shapes import differences
from tests.api.test_refusals import refused


def made_key(client, **fields):
    return client.made("/api_keys", {"name": "CRM", **fields})


def with_secret(client, secret):
    return {"Authorization": f"Bearer {secret}"}


def in_seconds(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_key_is_made_shown_once_and_works(client):
    made = made_key(client, role="support", scopes=["customers:read"])
    assert differences("api_key", made) == []
    assert made["secret"].startswith("sk_test_")
    assert (made["role"], made["scopes"]) == ("support", ["customers:read"])
    assert (made["last_used_at"], made["revoked_at"], made["expires_at"]) == (None, None, None)
    headers = with_secret(client, made["secret"])
    assert client.get("/customers", headers=headers).status_code == 200
    assert client.get("/products", headers=headers).json["code"] == "insufficient_scope"
    shown = client.get(f"/api_keys/{made['id']}").json
    assert "secret" not in shown
    assert shown["last_used_at"] is not None
    assert "secret" not in client.get("/api_keys").json["data"][0]


def test_a_live_accounts_key_says_so(app, services):
    from tests.api.conftest import open_client

    made = made_key(open_client(app, services, live=True))
    assert made["livemode"] is True
    assert made["secret"].startswith("sk_live_")


def test_without_a_role_it_has_those_of_who_asks(client, services):
    made = made_key(client)
    assert (made["role"], made["scopes"]) == ("owner", ["*"])
    key_with(client, services, role="administrator", scopes=["api_keys:*", "customers:read"])
    made = made_key(client)
    assert (made["role"], made["scopes"]) == ("administrator", ["api_keys:*", "customers:read"])


def test_a_replay_has_no_secret(client):
    first = client.made("/api_keys", {"name": "CRM"}, key="k")
    again = client.post("/api_keys", {"name": "CRM"}, key="k")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == {name: value for name, value in first.items() if name != "secret"}
    assert len(client.get("/api_keys").json["data"]) == 1


def test_its_text_is_kept_nowhere(client, services):
    made = client.made("/api_keys", {"name": "CRM"}, key="k")
    secret = made["secret"].rpartition("_")[2]
    with services.connections.connection() as connection:
        rows = connection.execute(
            "SELECT e::text FROM stored_events e WHERE account_id = %(a)s"
            " UNION ALL SELECT k::text FROM idempotency_keys k WHERE account_id = %(a)s"
            " UNION ALL SELECT k::text FROM api_keys k WHERE account_id = %(a)s"
            " UNION ALL SELECT s::text FROM api_key_secrets s WHERE account_id = %(a)s",
            {"a": client.books.account_id},
        ).fetchall()
    assert len(rows) >= 6
    assert not [row for row in rows if secret in row[0]]


@pytest.mark.parametrize(("method", "rest"), [("DELETE", ""), ("POST", "/revoke")])
def test_one_that_is_withdrawn_is_worth_nothing_and_stays_listed(client, method, rest):
    made = made_key(client)
    path, headers = f"/api_keys/{made['id']}", with_secret(client, made["secret"])
    gone = client.send(method, path + rest)
    assert gone.status_code == 200
    assert gone.json["revoked_at"] is not None
    answer = client.get("/customers", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_key")
    assert client.get(path).json["revoked_at"] == gone.json["revoked_at"]
    told = client.get(f"{path}/events").json["data"]
    assert [each["type"] for each in told] == ["api_key.revoked", "api_key.created"]
    at = client.head
    for again in (client.send(method, path + rest), client.patch(path, {"name": "x"})):
        refused(client, again, 409, "api_key_revoked", at)


def test_a_key_can_withdraw_itself(client):
    made = made_key(client)
    headers = with_secret(client, made["secret"])
    assert client.send("DELETE", f"/api_keys/{made['id']}", headers=headers).status_code == 200
    assert client.get("/customers", headers=headers).status_code == 401


def test_of_parallel_withdrawals_one_is_recorded(client):
    path = f"/api_keys/{made_key(client)['id']}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.send("DELETE", path), range(4)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]


def test_one_that_expires_is_worth_nothing_then(client):
    made = made_key(client, expires_at=in_seconds(1.0))
    headers = with_secret(client, made["secret"])
    assert client.get("/customers", headers=headers).status_code == 200
    time.sleep(1.1)
    assert client.get("/customers", headers=headers).json["code"] == "invalid_key"


def test_an_expiry_is_in_the_future_of_the_world(client):
    """The account's clock stands in January; the key would have expired long ago."""
    at = client.head
    past = client.post("/api_keys", {"expires_at": in_seconds(-1)})
    refused(client, past, 422, "not_in_future", at, "expires_at")


def test_unknown_scopes_and_roles_are_told_at_once(client):
    at = client.head
    answer = client.post(
        "/api_keys",
        {"role": "emperor", "scopes": ["customers:read", "customers:fire", "x"], "secret": "mine"},
    )
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [
        ("role", "not_allowed"), ("scopes[1]", "unknown_scope"), ("scopes[2]", "unknown_scope"),
        ("secret", "unknown_field"),
    ]  # fmt: skip
    for wrong in ([], None, "customers:read", [1]):
        assert client.post("/api_keys", {"scopes": wrong}).status_code == 422
    assert client.head == at


@pytest.mark.parametrize(
    ("rights", "asked", "field"),
    [
        ({"role": "administrator"}, {"role": "owner"}, "role"),
        ({"role": "administrator", "scopes": ["api_keys:*"]}, {"scopes": ["*"]}, "scopes[0]"),
        ({"scopes": ["api_keys:write"]}, {"scopes": ["api_keys:*"]}, "scopes[0]"),
        ({"scopes": ["api_keys:*"]}, {"scopes": ["customers:read"]}, "scopes[0]"),
    ],
)
def test_a_key_makes_none_above_itself(client, services, rights, asked, field):
    key_with(client, services, **rights)
    at = client.head
    refused(client, client.post("/api_keys", asked), 403, "forbidden", at, field)


def test_a_key_makes_one_below_itself(client, services):
    key_with(client, services, role="administrator", scopes=["api_keys:*", "customers:*"])
    made = made_key(client, role="sales", scopes=["customers:read", "customers:read"])
    assert made["scopes"] == ["customers:read"]


def test_a_refused_request_leaves_no_secret_behind(client, services, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError

    def count():
        with services.connections.connection() as connection:
            return connection.execute(
                "SELECT count(*) FROM api_key_secrets WHERE account_id = %s",
                [client.books.account_id],
            ).fetchall()[0][0]

    before, at = count(), client.head
    with monkeypatch.context() as patch:
        patch.setattr(routes.secrets, "create", broken)
        assert client.post("/api_keys", {"name": "x"}).status_code == 500
    assert client.head == at, "the event went with the row"
    client.made("/api_keys", {"name": "x"}, key="k")
    client.post("/api_keys", {"name": "y"}, key="k")
    assert count() == before + 1, "the row went with the event"


def test_it_is_renamed_listed_and_shown_as_it_was(client):
    made = made_key(client)
    path = f"/api_keys/{made['id']}"
    assert client.patch(path, {"name": "Import"}).json["name"] == "Import"
    assert client.patch(path, {"name": None}).json["name"] is None
    assert client.get("/api_keys", params={"role": "owner"}).json["data"][0]["id"] == made["id"]
    stale = client.patch(path, {"name": "z"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert client.patch(path, {"role": "owner"}).json["errors"][0]["code"] == "unknown_field"


def test_another_accounts_keys_do_not_exist(client, stranger):
    path = f"/api_keys/{made_key(client)['id']}"
    at = client.head
    for method, rest, body in [
        ("GET", "", None), ("GET", "/events", None), ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None), ("POST", "/revoke", None),
    ]:  # fmt: skip
        theirs = stranger.send(method, path + rest, body)
        assert (theirs.status_code, theirs.json["code"]) == (404, "not_found")
    assert stranger.get("/api_keys").json["data"] == []
    assert client.head == at
