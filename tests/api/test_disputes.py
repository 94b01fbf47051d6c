"""Payments that banks take back: opened, won and lost by signed events, and what is booked."""

from __future__ import annotations

import pytest

from proof import books_breaches
from store.factory import PostgresStore
from tests.api.conftest import open_shop
from tests.api.shapes import differences
from tests.api.telling import send


@pytest.fixture
def paid(client):
    """A month paid on 1 January, of which ten days are over."""
    subscription = open_shop(client).subscribe().json
    client.made("/test_clock/advance", {"to": "2026-01-11T00:00:00Z"})
    invoice = client.get(f"/invoices/{subscription['latest_invoice_id']}").json
    payment = client.get("/payments", params={"invoice_id": invoice["id"]}).json["data"][0]
    return payment, invoice


def tell(client, payment, status="opened", *, dispute="d-1", **more):
    event = {"type": f"dispute.{status}", "dispute": dispute, "payment_id": payment["id"], **more}
    answer = send(client, event)
    assert answer.status_code == 200, answer.text


def disputes(client, **asked):
    return client.get("/disputes", params=asked).json["data"]


def balances(client):
    rows = client.get("/reports/trial_balance").json["data"]
    return {row["account"]: row["debit"] - row["credit"] for row in rows}


def books_hold(client, connections):
    store = PostgresStore(connections)
    return list(books_breaches(connections, store, client.books.account_id)) == []


def test_an_opened_dispute_takes_cash_what_was_earned_and_what_was_not(client, paid, connections):
    payment, invoice = paid
    tell(client, payment, reason="fraudulent")
    (dispute,) = disputes(client)
    assert differences("dispute", dispute) == []
    assert (dispute["status"], dispute["amount"], dispute["invoice_id"]) == (
        "opened", 3100, invoice["id"],
    )  # fmt: skip
    shown = balances(client)
    assert shown["cash_online"] == 0
    assert (shown["dispute_losses"], shown["deferred_revenue"]) == (1000, 0)
    assert books_hold(client, connections)
    (alert,) = client.get("/alerts").json["data"]
    assert (alert["kind"], alert["subject"]) == ("dispute_open", dispute["id"])
    assert client.get(f"/invoices/{invoice['id']}").json["status"] == "paid"


def test_a_won_dispute_brings_the_money_and_its_deferral_as_income(client, paid, connections):
    payment, _ = paid
    tell(client, payment)
    tell(client, payment, "won")
    (dispute,) = disputes(client, status="won")
    assert dispute["closed_at"] is not None
    shown = balances(client)
    assert shown["cash_online"] == 3100
    assert (shown.get("dispute_losses", 0), shown["recoveries"]) == (0, -2100)
    assert client.get("/alerts").json["data"] == []
    assert books_hold(client, connections)
    history = client.get(f"/disputes/{dispute['id']}/events").json["data"]
    assert [each["type"] for each in history] == ["dispute.won", "dispute.opened"]


def test_a_lost_dispute_posts_nothing_more(client, paid, connections):
    payment, _ = paid
    tell(client, payment)
    before = balances(client)
    tell(client, payment, "lost")
    assert balances(client) == before
    assert [each["status"] for each in disputes(client)] == ["lost"]
    assert books_hold(client, connections)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["opened", "opened"], "opened"),
        (["won", "opened"], "won"),
        (["lost", "opened", "lost"], "lost"),
        (["opened", "won", "lost", "won"], "won"),
        (["opened", "lost", "won"], "won"),
    ],
)
def test_gateways_tell_in_any_order_and_more_than_once(client, paid, connections, told, status):
    payment, _ = paid
    for each in told:
        tell(client, payment, each)
    (dispute,) = disputes(client)
    assert dispute["status"] == status
    assert balances(client)["cash_online"] == (3100 if status == "won" else 0)
    assert books_hold(client, connections)


def test_part_of_a_payment_is_disputed_and_the_rest_can_go_back(client, paid, connections):
    payment, invoice = paid
    tell(client, payment, amount=1000)
    path, body = f"/invoices/{invoice['id']}/refund", {"to": "card", "reason": "sorry"}
    too_much = client.post(path, {**body, "amount": 2101}, key="a")
    assert too_much.status_code == 422
    assert client.post(path, body, key="b").status_code in {200, 201}
    assert balances(client)["cash_online"] == 0
    assert books_hold(client, connections)


def test_a_payment_given_back_before_is_lost_when_the_bank_takes_it_too(client, paid, connections):
    payment, invoice = paid
    body = {"to": "card", "reason": "sorry"}
    client.post(f"/invoices/{invoice['id']}/refund", body, key="b")
    tell(client, payment)
    shown = balances(client)
    assert (shown["cash_online"], shown["dispute_losses"]) == (-3100, 3100)
    tell(client, payment, "won")
    assert balances(client).get("dispute_losses", 0) == 0
    assert books_hold(client, connections)


def test_money_charged_into_a_balance_takes_its_credit_and_brings_it_back(client, connections):
    shop = open_shop(client)
    path = f"/customers/{shop.customer['id']}/balance/charge"
    payment = client.made(path, {"amount": 500, "currency": "USD"}, key="top-up")
    tell(client, payment)
    (dispute,) = disputes(client)
    assert dispute["invoice_id"] is None
    shown = balances(client)
    assert (shown.get("dispute_losses", 0), shown["customer_balance"]) == (0, 0)
    tell(client, payment, "won")
    assert balances(client)["customer_balance"] == -500
    moves = client.get(f"/customers/{shop.customer['id']}/balance_transactions").json["data"]
    assert [(each["type"], each["amount"], each["ending_balance"]) for each in moves] == [
        ("credit", 500, 500), ("dispute", -500, 0), ("credit", 500, 500),
    ]  # fmt: skip
    back = {"amount": 500, "currency": "USD", "to": "card", "reason": "moved"}
    path = f"/customers/{shop.customer['id']}/balance/refund"
    assert client.post(path, back, key="back").status_code == 200
    assert books_hold(client, connections)


def test_what_is_credit_no_more_is_lost_and_others_credit_stays(client, connections):
    shop = open_shop(client)
    path = f"/customers/{shop.customer['id']}/balance"
    charge = {"amount": 500, "currency": "USD"}
    payment = client.made(f"{path}/charge", charge, key="top-up")
    client.made(f"{path}/refund", {**charge, "amount": 100, "to": "card", "reason": "x"}, key="a")
    client.made(f"{path}/adjust", {**charge, "amount": -150, "reason": "x"}, key="b")
    tell(client, payment)
    shown = balances(client)
    assert (shown["dispute_losses"], shown["customer_balance"]) == (250, 0)
    client.made(f"{path}/adjust", {**charge, "amount": 70, "reason": "sorry"}, key="c")
    other = client.made(f"{path}/charge", charge, key="another")
    tell(client, payment, "won")
    shown = balances(client)
    assert (shown.get("dispute_losses", 0), shown["customer_balance"]) == (0, -820)
    tell(client, other, dispute="d-2", amount=200)
    tell(client, other, dispute="d-3", amount=500)
    shown = balances(client)
    assert (shown["dispute_losses"], shown["customer_balance"]) == (0, -320)
    assert books_hold(client, connections)


def test_of_money_that_went_to_an_invoice_and_to_the_balance_each_bears_its_part(
    client, connections
):
    """Charged for 15.00 that came late, when 5.00 of it were owed."""
    shop = open_shop(client, "tok_threeDSecure")
    ref = shop.invoice()["id"]
    client.post(f"/invoices/{ref}/charge", {}, key="charge")
    payment = client.get("/payments").json["data"][0]
    send(client, {"type": "payment.failed", "payment_id": payment["id"]})
    check = {"amount": 1000, "reference": "1", "category": "check"}
    client.made(f"/invoices/{ref}/mark_paid", check, key="check")
    send(client, {"type": "payment.succeeded", "payment_id": payment["id"]})
    assert balances(client)["customer_balance"] == -1000
    tell(client, payment)
    (dispute,) = disputes(client)
    assert (dispute["amount"], dispute["invoice_id"]) == (1500, ref)
    shown = balances(client)
    assert (shown["dispute_losses"], shown["customer_balance"], shown["cash_online"]) == (500, 0, 0)
    assert books_hold(client, connections)
    tell(client, payment, "won")
    shown = balances(client)
    assert shown.get("dispute_losses", 0) == 0
    assert (shown["customer_balance"], shown["cash_online"]) == (-1000, 1500)
    assert client.get("/alerts", params={"kind": "dispute_open"}).json["data"] == []
    assert books_hold(client, connections)


def test_several_disputes_are_apart(client, paid):
    payment, _ = paid
    tell(client, payment, amount=100)
    tell(client, payment, amount=200, dispute="d-2")
    assert sorted(each["amount"] for each in disputes(client)) == [100, 200]
    assert len(disputes(client, payment_id=payment["id"])) == 2


def test_disputes_of_nothing_or_of_a_failed_payment_are_left_alone(client, stranger, paid):
    payment, _ = paid
    at = stranger.head
    tell(stranger, payment)
    assert (stranger.head, disputes(stranger)) == (at, [])
    at = client.head
    tell(client, {"id": "pay_01kg9x0000e00800000000001a"})
    tell(client, {"id": "nonsense"})
    assert client.head == at


def test_a_dispute_is_shown_as_it_was_listed_and_exported(client, paid):
    payment, _ = paid
    tell(client, payment)
    (dispute,) = disputes(client)
    opened_at = client.get("/test_clock").json["now"]
    client.made("/test_clock/advance", {"to": "2026-01-12T00:00:00Z"})
    tell(client, payment, "lost")
    then = client.get(f"/disputes/{dispute['id']}", params={"as_of": opened_at}).json
    assert then["status"] == "opened"
    assert client.get(f"/disputes/{dispute['id']}", params={"expand": "payment"}).json["payment"]
    csv = client.get("/exports/disputes.csv").text.splitlines()
    assert csv[0].startswith("id,status,payment.id,invoice.id")
    assert csv[1].startswith(f"{dispute['id']},lost,{payment['id']}")
