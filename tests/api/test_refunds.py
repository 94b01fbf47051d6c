"""Money given back of what was paid: how much, where to, and what the books say of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from falcon import testing

from api.app import create_app
from domain.payments.gateway import Approved, Declined, Unanswered
from gateways.sandbox import Sandbox
from tests.api.conftest import Client, key_with
from tests.api.returning import (
    advance,
    billed,
    books,
    charge,
    credit,
    earned,
    pay,
    post,
    refund,
    refused,
    shown,
)


@pytest.fixture
def paid(shop):
    """By card, on the day of issue."""
    invoice = billed(shop)
    charge(shop.client, invoice)
    return invoice


def test_half_of_it_twice_takes_everything_once(client, paid):
    """46 of 92 days: earned and unearned give half each, tax a tenth of the net."""
    advance(client, "2026-04-16")
    first = refund(client, paid, amount=5500, to="card")
    assert (first.status_code, first.json["object"], first.json["status"]) == (
        200, "refund", "succeeded",
    )  # fmt: skip
    assert first.json["gateway_reference"] == f"sandbox_{first.json['id']}"
    assert books(client, "2026-04-15") == {
        "cash_online": 11000, "deferred_revenue": -5000, "recognized_revenue": -5000,
        "tax_payable": -1000,
    }  # fmt: skip
    at_once = client.get("/reports/journal", params={"from": "2026-04-16", "to": "2026-04-16"})
    posted = {
        row["account"]: row["debit"] - row["credit"]
        for row in at_once.json["data"] if row["event.type"] == "invoice.refunded"
    }  # fmt: skip
    assert posted == {
        "deferred_revenue": 2500, "refunds": 2500, "tax_payable": 500, "cash_online": -5500,
    }  # fmt: skip
    assert (shown(client, paid)["amount_refunded"], shown(client, paid)["amount_paid"]) == (
        5500, 11000,
    )  # fmt: skip
    assert refund(client, paid, to="card").json["amount"] == 5500
    assert books(client, "2026-12-31") == {"recognized_revenue": -5000, "refunds": 5000}
    assert shown(client, paid)["status"] == "paid"
    refused(client, refund(client, paid), 422, "amount_exceeds_refundable", client.head)


def test_unused_time_first_leaves_what_was_earned(client, paid):
    advance(client, "2026-04-16")
    made = refund(client, paid, amount=4400, to="offline", policy="unearned_first").json
    assert (made["status"], made["to"], made["policy"]) == (
        "succeeded",
        "offline",
        "unearned_first",
    )
    assert books(client, "2026-12-31") == {
        "cash_online": 11000, "cash_offline": -4400, "recognized_revenue": -6000,
        "tax_payable": -600,
    }  # fmt: skip
    assert [earned(client, f"2026-0{month}") for month in (3, 4, 5)] == [3370, 1956, 674]


def test_to_the_balance_it_is_credit(shop, client, paid):
    made = refund(client, paid, amount=300).json
    assert (made["to"], made["status"]) == ("balance", "succeeded")
    assert client.get(f"/customers/{shop.customer['id']}").json["balances"] == {"USD": 300}
    assert books(client, "2026-12-31")["customer_balance"] == -300


def test_a_card_gets_back_no_more_than_cards_brought(shop, client):
    invoice = billed(shop)
    given = {"amount": 2000, "currency": "USD", "reason": "goodwill"}
    post(client, f"/customers/{shop.customer['id']}/balance/adjust", given)
    post(client, f"/invoices/{invoice}/apply_balance", {})
    pay(client, invoice, 3000)
    refused(client, refund(client, invoice, to="card"), 422, "no_card_payment", client.head)
    charge(client, invoice)
    head = client.head
    too_much = refund(client, invoice, amount=6001, to="card")
    refused(client, too_much, 422, "amount_exceeds_card_payments", head)
    refused(client, refund(client, invoice, amount=11001), 422, "amount_exceeds_refundable", head)
    assert refund(client, invoice, to="card").json["amount"] == 6000
    refused(
        client, refund(client, invoice, amount=1, to="card"), 422, "amount_exceeds_card_payments",
        client.head,
    )  # fmt: skip
    assert refund(client, invoice, amount=3000, to="offline").json["status"] == "succeeded"
    assert refund(client, invoice).json["amount"] == 2000
    found = client.get("/refunds", params={"invoice_id": invoice, "sort": "created_at"}).json
    assert [(each["to"], each["amount"]) for each in found["data"]] == [
        ("card", 6000), ("offline", 3000), ("balance", 2000),
    ]  # fmt: skip
    assert "deferred_revenue" not in books(client, "2026-12-31")
    assert shown(client, invoice)["amount_refunded"] == 11000


def test_what_was_paid_in_part_goes_back_before_the_invoice_is_void(shop, client):
    invoice = billed(shop)
    pay(client, invoice, 4400)
    refused(
        client, post(client, f"/invoices/{invoice}/void", {}), 409, "invoice_has_payments",
        client.head,
    )  # fmt: skip
    assert refund(client, invoice, to="offline").json["amount"] == 4400
    after = shown(client, invoice)
    assert (after["status"], after["amount_remaining"], after["amount_paid"]) == (
        "open",
        6600,
        4400,
    )
    advance(client, "2026-04-10")
    client.made(f"/invoices/{invoice}/void")
    left = books(client, "2026-12-31")
    assert left.pop("recognized_revenue") == -left.pop("voids")
    assert left == {}


def test_what_is_not_refundable_is_refused(shop, client):
    draft = shop.invoice(issued=False)["id"]
    void, lost, unpaid = (billed(shop) for _ in range(3))
    client.made(f"/invoices/{void}/void")
    client.made(f"/invoices/{lost}/mark_uncollectible")
    head = client.head
    for invoice in (draft, void, lost, unpaid):
        refused(client, refund(client, invoice), 409, "invoice_not_refundable", head)
    assert refund(client, "inv_01m80my81rfv4vwsscfv9yf2pm").status_code == 404
    assert refund(client, shop.customer["id"]).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0}, "amount"), ({"amount": -1}, "amount"), ({"amount": 1.5}, "amount"),
        ({"amount": 10**15}, "amount"), ({"to": "pocket"}, "to"), ({"reason": " "}, "reason"),
        ({"reason": None}, "reason"), ({"policy": "all"}, "policy"), ({"colour": 1}, "colour"),
    ],
)  # fmt: skip
def test_bad_input_is_named(client, paid, body, field):
    head = client.head
    answer = refund(client, paid, **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert client.head == head


def test_it_takes_a_key_and_happens_once(client, paid):
    body = {"amount": 100, "to": "card", "reason": "late"}
    path, head = f"/invoices/{paid}/refund", client.head
    refused(client, client.post(path, body), 422, "idempotency_key_required", head)
    first = client.post(path, body, key="once")
    again = client.post(path, body, key="once")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    other = client.post(path, {**body, "amount": 101}, key="once")
    assert other.json["code"] == "idempotency_key_reused"
    assert shown(client, paid)["amount_refunded"] == 100


def test_a_charge_under_way_locks_it(shop, client):
    invoice = billed(shop)
    pay(client, invoice, 4400)
    slow = {"token": "tok_timeout"}
    card = client.made(f"/customers/{shop.customer['id']}/payment_methods", slow)["id"]
    waits = post(client, f"/invoices/{invoice}/charge", {"payment_method_id": card})
    assert waits.status_code == 202
    head = client.head
    for answer in (
        refund(client, invoice),
        credit(client, invoice, amount=100),
        post(client, f"/invoices/{invoice}/void", {}),
    ):
        refused(client, answer, 409, "payment_in_progress", head)


class Answering(Sandbox):
    """A gateway whose refunds end as they are told to."""

    def __init__(self, outcome):
        super().__init__(slow_seconds=0)
        self.outcome = outcome

    def repay(self, repayment):
        return self.outcome

    def look_up_repayment(self, repayment):
        return Approved(f"found_{repayment.refund_id}")


def through(client, services, outcome):
    """The same account's client, where refunds end so."""
    gateways = {"sandbox": Answering(outcome)}
    app = create_app(replace(services, gateways_of=lambda _: gateways))
    return Client(testing.TestClient(app), client.books, client.key)


def test_a_refund_that_the_gateway_refuses_never_was(client, services, paid):
    advance(client, "2026-04-16")
    before = books(client, "2026-12-31")
    declined = through(client, services, Declined("card_closed", "The account is closed."))
    body = {"amount": 5500, "to": "card", "reason": "late"}
    answer = declined.post(f"/invoices/{paid}/refund", body, key="refused")
    assert (answer.status_code, answer.json["code"]) == (402, "refund_declined")
    assert answer.json["errors"][0] == {
        "field": "to", "code": "card_closed", "detail": "The account is closed.",
    }  # fmt: skip
    again = client.post(f"/invoices/{paid}/refund", body, key="refused")
    assert (again.status_code, again.json["code"]) == (402, "refund_declined")
    (kept,) = client.get("/refunds").json["data"]
    assert (kept["status"], kept["failure_code"]) == ("failed", "card_closed")
    assert shown(client, paid)["amount_refunded"] == 0
    assert books(client, "2026-12-31") == before
    assert [earned(client, f"2026-0{month}") for month in (3, 4, 5)] == [3370, 3260, 3370]
    assert refund(client, paid, to="card").json["amount"] == 11000


def test_a_refund_without_an_answer_is_processing_and_not_given_twice(client, services, paid):
    silent = through(client, services, Unanswered())
    body = {"amount": 11000, "to": "card", "reason": "late"}
    answer = silent.post(f"/invoices/{paid}/refund", body, key="lost")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    ref = answer.json["id"]
    assert client.get(f"/refunds/{ref}").json["status"] == "pending"
    assert client.get("/refunds", params={"status": "pending"}).json["data"][0]["id"] == ref
    refused(client, refund(client, paid), 422, "amount_exceeds_refundable", client.head)
    again = silent.post(f"/invoices/{paid}/refund", body, key="lost")
    assert (again.status_code, again.json["id"]) == (202, ref)


def test_a_cancellations_refund_that_fails_is_the_customers_credit(shop, client, services):
    sub = shop.subscribe().json
    advance(client, "2026-01-11")
    declined = through(client, services, Declined("card_closed", "The account is closed."))
    asked = {"mode": "now", "refund": {"type": "prorated", "to": "card"}}
    assert declined.post(f"/subscriptions/{sub['id']}/cancel", asked).json["status"] == "canceled"
    assert client.get("/refunds").json["data"][0]["status"] == "failed"
    assert client.get(f"/customers/{shop.customer['id']}").json["balances"] == {"USD": 2100}
    assert books(client, "2026-12-31") == {
        "cash_online": 3100, "customer_balance": -2100, "recognized_revenue": -1000,
    }  # fmt: skip


def test_a_full_cancellation_gives_cards_theirs_and_the_balance_the_rest(shop, client):
    sub = shop.subscribe(collection_method="send_invoice").json
    pay(client, sub["latest_invoice_id"], 1100)
    charge(client, sub["latest_invoice_id"])
    asked = {"mode": "now", "refund": {"type": "full", "to": "card"}}
    client.made(f"/subscriptions/{sub['id']}/cancel", asked)
    found = client.get("/refunds", params={"sort": "amount"}).json["data"]
    assert [(each["to"], each["amount"]) for each in found] == [("balance", 1100), ("card", 2000)]


def test_many_refunds_at_once_give_back_what_was_paid_and_no_more(shop, client, paid):
    with ThreadPoolExecutor(32) as pool:
        ways = [("card", "balance")[at % 2] for at in range(32)]
        answers = list(pool.map(lambda to: refund(client, paid, amount=1100, to=to), ways))
    assert sum(answer.status_code == 200 for answer in answers) == 10
    assert {answer.status_code for answer in answers} <= {200, 409, 422}
    found = client.get("/refunds", params={"limit": 100}).json["data"]
    assert sum(each["amount"] for each in found) == 11000 == shown(client, paid)["amount_refunded"]
    credited = sum(each["amount"] for each in found if each["to"] == "balance")
    left = books(client, "2026-12-31")
    assert left.get("customer_balance", 0) == -credited
    assert left.get("cash_online", 0) == credited
    assert "deferred_revenue" not in left
    assert "tax_payable" not in left


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("administrator", 200), ("finance", 200), ("support", 200), ("sales", 403),
     ("auditor", 403)],
)  # fmt: skip
def test_money_is_given_back_by_those_who_move_money(shop, client, services, paid, role, status):
    key_with(client, services, role=role)
    assert refund(client, paid, amount=100).status_code == status
    assert client.get("/refunds").status_code == 200
    assert credit(client, paid, amount=100).status_code == (201 if status == 200 else 403)


def test_another_accounts_are_not_seen(client, stranger, paid):
    ref = refund(client, paid, amount=100).json["id"]
    assert stranger.get(f"/refunds/{ref}").status_code == 404
    assert stranger.get("/refunds").json["data"] == []
    assert refund(stranger, paid, amount=100).status_code == 404


def test_it_is_listed_shown_as_it_was_and_told_as_events(client, services, paid):
    silent = through(client, services, Unanswered())
    body = {"amount": 500, "to": "card", "reason": "Water damage"}
    ref = silent.post(f"/invoices/{paid}/refund", body, key="k").json["id"]
    found = client.get("/refunds", params={"q": "water", "to": "card", "expand": "invoice"}).json
    assert (found["data"][0]["id"], found["data"][0]["invoice"]["id"]) == (ref, paid)
    at = client.get("/test_clock").json["now"]
    assert client.get(f"/refunds/{ref}", params={"as_of": at}).json["status"] == "pending"
    (made,) = client.get(f"/refunds/{ref}/events").json["data"]
    assert (made["type"], made["reason"]) == ("refund.created", "Water damage")
    lines = client.get("/exports/refunds.csv").text.splitlines()
    assert lines[1].startswith(f"{ref},pending,")
    assert ",5.00,USD,card,proportional,Water damage," in lines[1]
