"""Customers' credit over HTTP: charged, paid in, adjusted, applied; never below zero or twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

KEYS = count()


def credit(client, customer, amount, currency="USD"):
    body = {"amount": amount, "currency": currency, "reason": "goodwill"}
    return client.post(f"/customers/{customer}/balance/adjust", body, key=f"k{next(KEYS)}")


def balances(client, customer):
    return client.get(f"/customers/{customer}").json["balances"]


def owed(client, customer, amount, currency="USD"):
    line = {"description": "Back issues", "unit_amount": amount}
    body = {"customer_id": customer, "currency": currency, "lines": [line]}
    invoice = client.made("/invoices", body)
    return client.made(f"/invoices/{invoice['id']}/issue")["id"]


def apply(client, invoice, amount=None):
    body = {} if amount is None else {"amount": amount}
    return client.post(f"/invoices/{invoice}/apply_balance", body, key=f"k{next(KEYS)}")


def trial_balance(client):
    rows = client.get("/reports/trial_balance").json["data"]
    sums = {row["account"]: row["debit"] - row["credit"] for row in rows}
    return {account: amount for account, amount in sums.items() if amount}


@pytest.fixture
def customer(client):
    made = client.made("/customers", {"email": "ada@example.com"})["id"]
    client.made(f"/customers/{made}/payment_methods", {"token": "tok_visa"})
    return made


def test_a_card_is_charged_into_the_balance_once_for_its_key(client, customer):
    path, body = f"/customers/{customer}/balance/charge", {"amount": 5000, "currency": "USD"}
    first = client.post(path, body, key="top-up")
    assert (first.status_code, first.json["object"], first.json["status"]) == (
        200, "payment", "succeeded",
    )  # fmt: skip
    again = client.post(path, body, key="top-up")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert balances(client, customer) == {"USD": 5000}
    (moved,) = client.get(f"/customers/{customer}/balance_transactions").json["data"]
    assert (moved["type"], moved["amount"], moved["ending_balance"]) == ("credit", 5000, 5000)
    assert moved["payment_id"] == first.json["id"]
    assert trial_balance(client) == {"cash_online": 5000, "customer_balance": -5000}


def test_a_declined_card_leaves_no_credit(client, customer):
    declining = {"token": "tok_chargeDeclined"}
    card = client.made(f"/customers/{customer}/payment_methods", declining)["id"]
    body = {"amount": 5000, "currency": "USD", "payment_method_id": card}
    answer = client.post(f"/customers/{customer}/balance/charge", body, key="k")
    assert (answer.status_code, answer.json["code"]) == (402, "payment_declined")
    assert balances(client, customer) == {}
    assert client.get("/payments").json["data"][0]["status"] == "failed"


def test_a_lost_answer_is_one_charge_and_one_credit(client, customer):
    slow = client.made(f"/customers/{customer}/payment_methods", {"token": "tok_timeout"})["id"]
    body = {"amount": 5000, "currency": "USD", "payment_method_id": slow}
    path = f"/customers/{customer}/balance/charge"
    answer = client.post(path, body, key="slow")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    assert balances(client, customer) == {}

    client.made("/test_clock/advance", {"to": "2026-03-01T00:00:00Z"})
    assert balances(client, customer) == {"USD": 5000}
    assert client.post(path, body, key="slow").json["status"] == "processing"  # the first answer
    assert balances(client, customer) == {"USD": 5000}


def test_offline_money_without_an_invoice_is_credit(client, customer):
    body = {"amount": 700, "currency": "EUR", "reference": "check 7", "category": "check"}
    answer = client.post(f"/customers/{customer}/offline_payments", body, key="k")
    assert (answer.status_code, answer.json["category"]) == (201, "check")
    assert balances(client, customer) == {"EUR": 700}


def test_credit_is_given_and_taken_but_never_below_nothing(client, customer):
    assert credit(client, customer, 500).json["type"] == "adjustment"
    assert credit(client, customer, -200).json["ending_balance"] == 300
    head = client.head
    for amount, code in ((-301, "amount_exceeds_balance"), (0, "invalid_value")):
        refused = credit(client, customer, amount)
        assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)
    assert client.head == head
    assert trial_balance(client) == {
        "goodwill_credits": 500, "balance_write_offs": -200, "customer_balance": -300,
    }  # fmt: skip


def test_a_balance_settles_an_older_invoice(client, customer):
    invoice = owed(client, customer, 3100)
    credit(client, customer, 5000)
    part = apply(client, invoice, 1000).json
    assert (part["status"], part["balance_applied"], part["amount_remaining"]) == (
        "open", 1000, 2100,
    )  # fmt: skip
    rest = apply(client, invoice).json
    assert (rest["status"], rest["balance_applied"], rest["amount_paid"]) == ("paid", 3100, 0)
    assert balances(client, customer) == {"USD": 1900}
    assert trial_balance(client) == {
        "goodwill_credits": 5000, "customer_balance": -1900, "recognized_revenue": -3100,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("held", "amount", "code"),
    [
        (0, None, "amount_exceeds_balance"),
        (500, 501, "amount_exceeds_balance"),
        (5000, 3101, "amount_exceeds_outstanding"),
        (5000, 0, "too_small"),
        (5000, -1, "too_small"),
    ],
)
def test_what_a_balance_cannot_do_is_refused(client, customer, held, amount, code):
    invoice = owed(client, customer, 3100)
    if held:
        credit(client, customer, held)
    head = client.head
    refused = apply(client, invoice, amount)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)
    assert client.head == head


def test_credit_in_another_currency_does_not_count(client, customer):
    invoice = owed(client, customer, 3100, "EUR")
    credit(client, customer, 5000, "USD")
    head = client.head
    for amount in (None, 100):
        refused = apply(client, invoice, amount)
        assert (refused.status_code, refused.json["code"]) == (422, "currency_mismatch")
        assert "USD" in refused.json["detail"]
    assert client.head == head


def test_a_paid_invoice_takes_no_credit(client, customer):
    invoice = owed(client, customer, 3100)
    credit(client, customer, 5000)
    apply(client, invoice)
    refused = apply(client, invoice)
    assert (refused.status_code, refused.json["code"]) == (409, "invoice_terminal")


def test_applied_credit_returns_when_the_invoice_is_void(client, customer):
    invoice = owed(client, customer, 3100)
    credit(client, customer, 1000)
    apply(client, invoice)
    assert client.post(f"/invoices/{invoice}/void").json["status"] == "void"
    assert balances(client, customer) == {"USD": 1000}
    assert trial_balance(client)["customer_balance"] == -1000


def test_many_applications_at_once_never_overdraw(client, customer):
    invoices = [owed(client, customer, 700) for _ in range(10)]
    credit(client, customer, 5000)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda ref: apply(client, ref, 700), invoices * 2))
    assert sum(answer.status_code == 200 for answer in answers) == 7
    assert {answer.status_code for answer in answers} <= {200, 409, 422}
    assert balances(client, customer) == {"USD": 100}
    assert trial_balance(client)["accounts_receivable"] == 3 * 700


def test_another_accounts_customer_is_not_found(client, stranger, customer):
    assert credit(stranger, customer, 100).status_code == 404
    assert balances(client, customer) == {}


def test_one_transaction_is_read_as_it_was_made_with_the_event_that_it_is(shop, stranger):
    money = {"amount": 700, "currency": "USD", "reason": "late paper"}
    adjust = f"/customers/{shop.customer['id']}/balance/adjust"
    made = [shop.client.made(adjust, money, key=str(at)) for at in range(2)]
    path = f"/balance_transactions/{made[1]['id']}"
    assert shop.client.get(path).json == made[1]
    assert shop.client.get(path, params={"as_of": "2026-01-02"}).json == made[1]
    assert shop.client.get(path, params={"as_of": "2025-12-31"}).status_code == 404
    (event,) = shop.client.get(f"{path}/events").json["data"]
    assert event["data"]["transaction_id"] == made[1]["id"]
    assert event["reason"] == "late paper"
    for wrong in (f"{path}/events", path):
        assert stranger.get(wrong).status_code == 404


@pytest.mark.parametrize("query", ["limit=1", "limit=100", "sort=-position", "sort=position"])
def test_the_history_of_one_transaction_is_asked_as_every_other(client, customer, query):
    credit(client, customer, 100)
    credit(client, customer, 200)
    ref = client.get(f"/customers/{customer}/balance_transactions").json["data"][0]["id"]
    answer = client.get(f"/balance_transactions/{ref}/events?{query}")
    (event,) = answer.json["data"]
    assert (event["data"]["transaction_id"], answer.json["next_cursor"]) == (ref, None)
    for wrong in "limit=0", "limit=101", "cursor=x", "sort=amount", "position=1", "colour=red":
        refusal = client.get(f"/balance_transactions/{ref}/events?{wrong}")
        assert refusal.status_code == 422, wrong


@pytest.mark.parametrize("shown", ["neither", "the invoice only", "both"])
def test_a_balance_that_the_views_do_not_show_is_applied(client, customer, services, shown):
    """They only tell sooner which balance it is."""
    client.patch("/account", {"balance_auto_apply": "manual"})
    steps = [lambda: owed(client, customer, 3101), lambda: credit(client, customer, 2000)]
    done = []
    for at, step in enumerate(steps):
        if at == ["neither", "the invoice only", "both"].index(shown):
            stop_views(services, client)
        done.append(step())
    stop_views(services, client)
    applied = apply(client, done[0])
    assert (applied.status_code, applied.json["amount_remaining"]) == (200, 1101)
    assert int(applied.headers["Ledger-Lag"]) > 0, "they stand still"


def stop_views(services, client):
    with services.connections.connection() as connection:
        connection.execute(
            "UPDATE projection_tracking SET state = 'stopped', stopped_at = 3, error = 'a test'"
            " WHERE account_id = %s AND group_name = 'resources'", [client.books.account_id],
        )  # fmt: skip
