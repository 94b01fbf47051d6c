"""The audit over HTTP: who did what, when, why, and what it was before and after."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import open_shop
from tests.api.shapes import differences
from tests.api.test_refusals import refused

HIDDEN = {"id", "object", "created_at", "updated_at", "version", "livemode"}


def history(client, path):
    """Oldest first."""
    answer = client.get(f"{path}/events", params={"sort": "position", "limit": "100"})
    assert answer.status_code == 200, answer.text
    return answer.json["data"]


def test_a_change_tells_who_why_and_what_was_before(client):
    path = f"/customers/{client.made('/customers', {'first_name': 'Ada'})['id']}"
    headers = {"X-Reason": "asked by phone \u2014 Zo\u00eb".encode().decode("latin-1"),
               "X-Request-Id": "call-7"}  # fmt: skip
    client.patch(path, {"first_name": None, "metadata": {"desk": "1"}}, headers=headers)
    made, changed = history(client, path)
    assert made["changes"] == {"first_name": {"before": None, "after": "Ada"}} | {
        name: {"before": None, "after": {}} for name in ("metadata", "balances")
    }
    assert changed["changes"] == {
        "first_name": {"before": "Ada", "after": None},
        "metadata": {"before": {}, "after": {"desk": "1"}},
    }
    assert (changed["reason"], changed["request_id"]) == (
        "asked by phone \u2014 Zo\u00eb",
        "call-7",
    )
    assert changed["actor"] == made["actor"]
    assert changed["actor"].startswith("key_")
    assert made["reason"] is None
    assert differences("event", changed) == []
    assert client.get(f"/events/{changed['id']}").json == changed


def test_the_bodys_own_reason_comes_first(shop):
    path = f"/invoices/{shop.invoice()['id']}"
    shop.client.made(f"{path}/void", {"reason": "twice"}, headers={"X-Reason": "other"})
    last = history(shop.client, path)[-1]
    assert last["reason"] == "twice"
    assert last["changes"]["status"] == {"before": "open", "after": "void"}
    assert last["changes"]["amount_remaining"] == {"before": 1500, "after": 0}


@pytest.mark.parametrize("reason", ["x" * 501, "a\tb"])
def test_a_reason_nobody_could_read(client, reason):
    at = client.head
    answer = client.patch("/account", {"name": "x"}, headers={"X-Reason": reason})
    refused(client, answer, 422, "invalid_reason", at, "X-Reason")


def test_every_kind_of_resource_adds_up_to_what_it_is_now(shop):
    """Each event's changes, applied one after the other, come to the resource as it is shown."""
    client = shop.client
    subscription = shop.subscribe().json
    client.made("/test_clock/advance", {"to": "2026-03-05T00:00:00Z"})
    client.patch("/account", {"dunning_days": [2], "gl_codes": {"bad_debt": "6"}})
    client.patch(f"/plans/{shop.plan['id']}", {"amount": 1, "entitlements": ["a"]})
    client.made(f"/plans/{shop.plan['id']}/archive")
    invoice = client.get(f"/subscriptions/{subscription['id']}").json["latest_invoice_id"]
    payment = client.get("/payments").json["data"][0]["id"]
    second = client.made("/payment_methods", {
        "customer_id": shop.customer["id"], "token": "tok_visa", "is_default": True,
    })  # fmt: skip
    organization = client.made("/organizations", {"name": "Guild"})["id"]
    client.patch(f"/organizations/{organization}", {"industry": "press"})
    paths = [
        "/account", f"/products/{shop.product['id']}", f"/plans/{shop.plan['id']}",
        f"/organizations/{organization}", f"/customers/{shop.customer['id']}",
        f"/payment_methods/{second['id']}", f"/subscriptions/{subscription['id']}",
        f"/invoices/{invoice}", f"/payments/{payment}",
    ]  # fmt: skip
    for path in paths:
        came_to: dict[str, object] = {}
        for each in history(client, path):
            for field, change in each["changes"].items():
                assert came_to.get(field) == change["before"], (path, field)
                came_to[field] = change["after"]
        now = client.get(path).json
        others = {
            "is_default",
            "balances",
            "customers_count",
        }  # other aggregates' events show there
        for field in now.keys() - HIDDEN - others:
            assert came_to.get(field) == now[field], (path, field)


def test_what_is_deleted_says_so(client):
    path = f"/products/{client.made('/products', {'name': 'Gone'})['id']}"
    client.send("DELETE", path)
    assert history(client, path)[-1]["changes"] == {"deleted": {"before": None, "after": True}}


def test_a_card_is_never_shown_with_what_it_is_charged_by(shop):
    client = shop.client
    shop.subscribe()
    everything = client.get("/events", params={"limit": "100"}).text
    everything += client.get(f"/payment_methods/{shop.card['id']}/events").text
    assert "tok_visa" not in everything
    assert "withheld" in everything


def test_the_log_is_filtered_and_tells_changes_when_asked(shop, stranger):
    client = shop.client
    open_shop(stranger)
    client.patch("/account", {"name": "Renamed"}, headers={"X-Request-Id": "one"}, key="k-1")
    for asked in ({"request_id": "one"}, {"idempotency_key": "k-1"}):
        (found,) = client.get("/events", params=asked).json["data"]
        assert (found["type"], found["changes"]) == ("account.updated", None)
    (found,) = client.get("/events", params={"request_id": "one", "expand": "changes"}).json["data"]
    assert found["changes"] == {"name": {"before": "Acme", "after": "Renamed"}}
    by_hand = client.get("/events", params={"triggered_by": "scheduler"}).json["data"]
    assert by_hand == []
    assert stranger.get("/events", params={"request_id": "one"}).json["data"] == []
    assert stranger.get(f"/events/{found['id']}").status_code == 404
    refusal = client.get("/events", params={"expand": "subject"})
    assert (refusal.status_code, refusal.json["code"]) == (422, "unknown_expansion")


def test_changes_are_the_same_on_every_page(client):
    path = f"/products/{client.made('/products', {'name': '0'})['id']}"
    for name in range(1, 8):
        client.patch(path, {"name": str(name)})
    whole, paged, cursor = history(client, path), [], {}
    while True:
        page = client.get(f"{path}/events", params={"limit": "3", **cursor}).json
        paged += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert json.dumps(paged[::-1]) == json.dumps(whole)
    assert [each["changes"]["name"]["after"] for each in whole] == [str(n) for n in range(8)]
