"""Who gets in: bearers of keys in force, into their own account, as far as their rights reach."""

from __future__ import annotations

import pytest

from api.routes import ROUTES
from api.rules import PUBLIC
from store import api_keys

GUARDED = [route for route in ROUTES if route.rule != PUBLIC]


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
def test_no_route_answers_a_caller_without_a_key(client, route):
    path = route.path.replace("{id}", "x").replace("{name}", "x")
    refused = client.http.simulate_request(route.method, path)
    assert (refused.status_code, refused.json["code"]) == (401, "authentication_required")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "text",
    ["", "Bearer", "Bearer ", "Basic abc", "Bearer sk_test_x", "Bearer " + "x" * 5000,
     "Bearer sk_test_zzzzzzzzzzzzzzzzzzzzzzzzzz_" + "0" * 40,
     "Bearer sk_test_01m80my81rfv4vwsscfv9yf2pm_" + "0" * 40],
)  # fmt: skip
def test_a_header_that_is_no_key(client, text):
    refused = client.get("/customers", headers={"Authorization": text})
    assert refused.status_code == 401


def test_a_key_with_another_secret_account_or_mode(client, stranger):
    text = client.key.text
    other = text.replace("sk_test", "sk_live"), text[:-1] + "x", text[:-1] + "0" + "1"
    theirs = "_".join([*stranger.key.text.split("_")[:3], text.rpartition("_")[2]])
    for forged in (*other, theirs):
        refused = client.get("/customers", headers={"Authorization": f"Bearer {forged}"})
        assert (refused.status_code, refused.json["code"]) == (401, "invalid_key")


def test_a_revoked_and_an_expired_key(client, services):
    with services.connections.connection() as connection:
        assert api_keys.revoke(connection, client.books.account_id, client.key.id) is not None
        assert api_keys.revoke(connection, client.books.account_id, client.key.id) is None
    assert client.get("/customers").json["code"] == "invalid_key"


def test_a_keys_use_is_noted_and_its_text_is_nowhere(client, services):
    client.get("/customers")
    with services.connections.connection() as connection:
        rows = connection.execute(
            "SELECT last_used_at, hash, k::text FROM api_key_secrets k WHERE account_id = %s",
            [client.books.account_id],
        ).fetchall()
    assert rows[0][0] is not None
    assert client.key.text.rpartition("_")[2] not in rows[0][2]


def test_another_accounts_things_do_not_exist(shop, stranger):
    theirs = {
        "products": shop.product, "plans": shop.plan, "customers": shop.customer,
        "payment_methods": shop.card, "invoices": shop.invoice(),
        "subscriptions": shop.subscribe().json,
    }  # fmt: skip
    at = shop.client.head
    for name, thing in theirs.items():
        path = f"/{name}/{thing['id']}"
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"{path}/events").status_code == 404
        assert stranger.get(path, params={"as_of": "2030-01-01"}).status_code == 404
        if name != "payment_methods":
            assert stranger.patch(path, {}).status_code == 404
        assert stranger.get(f"/{name}").json["data"] == []
    seen = stranger.get("/events", params={"subject": shop.customer["id"]})
    assert seen.json["data"] == []
    assert shop.client.head == at
