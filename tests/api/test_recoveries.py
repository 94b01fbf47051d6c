"""Money that comes after all for invoices that were given up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import key_with
from tests.api.returning import (
    CHECK,
    LINE,
    advance,
    billed,
    books,
    pay,
    post,
    refused,
    shown,
)


def recover(client, invoice, **asked):
    return post(client, f"/invoices/{invoice}/recoveries", {**CHECK, **asked})


@pytest.fixture
def lost(shop):
    """100.00 and 10.00 tax, given up on 1 May: 33.70 unearned, 66.30 expensed."""
    invoice = billed(shop)
    advance(shop.client, "2026-05-01")
    shop.client.made(f"/invoices/{invoice}/mark_uncollectible")
    return invoice


def test_tax_is_owed_again_bad_debt_undone_and_the_rest_is_income(client, lost):
    assert books(client, "2026-12-31") == {"recognized_revenue": -6630, "bad_debt": 6630}
    made = recover(client, lost, amount=5500)
    assert (made.status_code, made.json["object"], made.json["category"]) == (
        201, "payment", "check",
    )  # fmt: skip
    assert (made.json["invoice_id"], made.json["status"]) == (lost, "succeeded")
    assert books(client, "2026-12-31") == {
        "cash_offline": 5500, "recognized_revenue": -6630, "bad_debt": 1630, "tax_payable": -500,
    }  # fmt: skip
    after = shown(client, lost)
    assert (after["status"], after["amount_recovered"], after["amount_paid"]) == (
        "uncollectible", 5500, 0,
    )  # fmt: skip
    assert after["amount_remaining"] == 0
    refused(
        client, recover(client, lost, amount=5501), 422, "amount_exceeds_written_off", client.head
    )
    assert recover(client, lost).json["amount"] == 5500
    assert books(client, "2026-12-31") == {
        "cash_offline": 11000, "recognized_revenue": -6630, "recoveries": -3370,
        "tax_payable": -1000,
    }  # fmt: skip
    refused(client, recover(client, lost), 422, "amount_exceeds_written_off", client.head)


def test_without_relief_the_tax_was_bad_debt(shop, client):
    client.patch("/account", {"bad_debt_tax_relief": False})
    invoice = billed(shop)
    pay(client, invoice, 4400)
    client.made(f"/invoices/{invoice}/mark_uncollectible")
    recover(client, invoice, amount=1000)
    assert books(client, "2026-03-01") == {
        "cash_offline": 5400, "deferred_revenue": -3957, "recognized_revenue": -43,
        "recoveries": -400, "tax_payable": -1000,
    }  # fmt: skip
    refused(
        client, recover(client, invoice, amount=5601), 422, "amount_exceeds_written_off",
        client.head,
    )  # fmt: skip


def test_what_was_never_booked_is_income(shop, client):
    product = client.made("/products", {
        "name": "Cash", "revenue_recognition_strategy": "invoice_payment",
    })["id"]  # fmt: skip
    invoice = billed(shop, {**LINE, "product_id": product})
    client.made(f"/invoices/{invoice}/mark_uncollectible")
    recover(client, invoice)
    assert books(client, "2026-12-31") == {"cash_offline": 11000, "recoveries": -11000}


def test_only_of_what_was_given_up(shop, client):
    draft, open_, paid, gone = shop.invoice(issued=False)["id"], *(billed(shop) for _ in range(3))
    pay(client, paid)
    client.made(f"/invoices/{gone}/void")
    head = client.head
    for invoice in (draft, open_, paid, gone):
        refused(client, recover(client, invoice), 409, "invoice_not_uncollectible", head)
    assert recover(client, "inv_01m80my81rfv4vwsscfv9yf2pm").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({"amount": 0}, "amount"), ({"amount": -5}, "amount"), ({"category": "card"}, "category"),
     ({"reference": ""}, "reference"), ({"to": "card"}, "to")],
)  # fmt: skip
def test_bad_input_is_named(client, lost, body, field):
    head = client.head
    answer = recover(client, lost, **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert client.head == head
    without = client.post(f"/invoices/{lost}/recoveries", CHECK)
    refused(client, without, 422, "idempotency_key_required", head)


def test_at_once_never_more_than_was_given_up(client, lost):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: recover(client, lost, amount=2200), range(16)))
    assert sum(answer.status_code == 201 for answer in answers) == 5
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert shown(client, lost)["amount_recovered"] == 11000
    assert books(client, "2026-12-31")["recoveries"] == -3370


def test_by_those_who_move_money_and_in_their_own_account(client, stranger, services, lost):
    assert recover(stranger, lost).status_code == 404
    key_with(client, services, role="sales")
    assert recover(client, lost).status_code == 403
    key_with(client, services, role="support")
    assert recover(client, lost).status_code == 201
