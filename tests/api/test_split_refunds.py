"""A refund that goes to several cards is told as one, with what became of each."""

from __future__ import annotations

from itertools import count

import pytest

from tests.api.shapes import differences
from tests.api.test_balances import balances, trial_balance

KEYS = count()


@pytest.fixture
def brought(client):
    """Makes a customer whose credit of 1000 each was charged to cards of these tokens."""

    def make(*tokens: str) -> str:
        customer = client.made("/customers", {"email": "ada@example.com"})["id"]
        for token in tokens:
            card = client.made(f"/customers/{customer}/payment_methods", {"token": token})["id"]
            body = {"payment_method_id": card, "amount": 1000, "currency": "USD"}
            charged = client.post(f"/customers/{customer}/balance/charge", body, key=f"{card}")
            assert charged.status_code == 200
        return customer

    return make


def give_back(client, customer, amount):
    body = {"amount": amount, "currency": "USD", "to": "card", "reason": "moved"}
    return client.post(f"/customers/{customer}/balance/refund", body, key="split")


def told(answer):
    return [(each["amount"], each["status"]) for each in answer.json["refunds"]]


def test_all_of_them_are_in_the_answer_and_in_its_replay(client, brought):
    customer = brought("tok_visa", "tok_visa", "tok_visa")
    answer = give_back(client, customer, 2500)
    assert answer.status_code == 200
    assert told(answer) == [(1000, "succeeded"), (1000, "succeeded"), (500, "succeeded")]
    refunds = answer.json["refunds"]
    assert {**answer.json, "refunds": None} == {**refunds[0], "refunds": None}
    assert differences("refund", answer.json) == []
    again = give_back(client, customer, 2500)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == answer.json
    assert balances(client, customer) == {"USD": 500}


def test_one_refund_is_a_list_of_one(client, brought):
    answer = give_back(client, brought("tok_visa"), 300)
    assert told(answer) == [(300, "succeeded")]
    assert "refunds" not in client.get(f"/refunds/{answer.json['id']}").json


@pytest.mark.parametrize(
    "tokens", [("tok_visa", "tok_refundFails"), ("tok_refundFails", "tok_visa")]
)
def test_a_card_that_refuses_is_told_beside_one_that_took_its_part(client, brought, tokens):
    customer = brought(*tokens)
    answer = give_back(client, customer, 2000)
    assert answer.status_code == 200
    assert sorted(told(answer)) == [(1000, "failed"), (1000, "succeeded")]
    assert balances(client, customer) == {"USD": 1000}
    assert give_back(client, customer, 2000).json == answer.json
    assert trial_balance(client) == {"cash_online": 1000, "customer_balance": -1000}


@pytest.mark.parametrize(
    "tokens", [("tok_visa", "tok_refundTimeout"), ("tok_refundTimeout", "tok_visa")]
)
def test_while_one_is_unanswered_the_whole_is_processing(client, brought, tokens):
    customer = brought(*tokens)
    answer = give_back(client, customer, 2000)
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    assert sorted(told(answer)) == [(1000, "pending"), (1000, "succeeded")]
    client.made("/test_clock/advance", {"to": "2026-01-01T00:01:00Z"})
    statuses = {each["status"] for each in client.get("/refunds").json["data"]}
    assert (statuses, balances(client, customer)) == ({"succeeded"}, {})
    assert told(give_back(client, customer, 2000)) == told(answer)


def test_where_every_card_refuses_it_is_declined_and_the_credit_is_back(client, brought):
    customer = brought("tok_refundFails", "tok_refundFails")
    for _ in range(2):
        answer = give_back(client, customer, 2000)
        assert (answer.status_code, answer.json["code"]) == (402, "refund_declined")
    assert balances(client, customer) == {"USD": 2000}
    assert {each["status"] for each in client.get("/refunds").json["data"]} == {"failed"}
