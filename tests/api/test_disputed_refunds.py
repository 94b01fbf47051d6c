"""A bank takes back what was given back as credit: the customer has it once."""

from __future__ import annotations

import pytest

from tests.api.returning import billed, charge, credit, pay, post, refund, shown
from tests.api.test_disputes import balances, books_hold, disputes, tell


def given_back(client, invoice, how, amount):
    if how == "refund":
        assert refund(client, invoice, amount=amount, to="balance").status_code == 200
    else:
        assert credit(client, invoice, amount=amount).status_code == 201


def payment_of(client, invoice):
    return client.get("/payments", params={"invoice_id": invoice}).json["data"][0]


def credit_of(client, shop):
    balance = client.get(f"/customers/{shop.customer['id']}").json["balances"]
    return balance.get("USD", 0)


@pytest.mark.parametrize("how", ["refund", "note"])
@pytest.mark.parametrize("back", [11000, 6000])
def test_credit_of_a_disputed_payment_is_taken_back(client, shop, connections, how, back):
    invoice = billed(shop)
    charge(client, invoice)
    given_back(client, invoice, how, back)
    tell(client, payment_of(client, invoice))
    assert credit_of(client, shop) == 0
    left = balances(client)
    assert left["cash_online"] == 0
    assert left.get("customer_balance", 0) == 0
    assert books_hold(client, connections)
    tell(client, payment_of(client, invoice), "won")
    assert credit_of(client, shop) == back
    assert balances(client)["cash_online"] == 11000
    assert books_hold(client, connections)


def test_of_part_of_a_payment_what_is_left_of_the_invoice_bears_it_first(client, shop, connections):
    invoice = billed(shop)
    charge(client, invoice)
    given_back(client, invoice, "refund", 6000)
    payment = payment_of(client, invoice)
    tell(client, payment, amount=3000)
    assert credit_of(client, shop) == 6000
    tell(client, payment, dispute="d-2")
    assert credit_of(client, shop) == 0
    assert sorted(each["amount"] for each in disputes(client)) == [3000, 8000]
    assert balances(client)["cash_online"] == 0
    assert books_hold(client, connections)


def test_what_was_paid_otherwise_and_given_back_is_nobodys_twice(client, shop, connections):
    """Half by card, half by check; half given back as credit: with the bank's half that is all."""
    invoice = billed(shop)
    pay(client, invoice, 5500)
    charge(client, invoice)
    given_back(client, invoice, "refund", 5500)
    by_card = client.get("/payments", params={"invoice_id": invoice, "gateway": "sandbox"})
    tell(client, by_card.json["data"][0])
    assert credit_of(client, shop) == 5500
    assert books_hold(client, connections)


def test_credit_that_was_used_is_a_loss(client, shop, connections):
    invoice, other = billed(shop), billed(shop)
    charge(client, invoice)
    given_back(client, invoice, "refund", 11000)
    assert post(client, f"/invoices/{other}/apply_balance", {}).status_code == 200
    tell(client, payment_of(client, invoice))
    assert balances(client)["dispute_losses"] == 11000
    assert shown(client, other)["status"] == "paid"
    assert books_hold(client, connections)
