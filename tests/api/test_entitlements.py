"""Entitlements over HTTP: who may use what, by which subscription, until when, and since when."""

from __future__ import annotations

from typing import Any

import pytest

from projections import glance
from store.exchange import in_one_snapshot
from store.recorder import AccountRecorder as Recorder
from tests.api.conftest import PLAN, Client, open_shop
from tests.api.shapes import differences
from tests.api.test_members import Club
from tests.api.test_refusals import refused


def open_premium(client: Client, token: str = "tok_visa") -> Club:
    shop = open_shop(client, token)
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": shop.product["id"], "type": "membership", "seat_capacity": 3,
         "entitlements": ["premium", "archive"]},
    )  # fmt: skip
    return Club(shop, plan, shop.subscribe(plan_id=plan["id"]).json)


@pytest.fixture
def club(client: Client) -> Club:
    return open_premium(client)


def held(client: Client, customer: dict[str, Any], **query: str) -> dict[str, dict[str, Any]]:
    found = client.get(f"/customers/{customer['id']}/entitlements", params=query).json["data"]
    return {each["entitlement"]: each for each in found}


def test_a_known_caller_asks_the_database_once(club, monkeypatch):
    """In one exchange, and loads no aggregate."""
    client, owner = club.client, club.shop.customer
    path = f"/customers/{owner['id']}/entitlements"
    asked = []

    def exchanged(connection, statements):
        asked.append(len(statements))
        return in_one_snapshot(connection, statements)

    monkeypatch.setattr(glance, "in_one_snapshot", exchanged)
    monkeypatch.setattr(Recorder, "histories", None)
    monkeypatch.setattr(Recorder, "head", None)
    for _ in range(2):
        assert len(client.get(path).json["data"]) == 2
        assert len(client.get(path, params={"entitlement": "premium"}).json["data"]) == 1
    assert asked == [3, 3, 3, 3]  # the key, what is shown, the rows


def test_the_owner_has_what_was_sold(club):
    client, owner = club.client, club.shop.customer
    client.patch(f"/plans/{club.plan['id']}", {"entitlements": ["nothing"]})
    found = held(client, owner)
    assert list(found) == ["archive", "premium"]
    assert differences("entitlement", found["premium"]) == []
    assert found["premium"]["until"] == "2026-02-01T00:00:00Z"
    assert found["premium"]["reason"] == {
        "subscription_id": club.subscription["id"], "via": "own", "member_id": None,
        "status": "active", "plan_id": club.plan["id"], "until": "2026-02-01T00:00:00Z",
        "renews_at": "2026-02-01T00:00:00Z", "expires_at": None,
    }  # fmt: skip
    assert list(held(client, owner, entitlement="premium")) == ["premium"]
    assert held(client, owner, entitlement="other") == {}


def test_a_member_shares_it_from_acceptance_to_removal(club):
    client = club.client
    reader = client.made("/customers", {"email": "reader@example.org"})
    member = club.invite("reader@example.org")
    path = f"{club.path}/members/{member['id']}"
    assert held(client, reader) == {}
    client.made("/test_clock/advance", {"to": "2026-01-05"})
    client.made(f"{path}/accept")
    premium = held(client, reader)["premium"]
    assert (premium["reason"]["via"], premium["reason"]["member_id"]) == ("shared", member["id"])
    client.made("/test_clock/advance", {"to": "2026-01-10"})
    client.send("DELETE", path)
    assert held(client, reader) == {}
    for at, had in [("2026-01-03", False), ("2026-01-07", True), ("2026-01-12", False)]:
        assert ("premium" in held(client, reader, as_of=at)) is had


def test_a_cancelled_term_runs_out_and_the_past_stays_provable(club):
    client, owner = club.client, club.shop.customer
    client.made(f"{club.path}/cancel", {"mode": "period_end"})
    assert held(client, owner)["premium"]["reason"]["expires_at"] == "2026-02-01T00:00:00Z"
    client.made("/test_clock/advance", {"to": "2026-02-10"})
    assert held(client, owner) == {}
    then = held(client, owner, as_of="2026-01-20")
    assert then["premium"]["until"] == "2026-02-01T00:00:00Z"
    assert held(client, owner, as_of="2026-02-05") == {}


def test_past_due_has_the_accounts_grace(club):
    client, owner = club.client, club.shop.customer
    bad = client.made(f"/customers/{owner['id']}/payment_methods", {"token": "tok_chargeDeclined"})
    client.patch(club.path, {"payment_method_id": bad["id"]})
    client.made("/test_clock/advance", {"to": "2026-02-01T01:00:00Z"})
    premium = held(client, owner)["premium"]
    assert premium["reason"]["status"] == "past_due"
    assert premium["until"] == "2026-02-04T00:00:00Z"
    client.made("/test_clock/advance", {"to": "2026-02-05"})
    assert held(client, owner) == {}
    assert "premium" in held(client, owner, as_of="2026-02-03")
    assert held(client, owner, as_of="2026-02-04") == {}
    client.patch("/account", {"grace_days": 30})
    assert held(client, owner)["premium"]["until"] == "2026-03-03T00:00:00Z"
    assert held(client, owner, as_of="2026-02-04T12:00:00Z") == {}


def test_what_is_not_paid_or_has_not_begun_gives_nothing(client, stranger):
    club = open_premium(client, "tok_chargeDeclined")
    assert club.subscription["status"] == "incomplete"
    assert held(client, club.shop.customer) == {}
    other = open_premium(stranger)
    body = {"plan_id": other.plan["id"], "start_date": "2026-03-01"}
    new = other.client.made("/customers", {"email": "new@example.org"})
    card = other.client.made(f"/customers/{new['id']}/payment_methods", {"token": "tok_visa"})
    scheduled = other.shop.subscribe(
        **body, customer_id=new["id"], payment_method_id=card["id"]
    ).json
    assert scheduled["status"] == "scheduled"
    assert held(other.client, new) == {}
    other.client.made("/test_clock/advance", {"to": "2026-03-02"})
    assert "premium" in held(other.client, new)


def test_the_restart_of_a_membership_gives_it_back_to_its_members(club):
    client = club.client
    reader = client.made("/customers", {"email": "reader@example.org"})
    club.join("reader@example.org")
    bad = client.made(
        f"/customers/{club.shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    client.made(f"{club.path}/cancel", {"mode": "period_end"})
    client.made("/test_clock/advance", {"to": "2026-02-10"})
    assert held(client, reader) == {}
    client.made(f"{club.path}/restart", {"payment_method_id": bad["id"]})
    assert held(client, reader) == {}
    client.made("/test_clock/advance", {"to": "2026-02-18"})
    client.made(f"{club.path}/restart", {"payment_method_id": club.shop.card["id"]})
    assert held(client, reader)["premium"]["reason"]["via"] == "shared"


def test_nobody_elses_and_no_unknown_question(club, stranger):
    theirs = open_premium(stranger)
    client, at = club.client, club.client.head
    path = f"/customers/{theirs.shop.customer['id']}/entitlements"
    refused(client, client.get(path), 404, "not_found", at)
    refused(client, client.get(path, params={"as_of": "2026-01-02"}), 404, "not_found", at)
    mine = f"/customers/{club.shop.customer['id']}/entitlements"
    refused(client, client.get(mine, params={"x": "1"}), 422, "unknown_filter", at)
    refused(client, client.get(mine, params={"as_of": "soon"}), 422, "invalid_instant", at)
    refused(client, client.get(mine, params={"as_of": "2025-01-01"}), 404, "not_found", at)
