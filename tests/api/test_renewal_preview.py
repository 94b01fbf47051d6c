"""What a renewal run would bill equals, to the cent, what it then bills; asking writes nothing."""

from __future__ import annotations

import csv
import io

import pytest

from tests.api.conftest import PLAN
from tests.api.test_ai_plans import STEPS, USAGE, advance, ai_plan, sold, told
from tests.api.test_refusals import refused

ON = "2026-03-01"


def report(shop, on=ON, **query):
    return shop.client.get("/reports/renewals", params={"on": on, **query})


@pytest.fixture
def busy(shop):
    """One of each kind that is billed on 1 March, and some that are not."""
    taxed = {**PLAN, "product_id": shop.product["id"], "tax_rate": "0.19", "amount": 999}
    weekly = {**PLAN, "product_id": shop.product["id"], "interval": "week", "amount": 333}
    plans = [shop.plan, shop.client.made("/plans", taxed), shop.client.made("/plans", weekly)]
    for plan in plans:
        sold(shop, plan, quantity=3)
        sold(shop, plan, collection_method="send_invoice")
    sold(shop, shop.plan, start_date=ON, billing_behavior="bill_on_start_date")
    sold(shop, shop.plan, start_date="2026-03-02", billing_behavior="bill_on_start_date")
    sold(shop, ai_plan(shop, STEPS))
    by_usage = ai_plan(shop, USAGE, maximum_amount=5000)
    ending, quiet, dear, usual = [sold(shop, by_usage) for _ in range(4)]
    ended = sold(shop, shop.plan)
    for each in (ending, ended):
        path = f"/subscriptions/{each['id']}/cancel"
        shop.client.made(path, {"mode": "period_end"})
    advance(shop, "2026-02-10")
    told(shop, dear, 1000)
    told(shop, usual, 7)
    return quiet


def test_it_equals_what_then_happens(shop, busy):
    advance(shop, "2026-02-28T23:59:59Z")
    at = shop.client.head
    answer = report(shop)
    assert answer.status_code == 200
    assert shop.client.head == at
    rows = answer.json["data"]
    assert {row["kind"] for row in rows} >= {"renewal", "start"}
    advance(shop, ON)
    query = {"limit": "100", "issued_at[gte]": ON}
    happened = shop.client.get("/invoices", params=query).json["data"]
    assert sorted(
        (each["subscription_id"], each["subtotal"], each["tax"], each["total"])
        for each in happened
    ) == sorted(
        (row["subscription.id"], row["subtotal"], row["tax"], row["total"])
        for row in rows if not row["failure"]
    )  # fmt: skip
    assert [row["failure"] for row in rows if row["failure"]] == ["maximum_amount_exceeded"]
    assert len(happened) >= 6


def test_it_sees_through_the_terms_before_that_day(shop, busy):
    early = report(shop).json["data"]
    advance(shop, "2026-02-28T23:59:59Z")
    assert report(shop).json["data"] == early


def test_the_file_has_the_same_rows(shop, busy):
    answer = report(shop, format="csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    shown = report(shop).json["data"]
    assert [row["subscription.id"] for row in rows] == [row["subscription.id"] for row in shown]
    assert rows[0]["total"] == f"{shown[0]['total'] / 100:.2f}"


def test_a_day_that_is_over_and_a_missing_day_are_refused(shop, stranger):
    at = shop.client.head
    refused(shop.client, report(shop, "2025-12-31"), 422, "in_the_past", at, "on")
    refused(shop.client, report(shop, "soon"), 422, "invalid_date", at, "on")
    assert stranger.get("/reports/renewals", params={"on": ON}).json["data"] == []


def test_a_subscriptions_next_invoice_is_previewed(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    advance(shop, "2026-01-20")
    told(shop, subscription, 30)
    at = shop.client.head
    path = f"/subscriptions/{subscription['id']}/preview"
    seen = shop.client.post(path, {}).json
    assert shop.client.head == at
    assert seen["usage"] == {"quantity": 30, "unit": "copy", "unit_amount": 50, "amount": 1500}
    assert (seen["amount_due"], seen["next_invoice_date"]) == (1500, "2026-02-01T00:00:00Z")
    advance(shop, "2026-02-01")
    (invoice,) = shop.client.get("/invoices", params={"subscription_id": subscription["id"]}).json[
        "data"
    ]
    assert invoice["total"] == seen["amount_due"]


def test_credit_is_taken_off_what_is_due(shop):
    subscription = sold(shop, shop.plan)
    credit = {"amount": 1000, "currency": "USD", "reason": "goodwill"}
    path = f"/customers/{shop.customer['id']}/balance/adjust"
    assert shop.client.post(path, credit, key="k").status_code < 300
    seen = shop.client.post(f"/subscriptions/{subscription['id']}/preview", {}).json
    (row,) = report(shop, "2026-02-01").json["data"]
    advance(shop, "2026-02-01")
    latest = shop.client.get(f"/subscriptions/{subscription['id']}").json["latest_invoice_id"]
    invoice = shop.client.get(f"/invoices/{latest}").json
    told = (invoice["balance_applied"], invoice["total"] - invoice["balance_applied"])
    assert told[0] == 1000
    assert (seen["invoice"]["balance_applied"], seen["amount_due"]) == told
    assert (row["balance_applied"], row["amount_due"]) == told


def test_what_ends_has_no_next_invoice(shop):
    subscription = sold(shop, shop.plan)
    shop.client.made(f"/subscriptions/{subscription['id']}/cancel", {"mode": "period_end"})
    at = shop.client.head
    answer = shop.client.post(f"/subscriptions/{subscription['id']}/preview", {})
    refused(shop.client, answer, 409, "subscription_not_renewable", at)
