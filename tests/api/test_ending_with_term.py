"""Cancelled with its term and money given back all the same: the term runs on, the books follow."""

from __future__ import annotations

import pytest

from tests.api.test_refusals import refused

FEB = "2026-02-01T00:00:00Z"


@pytest.fixture
def sub(shop):
    sub = shop.subscribe().json
    shop.client.made("/test_clock/advance", {"to": "2026-01-11T00:00:00Z"})
    return sub


def cancel(shop, sub, refund, **more):
    body = {"mode": "period_end", "reason": "sorry", "refund": refund, **more}
    return shop.client.post(f"/subscriptions/{sub['id']}/cancel", body)


def booked(shop, as_of):
    rows = shop.client.get("/reports/trial_balance", params={"as_of": as_of}).json["data"]
    return {row["account"]: row["debit"] - row["credit"] for row in rows}


@pytest.mark.parametrize(
    ("refund", "back"),
    [
        ({"type": "full", "to": "card"}, 3100),
        ({"type": "full", "to": "balance"}, 3100),
        ({"type": "amount", "amount": 500, "to": "offline"}, 500),
        ({"type": "none"}, 0),
    ],
)
def test_it_runs_on_and_the_money_is_back(shop, sub, refund, back):
    pending = cancel(shop, sub, refund).json
    assert (pending["status"], pending["cancel_at_period_end"]) == ("active", True)
    invoice = shop.client.get(f"/invoices/{sub['latest_invoice_id']}").json
    assert invoice["amount_refunded"] == back
    shop.client.made("/test_clock/advance", {"to": FEB})
    ended = shop.client.get(f"/subscriptions/{sub['id']}").json
    assert (ended["status"], ended["ended_at"]) == ("expired", FEB)
    books = booked(shop, "2026-02-28")
    assert -books.get("recognized_revenue", 0) - books.get("refunds", 0) == 3100 - back
    assert -books.get("customer_balance", 0) == (back if refund.get("to") == "balance" else 0)
    assert books.get("deferred_revenue", 0) == 0


@pytest.mark.parametrize(
    ("refund", "code", "field"),
    [
        ({"type": "prorated"}, "only_with_mode_now", "refund.type"),
        ({"type": "amount", "amount": 3101}, "amount_exceeds_refundable", "refund.amount"),
        ({"type": "amount"}, "required", "refund.amount"),
    ],
)
def test_what_is_refused_records_nothing(shop, sub, refund, code, field):
    at = shop.client.head
    refused(shop.client, cancel(shop, sub, refund), 422, code, at, field)


def test_what_was_billed_ahead_goes_back_the_same_way(shop, sub):
    path = f"/subscriptions/{sub['id']}"
    shop.client.made(f"{path}/renew", {"billing_behavior": "bill_immediately"})
    assert cancel(shop, sub, {"type": "full", "to": "card"}).status_code == 200
    refunds = shop.client.get("/refunds").json["data"]
    assert [(each["to"], each["amount"]) for each in refunds] == [("card", 3100)] * 2
