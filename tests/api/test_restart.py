"""An expired membership is restarted over HTTP: the same id, its members, another term."""

from __future__ import annotations

from typing import Any

import pytest

from domain.subscriptions.subscription import Subscription
from tests.api.conftest import PLAN, START, SYSTEM, Client
from tests.api.test_members import Club, open_club
from tests.api.test_refusals import refused


def ended(client: Client, mode: str = "period_end") -> Club:
    """A membership with one active and one pending member whose term is over."""
    club = open_club(client)
    club.join("a@example.org")
    club.invite("b@example.org")
    client.made(f"{club.path}/cancel", {"mode": mode})
    client.made("/test_clock/advance", {"to": "2026-02-10"})
    return club


@pytest.fixture
def club(client: Client) -> Club:
    return ended(client)


def members(club: Club) -> list[str]:
    return sorted(each["status"] for each in club.client.get(f"{club.path}/members").json["data"])


def report(client: Client, name: str, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/reports/{name}", params=query).json["data"]
    return rows


def test_a_restart_bills_a_new_term_and_keeps_the_members(club):
    client = club.client
    before = client.get(club.path).json
    assert (before["status"], before["ended_at"]) == ("expired", "2026-02-01T00:00:00Z")
    past = {"from": "2026-01-01", "to": "2026-02-09"}
    earned = report(client, "recognized_revenue", **past)
    journal = report(client, "journal", **past)
    answer = client.post(f"{club.path}/restart", {})
    again = answer.json
    assert (answer.status_code, again["id"], again["status"]) == (200, before["id"], "active")
    assert again["current_period_start"] == "2026-02-10T00:00:00Z"
    assert again["current_period_end"] == again["renews_at"] == "2026-03-10T00:00:00Z"
    assert [again[name] for name in ("expires_at", "canceled_at", "cancel_reason", "ended_at")] == [
        None, None, None, None,
    ]  # fmt: skip
    assert again["cancel_at_period_end"] is False
    assert [each["status"] for each in again["phases"]] == ["past", "current"]
    invoice = client.get(f"/invoices/{again['latest_invoice_id']}").json
    assert (invoice["billing_reason"], invoice["status"]) == ("restart", "paid")
    assert invoice["issued_at"] == "2026-02-10T00:00:00Z"
    assert members(club) == ["active", "pending"]
    assert club.seats() == (3, 1, 2)
    events = [each["type"] for each in client.get(f"{club.path}/events").json["data"]]
    assert events[:2] == ["subscription.activated", "subscription.restarted"]
    assert report(client, "recognized_revenue", **past) == earned
    assert report(client, "journal", **past) == journal
    client.made("/test_clock/advance", {"to": "2026-03-11"})
    assert client.get(club.path).json["current_period_end"] == "2026-04-10T00:00:00Z"


def test_another_membership_plan_with_fields_as_at_creation(club):
    client = club.client
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": club.shop.product["id"], "type": "membership", "seat_capacity": 2,
         "auto_renew": False, "interval": "year", "collection_method": "send_invoice"},
    )  # fmt: skip
    body = {"plan_id": plan["id"], "quantity": 2, "invoice_notes": "Again", "metadata": {"a": "1"}}
    again = client.made(f"{club.path}/restart", body, key="again")
    assert (again["status"], again["plan_id"], again["seat_capacity"]) == ("active", plan["id"], 2)
    assert (again["quantity"], again["auto_renew"], again["metadata"]) == (2, False, {"a": "1"})
    assert again["expires_at"] == "2027-02-10T00:00:00Z"
    invoice = client.get(f"/invoices/{again['latest_invoice_id']}").json
    assert (invoice["status"], invoice["notes"], invoice["total"]) == ("open", "Again", 6200)
    replayed = client.post(f"{club.path}/restart", body, key="again")
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json == again


def test_a_declined_restart_keeps_the_members_and_ends_again(club):
    client = club.client
    bad = client.made(
        f"/customers/{club.shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    again = client.made(f"{club.path}/restart", {"payment_method_id": bad["id"]})
    assert (again["status"], again["latest_payment_error"]["code"]) == (
        "incomplete", "card_declined",
    )  # fmt: skip
    invoice = f"/invoices/{again['latest_invoice_id']}"
    assert client.get(invoice).json["status"] == "open"
    assert members(club) == ["active", "pending"]
    client.made("/test_clock/advance", {"to": "2026-02-18"})
    over = client.get(club.path).json
    assert (over["status"], over["renews_at"]) == ("expired", None)
    assert client.get(invoice).json["status"] == "void"
    assert members(club) == ["active", "pending"]
    deferred = report(client, "deferred_revenue", as_of="2026-02-18")
    assert sum(each["deferred_balance"] for each in deferred) == 0
    third = client.made(f"{club.path}/restart", {"payment_method_id": club.shop.card["id"]})
    assert (third["status"], third["latest_payment_error"]) == ("active", None)


def test_a_declined_restart_is_paid_inside_the_window(club):
    client = club.client
    bad = client.made(
        f"/customers/{club.shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    again = client.made(f"{club.path}/restart", {"payment_method_id": bad["id"]})
    start = again["start_date"]
    client.made("/test_clock/advance", {"to": "2026-02-12"})
    client.made(
        f"/invoices/{again['latest_invoice_id']}/mark_paid",
        {"reference": "1", "category": "check"}, key="paid",
    )  # fmt: skip
    paid = client.get(club.path).json
    assert (paid["status"], paid["start_date"]) == ("active", start)
    assert paid["current_period_start"] == "2026-02-10T00:00:00Z"


def test_recognition_by_payment_begins_with_the_payment_and_keeps_the_start(client):
    club = open_club(client)
    product = client.made(
        "/products", {"name": "Paid", "revenue_recognition_strategy": "invoice_payment"}
    )
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": product["id"], "type": "membership", "seat_capacity": 3,
         "collection_method": "send_invoice"},
    )  # fmt: skip
    client.made(f"{club.path}/cancel", {"mode": "period_end"})
    client.made("/test_clock/advance", {"to": "2026-02-10"})
    again = client.made(f"{club.path}/restart", {"plan_id": plan["id"]})
    assert again["status"] == "incomplete"
    client.made("/test_clock/advance", {"to": "2026-02-12"})
    client.made(
        f"/invoices/{again['latest_invoice_id']}/mark_paid",
        {"reference": "1", "category": "check"}, key="paid",
    )  # fmt: skip
    paid = client.get(club.path).json
    assert (paid["status"], paid["start_date"]) == ("active", again["start_date"])
    assert paid["current_period_start"] == "2026-02-12T00:00:00Z"


def test_what_cannot_be_restarted(client, stranger):
    club = open_club(client)
    regular = club.shop.subscribe().json
    at = client.head
    running = client.post(f"{club.path}/restart", {})
    refused(client, running, 409, "subscription_not_restartable", at)
    client.made(f"/subscriptions/{regular['id']}/cancel", {"mode": "period_end"})
    client.made("/test_clock/advance", {"to": "2026-02-10"})
    at = client.head
    answer = client.post(f"/subscriptions/{regular['id']}/restart", {})
    refused(client, answer, 409, "subscription_not_restartable", at)
    theirs = ended(stranger)
    refused(client, client.post(f"{theirs.path}/restart", {}), 404, "not_found", at)


def test_one_cancelled_at_once_is_over(client):
    club = open_club(client)
    subscription = client.books.load(Subscription, club.subscription["id"])
    subscription.cancel_now(START, None)
    client.books.record(subscription, by=SYSTEM.by)
    at = client.head
    again = client.post(f"{club.path}/restart", {})
    refused(client, again, 409, "subscription_not_restartable", at)


def test_the_members_kept_must_fit(club):
    client, product = club.client, club.shop.product["id"]
    small = client.made(
        "/plans", {**PLAN, "product_id": product, "type": "membership", "seat_capacity": 1}
    )
    at, path = client.head, f"{club.path}/restart"
    full = client.post(path, {"plan_id": small["id"]})
    refused(client, full, 422, "seat_capacity_exceeded", at, "plan_id")
    other = client.post(path, {"plan_id": club.shop.plan["id"]})
    refused(client, other, 422, "not_a_membership", at, "plan_id")
    refused(client, client.post(path, {"customer_id": "x"}), 422, "unknown_field", at)
    notes = client.post(path, {"invoice_notes": "x"})
    refused(client, notes, 422, "invoice_notes_manual_renewal_only", at)
    pending = client.get(f"{club.path}/members", params={"status": "pending"}).json["data"][0]
    client.send("DELETE", f"{club.path}/members/{pending['id']}")
    assert client.made(path, {"plan_id": small["id"]})["seats_available"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start_date", "2030-01-01"), ("trial_days", 14), ("next_invoice_date", "2030-01-01"),
        ("current_period_end", "2030-01-01"), ("billing_behavior", "bill_on_start_date"),
        ("gift", {"recipient_email": "a@example.org"}),
    ],
)  # fmt: skip
def test_nothing_of_a_restart_is_put_off(club, field, value):
    at = club.client.head
    answer = club.client.post(f"{club.path}/restart", {field: value})
    refused(club.client, answer, 422, "not_with_restart", at, field)


def test_what_a_new_membership_may_say_a_restart_says_too(club):
    client = club.client
    body = {"trial_days": 0, "billing_behavior": "bill_immediately", "old_provider_id": "S-2"}
    assert client.made(f"{club.path}/restart", body)["old_provider_id"] == "S-2"
    at = client.head
    other = club.shop.subscribe(old_provider_id="S-2")
    refused(client, other, 422, "taken", at, "old_provider_id")


def test_a_plans_trial_is_for_those_who_are_new(club):
    client, product = club.client, club.shop.product["id"]
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": product, "type": "membership", "seat_capacity": 5, "trial_days": 9},
    )
    again = client.made(f"{club.path}/restart", {"plan_id": plan["id"]})
    assert (again["status"], again["current_period_end"]) == ("active", "2026-03-10T00:00:00Z")


def test_another_billing_engine_restarts_nothing(club):
    client = club.client
    assert client.patch("/account", {"billing_engine": "external"}).status_code == 200
    at = client.head
    refused(client, client.post(f"{club.path}/restart", {}), 403, "billing_engine_required", at)
