"""Lines of unlike sign and many small ones: what is given back is right by kind, month and tax."""

from __future__ import annotations

import pytest

from domain.ledger import posting_rules as rules
from tests.api.returning import (
    SPRING,
    advance,
    billed,
    books,
    credit,
    earned,
    pay,
    post,
    refund,
    shown,
)

POLICIES = ("proportional", "unearned_first")


def line(amount: int, rate: str | None = None, **fields: object) -> dict[str, object]:
    taxed = {} if rate is None else {"tax_rate": rate}
    return {"description": "Sold", "unit_amount": amount, **taxed, **fields}


@pytest.mark.parametrize("policy", POLICIES)
def test_more_tax_than_money_stops_no_books(client, shop, policy):
    """A taxed subscription less a credit without tax: 100.00 + 19.00 - 110.00."""
    invoice = billed(shop, line(10000, "0.19", **SPRING), line(-11000))
    pay(client, invoice)
    advance(client, "2026-04-16")
    assert refund(client, invoice, amount=200, to="offline", policy=policy).status_code == 200
    assert books(client, "2026-04-16")["tax_payable"] == -(1900 - 422)
    assert credit(client, invoice, amount=200, policy=policy).status_code == 201
    assert refund(client, invoice, to="offline", policy=policy).json["amount"] == 500
    left = books(client, "2026-12-31")
    assert "deferred_revenue" not in left
    assert "tax_payable" not in left
    assert left["recognized_revenue"] + left.get("refunds", 0) + left.get("credit_notes", 0) == 0


def test_a_cheaper_plan_with_tax_can_be_cancelled_with_a_refund(client, shop):
    """The old plan without tax, the new one with: more tax than money on the change's invoice."""
    plan = {"name": "P", "product_id": shop.product["id"], "currency": "USD", "interval": "month"}
    old = client.made("/plans", {**plan, "amount": 11000})["id"]
    new = client.made("/plans", {**plan, "amount": 10000, "tax_rate": "0.19"})["id"]
    advance(client, "2026-03-01")
    sold = shop.subscribe(plan_id=old).json["id"]
    advance(client, "2026-03-16")
    post(client, f"/subscriptions/{sold}/change_plan", {"plan_id": new, "proration": "immediate"})
    advance(client, "2026-03-19")
    asked = {"type": "amount", "amount": 200, "to": "balance"}
    done = post(
        client, f"/subscriptions/{sold}/cancel", {"mode": "now", "reason": "x", "refund": asked}
    )
    assert (done.status_code, done.json["status"]) == (200, "canceled"), done.text
    assert "deferred_revenue" not in books(client, "2026-12-31")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("lines", "amount", "tax"), [(100, 1000, 38), (10, 100, 4)])
def test_a_hundred_small_lines_give_their_tax_back(client, shop, policy, lines, amount, tax):
    """Of each line it is less than half a cent."""
    invoice = billed(shop, *[line(100, "0.04", **SPRING)] * lines)
    pay(client, invoice)
    note = credit(client, invoice, amount=amount, policy=policy).json
    assert (note["total"], note["tax"]) == (amount, tax)
    assert sum(each["tax"] for each in note["lines"]) == tax


def test_a_note_before_the_payment_keeps_its_tax_too(client, shop):
    late = client.made("/products", {
        "name": "Late", "revenue_recognition_strategy": "invoice_payment",
    })["id"]  # fmt: skip
    invoice = billed(shop, *[line(100, "0.04", product_id=late)] * 10)
    assert credit(client, invoice, amount=100).json["tax"] == 4


def test_refunded_whole_nothing_is_earned_any_more(client, shop):
    invoice = billed(shop, line(12000, **SPRING), line(-2000))
    pay(client, invoice)
    for amount in (5000, None):
        asked = {} if amount is None else {"amount": amount}
        refund(client, invoice, to="offline", policy="unearned_first", **asked)
    assert "deferred_revenue" not in books(client, "2026-03-01")
    assert [earned(client, f"2026-0{month}") for month in (4, 5)] == [0, 0]


def test_a_credit_to_come_has_nothing_to_give(client, shop):
    invoice = billed(shop, line(12000), line(-2000, **SPRING))
    pay(client, invoice)
    before = books(client, "2026-03-01")["deferred_revenue"]
    refund(client, invoice, amount=1000, to="offline", policy="unearned_first")
    after = books(client, "2026-03-01")
    assert (after["deferred_revenue"], after["refunds"]) == (before, 1000)


@pytest.fixture
def late(shop):
    """Half a year, sold on its 79th day: those before are earned on the day of issue."""
    return billed(
        shop,
        line(18100, period_start="2026-01-01", period_end="2026-07-01"),
        on="2026-03-20",
    )


BY_MONTH = [9000, 3000, 3100, 3000]


def months(client):
    return [earned(client, f"2026-0{month}") for month in (3, 4, 5, 6)]


def test_a_cent_back_on_the_day_of_issue_moves_no_revenue(client, late):
    pay(client, late)
    assert months(client) == BY_MONTH
    refund(client, late, amount=1, to="offline")
    assert [round(each, -1) for each in months(client)] == BY_MONTH
    assert sum(months(client)) == 18099


def test_a_note_voided_on_the_day_of_issue_leaves_all_as_it_was(client, late):
    note = credit(client, late, amount=18000).json["id"]
    assert post(client, f"/credit_notes/{note}/void", {}).status_code == 200
    assert sum(months(client)) == 18100
    assert [round(each, -1) for each in months(client)] == BY_MONTH


def test_a_refund_that_the_card_refuses_on_that_day_does_too(client, shop, late):
    cards = f"/customers/{shop.customer['id']}/payment_methods"
    card = client.made(cards, {"token": "tok_refundFails"})["id"]
    paid = post(client, f"/invoices/{late}/charge", {"payment_method_id": card})
    assert paid.status_code == 200
    assert refund(client, late, to="card").status_code == 402
    assert shown(client, late)["amount_refunded"] == 0
    assert months(client) == BY_MONTH


def test_a_refund_that_could_not_be_booked_is_not_recorded(client, shop, monkeypatch):
    invoice = billed(shop)
    pay(client, invoice)
    before = client.head

    def broken(*_):
        raise ValueError("no rule for it")

    monkeypatch.setattr(rules, "refunded", broken)
    assert refund(client, invoice, to="offline").status_code == 500
    assert client.head == before
