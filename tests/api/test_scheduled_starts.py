"""A start to come: no access before, billed as asked, begun by itself, moved or called off."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN

START, FEB = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


def advance(client, to):
    return client.made("/test_clock/advance", {"to": to})


def shown(client, kind, ref):
    return client.get(f"/{kind}/{ref}").json


def invoice_of(client, subscription):
    return shown(client, "invoices", subscription["latest_invoice_id"])


def deferred(client, as_of):
    rows = client.get("/reports/deferred_revenue", params={"as_of": as_of}).json["data"]
    return sum(row["deferred_balance"] for row in rows)


def by_payment(client):
    product = client.made(
        "/products", {"name": "Guild", "revenue_recognition_strategy": "invoice_payment"}
    )
    return client.made("/plans", {**PLAN, "product_id": product["id"]})["id"]


@pytest.mark.parametrize("method", ["charge_automatically", "send_invoice"])
@pytest.mark.parametrize("strategy", ["invoice_creation", "invoice_payment"])
def test_billed_at_once_it_is_deferred_whole_until_the_start(client, shop, method, strategy):
    plan = shop.plan["id"] if strategy == "invoice_creation" else by_payment(client)
    sub = shop.subscribe(start_date=START, collection_method=method, plan_id=plan).json
    assert (sub["status"], sub["billing_behavior"]) == ("scheduled", "bill_immediately")
    assert (sub["start_date"], sub["current_period_start"]) == (START, START)
    assert sub["renews_at"] == sub["current_period_end"] == FEB
    assert [phase["status"] for phase in sub["phases"]] == ["upcoming"]
    invoice = invoice_of(client, sub)
    paid = method == "charge_automatically"
    assert invoice["status"] == ("paid" if paid else "open")
    booked = paid or strategy == "invoice_creation"
    assert deferred(client, "2026-01-31") == (3100 if booked else 0)
    advance(client, START)
    sub = shown(client, "subscriptions", sub["id"])
    assert sub["status"] == ("active" if booked else "incomplete")
    assert sub["phases"][0]["status"] == "current"
    assert deferred(client, "2026-02-01") == (3100 - 111 if booked else 0)
    advance(client, FEB)
    later = shown(client, "subscriptions", sub["id"])
    assert later["status"] == {True: "active", False: "incomplete_expired"}[booked]
    if booked and strategy == "invoice_creation":
        assert later["current_period_end"] == "2026-04-01T00:00:00Z"


def test_billed_on_the_start_date_there_is_no_invoice_until_then(client, shop):
    sub = shop.subscribe(start_date=START, billing_behavior="bill_on_start_date").json
    assert (sub["status"], sub["latest_invoice_id"]) == ("scheduled", None)
    assert sub["next_invoice_date"] == START
    advance(client, "2026-01-31T23:59:59Z")
    assert shown(client, "subscriptions", sub["id"])["status"] == "scheduled"
    assert client.get("/invoices").json["data"] == []
    advance(client, START)
    sub = shown(client, "subscriptions", sub["id"])
    assert (sub["status"], invoice_of(client, sub)["status"]) == ("active", "paid")
    assert invoice_of(client, sub)["issued_at"] == START
    assert sub["current_period_start"] == START


def test_a_charge_that_fails_on_the_start_date_is_tried_again_until_the_window_ends(client, shop):
    bad = client.made(
        f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    asked = {"billing_behavior": "bill_on_start_date", "payment_method_id": bad["id"]}
    lost = shop.subscribe(start_date=START, **asked).json
    saved = shop.subscribe(start_date=START, **asked).json
    advance(client, START)
    lost = shown(client, "subscriptions", lost["id"])
    assert (lost["status"], invoice_of(client, lost)["status"]) == ("incomplete", "past_due")
    assert lost["latest_payment_error"]["code"] == "card_declined"
    client.patch(f"/subscriptions/{saved['id']}", {"payment_method_id": shop.card["id"]})
    advance(client, "2026-02-01T23:00:00Z")
    assert shown(client, "subscriptions", saved["id"])["status"] == "incomplete"
    ran = advance(client, "2026-02-02T00:00:00Z")["ran"]
    assert ran["charge"] == 2
    saved = shown(client, "subscriptions", saved["id"])
    assert (saved["status"], invoice_of(client, saved)["status"]) == ("active", "paid")
    assert advance(client, "2026-02-08T00:00:00Z")["ran"]["charge"] == 2  # days 3 and 5, not 7
    lost = shown(client, "subscriptions", lost["id"])
    assert (lost["status"], invoice_of(client, lost)["status"]) == ("incomplete_expired", "void")


def test_declined_when_billed_at_once_it_stays_scheduled_and_then_waits(client, shop):
    bad = client.made(
        f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    sub = shop.subscribe(start_date=START, payment_method_id=bad["id"]).json
    assert (sub["status"], invoice_of(client, sub)["status"]) == ("scheduled", "open")
    assert sub["latest_payment_error"]["code"] == "card_declined"
    advance(client, START)
    assert shown(client, "subscriptions", sub["id"])["status"] == "incomplete"
    charged = client.post(
        f"/invoices/{sub['latest_invoice_id']}/charge", {"payment_method_id": shop.card["id"]},
        key="now",
    )  # fmt: skip
    assert charged.status_code == 200
    assert shown(client, "subscriptions", sub["id"])["status"] == "active"


def test_a_trial_begins_at_the_start(client, shop):
    sub = shop.subscribe(start_date=START, trial_days=10).json
    assert (sub["status"], sub["latest_invoice_id"]) == ("scheduled", None)
    advance(client, START)
    sub = shown(client, "subscriptions", sub["id"])
    assert (sub["status"], sub["current_period_end"]) == ("trialing", "2026-02-11T00:00:00Z")
    advance(client, "2026-02-11T00:00:00Z")
    sub = shown(client, "subscriptions", sub["id"])
    assert (sub["status"], sub["current_period_end"]) == ("active", "2026-03-11T00:00:00Z")


def test_rescheduled_it_begins_then_and_its_revenue_too(client, shop):
    sub = shop.subscribe(start_date=START).json
    moved = client.made(f"/subscriptions/{sub['id']}/reschedule", {"start_date": "2026-02-15"})
    assert (moved["start_date"], moved["current_period_end"]) == (
        "2026-02-15T00:00:00Z", "2026-03-15T00:00:00Z",
    )  # fmt: skip
    assert invoice_of(client, moved)["current_period_start"] == "2026-02-15T00:00:00Z"
    advance(client, "2026-03-16T00:00:00Z")
    assert shown(client, "subscriptions", sub["id"])["status"] == "active"
    rows = client.get(
        "/reports/recognized_revenue", params={"as_of": "2026-02-28", "to": "2026-02-28"}
    ).json["data"]
    assert sum(row["recognized_in_period"] for row in rows) == 1550
    refused = client.post(f"/subscriptions/{sub['id']}/reschedule", {"start_date": "2026-05-01"})
    assert (refused.status_code, refused.json["code"]) == (409, "subscription_not_scheduled")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"start_date": "2026-01-01T00:00:00Z"}, "start_date", "not_in_the_future"),
        ({"billing_behavior": "bill_on_start_date"}, "billing_behavior", "requires_start_date"),
        (
            {"start_date": START, "next_invoice_date": FEB, "current_period_end": FEB},
            "next_invoice_date", "not_with_start_date",
        ),
        ({"next_invoice_date": FEB}, "current_period_end", "period_mismatch"),
        ({"current_period_end": FEB}, "next_invoice_date", "required"),
        ({"invoice_notes": "Danke"}, "invoice_notes", "invoice_notes_manual_renewal_only"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_recorded(client, shop, fields, field, code):
    head = client.head
    refused = shop.subscribe(**fields)
    assert refused.status_code == 422
    assert (field, code) in {(each["field"], each["code"]) for each in refused.json["errors"]}
    assert client.head == head


def test_what_runs_elsewhere_is_taken_over_without_an_invoice(client, shop):
    sub = shop.subscribe(next_invoice_date=FEB, current_period_end=FEB).json
    assert (sub["status"], sub["latest_invoice_id"]) == ("active", None)
    assert sub["next_invoice_date"] == sub["current_period_end"] == sub["renews_at"] == FEB
    advance(client, "2026-02-28T23:59:59Z")
    assert client.get("/invoices").json["data"] == []
    advance(client, FEB)
    sub = shown(client, "subscriptions", sub["id"])
    assert (sub["status"], sub["current_period_end"]) == ("active", "2026-04-01T00:00:00Z")
    assert invoice_of(client, sub)["issued_at"] == FEB


def test_shipments_add_up_and_rest_while_suspended(client, shop):
    product = shop.product["id"]
    plan = client.made("/plans", {**PLAN, "product_id": product, "shipments_per_interval": 4})
    sub = shop.subscribe(plan_id=plan["id"]).json
    assert sub["shipments_remaining"] == 4
    advance(client, START)
    assert shown(client, "subscriptions", sub["id"])["shipments_remaining"] == 8
    until = "2026-03-10T00:00:00Z"
    held = client.made(f"/subscriptions/{sub['id']}/suspend", {"until": until})
    assert held["suspended_until"] == until
    advance(client, FEB)
    assert shown(client, "subscriptions", sub["id"])["shipments_remaining"] == 8
    advance(client, until)
    assert shown(client, "subscriptions", sub["id"])["suspended_until"] is None
    advance(client, "2026-04-01T00:00:00Z")
    assert shown(client, "subscriptions", sub["id"])["shipments_remaining"] == 12
