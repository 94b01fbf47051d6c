"""Credit pays first for whatever is issued, where the account says so, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

KEYS = count()


def give(shop, amount, currency="USD"):
    body = {"amount": amount, "currency": currency, "reason": "goodwill"}
    path = f"/customers/{shop.customer['id']}/balance/adjust"
    assert shop.client.post(path, body, key=f"k{next(KEYS)}").status_code == 200


def held(shop):
    return shop.client.get(f"/customers/{shop.customer['id']}").json["balances"]


def invoices(shop):
    return shop.client.get("/invoices", params={"sort": "created_at"}).json["data"]


def payments(shop):
    return [row["amount"] for row in shop.client.get("/payments").json["data"]]


def verified(shop):
    rows = shop.client.get("/reports/trial_balance").json["data"]
    sums = {row["account"]: row["debit"] - row["credit"] for row in rows}
    assert sum(sums.values()) == 0
    assert -sums.get("customer_balance", 0) == held(shop).get("USD", 0)
    owed = sum(each["amount_remaining"] for each in invoices(shop))
    assert sums.get("accounts_receivable", 0) == owed


def test_a_manual_invoice_is_settled_as_far_as_the_credit_goes(shop):
    give(shop, 2000)
    whole = shop.invoice()
    assert (whole["status"], whole["balance_applied"], whole["amount_remaining"]) == (
        "paid", 1500, 0,
    )  # fmt: skip
    part = shop.invoice()
    assert (part["status"], part["balance_applied"], part["amount_remaining"]) == (
        "open",
        500,
        1000,
    )
    assert held(shop) == {}
    verified(shop)


def test_only_credit_in_its_own_currency_counts_and_nothing_issued_before(shop):
    before = shop.invoice()
    give(shop, 5000, "EUR")
    assert shop.invoice()["balance_applied"] == 0
    give(shop, 5000)
    assert shop.client.get(f"/invoices/{before['id']}").json["balance_applied"] == 0
    assert held(shop) == {"EUR": 5000, "USD": 5000}


def test_an_account_that_applies_by_hand_keeps_its_credit(shop):
    assert shop.client.patch("/account", {"balance_auto_apply": "manual"}).status_code == 200
    give(shop, 5000)
    assert shop.invoice()["status"] == "open"
    shop.subscribe()
    assert payments(shop) == [3100]
    assert held(shop) == {"USD": 5000}


def test_a_subscription_begins_paid_from_credit_and_the_card_pays_the_rest_of_the_next(shop):
    give(shop, 5000)
    begun = shop.subscribe().json
    assert begun["status"] == "active"
    assert (held(shop), payments(shop)) == ({"USD": 1900}, [])
    shop.client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    first, second = invoices(shop)
    assert (first["balance_applied"], first["amount_paid"]) == (3100, 0)
    assert (second["status"], second["balance_applied"], second["amount_paid"]) == (
        "paid", 1900, 1200,
    )  # fmt: skip
    assert (held(shop), payments(shop)) == ({}, [1200])
    verified(shop)


def test_a_decline_of_the_rest_keeps_what_was_applied_until_the_invoice_is_void(shop):
    declining = {"token": "tok_chargeDeclined"}
    path = f"/customers/{shop.customer['id']}/payment_methods"
    card = shop.client.made(path, declining)["id"]
    give(shop, 1000)
    begun = shop.subscribe(payment_method_id=card).json
    assert begun["status"] == "incomplete"
    (invoice,) = invoices(shop)
    assert (invoice["status"], invoice["amount_remaining"]) == ("open", 2100)
    shop.client.made("/test_clock/advance", {"to": "2026-01-10T00:00:00Z"})
    assert invoices(shop)[0]["status"] == "void"
    assert held(shop) == {"USD": 1000}
    verified(shop)


def test_a_sent_invoice_of_a_subscription_and_of_a_phase_booked_ahead(shop):
    give(shop, 4000)
    begun = shop.subscribe(collection_method="send_invoice").json
    assert begun["status"] == "active"
    assert held(shop) == {"USD": 900}
    shop.client.made(f"/subscriptions/{begun['id']}/renew", {"auto_renew": False})
    assert [each["balance_applied"] for each in invoices(shop)] == [3100, 900]
    assert held(shop) == {}
    verified(shop)


def test_recognition_by_payment_begins_when_credit_pays_it_all(shop):
    product = shop.client.made(
        "/products", {"name": "P", "revenue_recognition_strategy": "invoice_payment"}
    )
    plan = {"name": "M", "amount": 3000, "currency": "USD", "interval": "month"}
    plan = shop.client.made("/plans", {**plan, "product_id": product["id"]})
    give(shop, 7000)
    begun = shop.subscribe(plan_id=plan["id"], collection_method="send_invoice").json
    assert begun["status"] == "active"
    shop.client.made("/test_clock/advance", {"to": "2026-02-15T00:00:00Z"})
    running = shop.client.get(f"/subscriptions/{begun['id']}").json
    assert (running["status"], running["current_period_end"]) == (
        "active", "2026-03-01T00:00:00Z",
    )  # fmt: skip
    assert held(shop) == {"USD": 1000}
    verified(shop)


def test_renewals_of_one_customer_in_one_run_share_the_credit(shop):
    for _ in range(5):
        shop.subscribe()
    give(shop, 8000)
    shop.client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    renewed = [each["balance_applied"] for each in invoices(shop)[5:]]
    assert sorted(renewed, reverse=True) == [3100, 3100, 1800, 0, 0]
    assert held(shop) == {}
    assert all(each["status"] == "paid" for each in invoices(shop))
    verified(shop)


def test_a_change_of_plan_spends_credit(shop):
    begun = shop.subscribe().json
    dear = {"name": "Dear", "amount": 9000, "currency": "USD", "interval": "month"}
    dear = shop.client.made("/plans", {**dear, "product_id": shop.product["id"]})
    give(shop, 1000)
    shop.client.made(f"/subscriptions/{begun['id']}/change_plan", {"plan_id": dear["id"]})
    change = invoices(shop)[-1]
    assert (change["total"], change["balance_applied"], change["amount_paid"]) == (
        5900, 1000, 4900,
    )  # fmt: skip
    verified(shop)


def test_a_restart_spends_credit(shop):
    plan = {"name": "Club", "amount": 2000, "currency": "USD", "interval": "month",
            "type": "membership", "auto_renew": False}  # fmt: skip
    plan = shop.client.made("/plans", {**plan, "product_id": shop.product["id"]})
    begun = shop.subscribe(plan_id=plan["id"]).json
    shop.client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    give(shop, 500)
    again = shop.client.made(f"/subscriptions/{begun['id']}/restart", {})
    assert again["status"] == "active"
    assert (invoices(shop)[-1]["balance_applied"], payments(shop)[0]) == (500, 1500)
    verified(shop)


@pytest.mark.parametrize("many", [32])
def test_issued_at_once_they_never_spend_more_than_there_is(shop, many):
    drafts = [shop.invoice(issued=False)["id"] for _ in range(many)]
    give(shop, 15700)
    with ThreadPoolExecutor(many) as pool:
        issued = list(pool.map(lambda ref: shop.client.post(f"/invoices/{ref}/issue"), drafts))
    assert [answer.status_code for answer in issued] == [200] * many
    applied = sorted((each["balance_applied"] for each in invoices_all(shop)), reverse=True)
    assert applied == [1500] * 10 + [700] + [0] * (many - 11)
    numbers = sorted(each["number"] for each in invoices_all(shop))
    assert numbers == [f"INV-{number:06}" for number in range(1, many + 1)]
    assert held(shop) == {}


def invoices_all(shop):
    return shop.client.get("/invoices", params={"limit": "100"}).json["data"]
