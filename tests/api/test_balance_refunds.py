"""Credit given back as money: never more than there is, to cards only what cards brought."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from tests.api.test_balances import balances, credit, trial_balance

KEYS = count()


@pytest.fixture
def customer(client):
    made = client.made("/customers", {"email": "ada@example.com"})["id"]
    client.made(f"/customers/{made}/payment_methods", {"token": "tok_visa"})
    return made


def top_up(client, customer, amount):
    body = {"amount": amount, "currency": "USD"}
    path = f"/customers/{customer}/balance/charge"
    assert client.post(path, body, key=f"k{next(KEYS)}").status_code == 200


def give_back(client, customer, amount, to="card", key=None, currency="USD"):
    body = {"amount": amount, "currency": currency, "to": to, "reason": "moved abroad"}
    path = f"/customers/{customer}/balance/refund"
    return client.post(path, body, key=key or f"k{next(KEYS)}")


def test_a_card_gets_back_what_it_brought(client, customer):
    top_up(client, customer, 5000)
    answer = give_back(client, customer, 2000, key="once")
    assert (answer.status_code, answer.json["object"], answer.json["status"]) == (
        200, "refund", "succeeded",
    )  # fmt: skip
    assert (answer.json["amount"], answer.json["invoice_id"]) == (2000, None)
    again = give_back(client, customer, 2000, key="once")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (answer.json, "true")
    assert balances(client, customer) == {"USD": 3000}
    moved = client.get(f"/customers/{customer}/balance_transactions").json["data"][0]
    assert (moved["type"], moved["amount"], moved["ending_balance"]) == ("refund", -2000, 3000)
    assert trial_balance(client) == {"cash_online": 3000, "customer_balance": -3000}


def test_offline_money_leaves_by_hand_and_several_cards_get_their_parts(client, customer):
    top_up(client, customer, 1000)
    top_up(client, customer, 2000)
    credit(client, customer, 500)
    assert give_back(client, customer, 400, "offline").json["status"] == "succeeded"
    assert give_back(client, customer, 2500).status_code == 200
    refunds = client.get("/refunds", params={"customer_id": customer}).json["data"]
    assert sorted(each["amount"] for each in refunds) == [400, 500, 2000]
    assert balances(client, customer) == {"USD": 600}
    assert trial_balance(client) == {
        "cash_online": 500, "cash_offline": -400, "goodwill_credits": 500, "customer_balance": -600,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "to", "field", "code"),
    [
        (1501, "card", "amount", "amount_exceeds_balance"),
        (1501, "offline", "amount", "amount_exceeds_balance"),
        (1001, "card", "amount", "amount_exceeds_card_payments"),
        (0, "card", "amount", "too_small"),
        (-1, "offline", "amount", "too_small"),
        (1.5, "offline", "amount", "int_from_float"),
        (1, "balance", "to", "not_allowed"),
    ],
)
def test_what_cannot_go_back_is_refused_and_nothing_recorded(
    client, customer, amount, to, field, code
):
    top_up(client, customer, 1000)
    credit(client, customer, 500)
    head = client.head
    refused = give_back(client, customer, amount, to)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == field
    if amount != 1.5:
        assert refused.json["errors"][0]["code"] == code
    assert client.head == head


def test_credit_that_no_card_brought_goes_to_none_and_a_key_and_a_reason_are_needed(
    client, stranger, customer
):
    credit(client, customer, 500)
    head = client.head
    assert give_back(client, customer, 1).json["errors"][0]["code"] == "no_card_payment"
    path = f"/customers/{customer}/balance/refund"
    body = {"amount": 1, "currency": "USD", "to": "offline"}
    refused = client.post(path, {**body, "reason": "x"})
    assert refused.json["errors"][0]["code"] == "idempotency_key_required"
    assert client.post(path, body, key="k").json["errors"][0]["field"] == "reason"
    assert give_back(client, customer, 1, "offline", currency="EUR").status_code == 422
    assert give_back(stranger, customer, 1, "offline").status_code == 404
    assert client.head == head


def test_many_at_once_never_give_back_more_than_there_is(client, customer):
    top_up(client, customer, 1000)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: give_back(client, customer, 300), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [422] * 13
    assert balances(client, customer) == {"USD": 100}
    assert trial_balance(client) == {"cash_online": 100, "customer_balance": -100}
