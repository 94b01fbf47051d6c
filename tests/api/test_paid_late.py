"""Money and usage beside the usual order: billed ahead and paid late, told and then cancelled."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN

FEB, MAR = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
BY_COPY = "Charge 0.50 USD per copy at the end of each month."


def advance(client, to):
    return client.made("/test_clock/advance", {"to": to})


def invoices(client, sub):
    asked = {"subscription_id": sub["id"], "sort": "created_at"}
    return client.get("/invoices", params=asked).json["data"]


def pay(client, invoice):
    body = {"reference": "1", "category": "check"}
    client.made(f"/invoices/{invoice['id']}/mark_paid", body, key=invoice["id"])


def shown(client, sub):
    return client.get(f"/subscriptions/{sub['id']}").json


@pytest.fixture
def metered(client, shop):
    """A subscription billed by its use, of which ten copies were used."""
    plan = client.made(
        "/plans", {**PLAN, "product_id": shop.product["id"], "billing_prompt": BY_COPY}
    )
    client.made(f"/plans/{plan['id']}/billing_policy", {"activate": 1})
    sub = shop.subscribe(plan_id=plan["id"]).json
    advance(client, "2026-01-10")
    client.made(f"/subscriptions/{sub['id']}/usage", {"quantity": 10})
    return sub


@pytest.mark.parametrize("strategy", ["invoice_creation", "invoice_payment"])
def test_a_phase_billed_ahead_and_paid_late(client, shop, strategy):
    """Past due from its beginning to its payment; by payment it runs from there."""
    product = client.made("/products", {"name": "P", "revenue_recognition_strategy": strategy})
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": product["id"], "auto_renew": False,
         "collection_method": "send_invoice"},
    )  # fmt: skip
    sub = shop.subscribe(plan_id=plan["id"]).json
    pay(client, invoices(client, sub)[0])
    client.made(f"/subscriptions/{sub['id']}/renew", {"billing_behavior": "bill_immediately"})
    ahead = invoices(client, sub)[1]
    assert (ahead["status"], ahead["current_period_start"]) == ("open", FEB)
    advance(client, "2026-02-05")
    by_payment = strategy == "invoice_payment"
    assert shown(client, sub)["status"] == "past_due"
    pay(client, ahead)
    late = shown(client, sub)
    start = "2026-02-05T00:00:00Z" if by_payment else FEB
    end = "2026-03-05T00:00:00Z" if by_payment else MAR
    assert (late["status"], late["current_period_start"], late["current_period_end"]) == (
        "active", start, end,
    )  # fmt: skip
    assert client.get(f"/invoices/{ahead['id']}").json["current_period_start"] == start
    advance(client, MAR)
    report = {"from": "2026-02-01", "to": "2026-02-28", "customer_id": shop.customer["id"]}
    rows = client.get(
        "/reports/recognized_revenue",
        params={k: v for k, v in report.items() if k != "customer_id"},
    ).json["data"]
    earned = sum(row["recognized_in_period"] for row in rows if row["invoice.id"] == ahead["id"])
    assert earned == (round(3100 * 24 / 28) if by_payment else 3100)


def test_cancelled_at_once_what_was_used_is_billed(client, metered):
    client.made(f"/subscriptions/{metered['id']}/cancel", {"mode": "now"})
    (billed,) = invoices(client, metered)
    assert (billed["total"], billed["status"]) == (500, "paid")
    assert billed["current_period_end"] == "2026-01-10T00:00:00Z"
    assert shown(client, metered)["status"] == "canceled"
    rows = client.get("/reports/deferred_revenue", params={"as_of": "2026-01-10"}).json["data"]
    assert rows == []


def test_with_its_term_what_was_used_is_billed_at_the_end(client, metered):
    client.made(f"/subscriptions/{metered['id']}/cancel", {"mode": "period_end"})
    assert invoices(client, metered) == []
    advance(client, FEB)
    (billed,) = invoices(client, metered)
    assert (billed["total"], shown(client, metered)["status"]) == (500, "expired")


def test_a_phase_booked_behind_one_of_usage_bills_what_was_used(client, metered, shop):
    """The fixed plan that follows is billed ahead; the usage before it at its own end."""
    fixed = client.made("/plans", {**PLAN, "product_id": shop.product["id"], "name": "Fixed"})
    body = {"plan_id": fixed["id"], "billing_behavior": "bill_immediately"}
    client.made(f"/subscriptions/{metered['id']}/renew", body)
    assert [each["total"] for each in invoices(client, metered)] == [3100]
    advance(client, FEB)
    assert [each["total"] for each in invoices(client, metered)] == [3100, 500]
    after = shown(client, metered)
    assert (after["status"], after["plan_id"]) == ("active", fixed["id"])


def test_a_phase_of_usage_booked_behind_another_asks_for_nothing_ahead(client, metered):
    body = {"billing_behavior": "bill_immediately"}
    client.made(f"/subscriptions/{metered['id']}/renew", body)
    assert invoices(client, metered) == []
    advance(client, FEB)
    assert [each["total"] for each in invoices(client, metered)] == [500]
    client.made(f"/subscriptions/{metered['id']}/usage", {"quantity": 4})
    advance(client, MAR)
    assert [each["total"] for each in invoices(client, metered)] == [500, 200]
