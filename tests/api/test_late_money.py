"""Cards that are charged after all, when the invoice does not take the money any more."""

from __future__ import annotations

import pytest

from proof import books_breaches
from store.factory import PostgresStore
from tests.api.conftest import START, open_shop
from tests.api.returning import CHECK, advance, books, credit, post, shown
from tests.api.shapes import differences
from tests.api.telling import send

LATE = START.date().replace(day=2).isoformat()


@pytest.fixture
def shop(client):
    return open_shop(client, "tok_threeDSecure")


@pytest.fixture
def owed(shop):
    """An invoice and its charge, which the customer did not confirm in time."""
    client, ref = shop.client, shop.invoice()["id"]
    assert post(client, f"/invoices/{ref}/charge", {}).status_code == 202
    advance(client, LATE)
    (payment,) = client.get("/payments", params={"invoice_id": ref}).json["data"]
    assert (payment["status"], shown(client, ref)["status"]) == ("failed", "open")
    return ref, payment["id"]


def arrives(client, payment):
    answer = send(client, {"type": "payment.succeeded", "payment_id": payment})
    assert answer.status_code == 200, answer.text
    assert client.get(f"/payments/{payment}").json["status"] == "succeeded"


def alerts(client):
    found = client.get("/alerts", params={"kind": "payment_not_owed"}).json["data"]
    assert [differences("alert", each) for each in found] == [[] for _ in found]
    return [each["subject"] for each in found]


def held(client, shop):
    return client.get(f"/customers/{shop.customer['id']}").json["balances"].get("USD", 0)


def books_hold(client, connections):
    store = PostgresStore(connections)
    assert list(books_breaches(connections, store, client.books.account_id)) == []


@pytest.mark.parametrize("end", ["void", "paid"])
def test_it_is_the_customers_credit_and_an_alert(client, shop, owed, connections, stranger, end):
    ref, payment = owed
    body = CHECK if end == "paid" else {}
    assert (
        post(client, f"/invoices/{ref}/{'mark_paid' if body else 'void'}", body).status_code == 200
    )
    assert alerts(client) == []
    arrives(client, payment)
    assert (shown(client, ref)["status"], held(client, shop)) == (end, 1500)
    (alert,) = client.get("/alerts").json["data"]
    assert (alert["kind"], alert["severity"], alert["subject"]) == (
        "payment_not_owed", "warning", payment,
    )  # fmt: skip
    assert "15.00 USD" in alert["detail"]
    assert "INV-000001" in alert["detail"]
    assert client.get("/alerts", params={"subject": payment}).json["data"] == [alert]
    assert client.get("/alerts").json["data"] == [alert]
    assert alerts(stranger) == []
    assert books(client, LATE)["customer_balance"] == -1500
    books_hold(client, connections)


def test_the_alert_is_gone_when_the_money_is_given_back_or_used(client, shop, owed):
    ref, payment = owed
    assert post(client, f"/invoices/{ref}/void", {}).status_code == 200
    arrives(client, payment)
    path = f"/customers/{shop.customer['id']}/balance/refund"
    back = {"currency": "USD", "to": "card", "reason": "not owed"}
    assert post(client, path, {**back, "amount": 500}).status_code == 200
    assert alerts(client) == [payment]
    assert post(client, path, {**back, "amount": 400}).status_code == 200
    shop.invoice(lines=[{"description": "x", "unit_amount": 600}])
    assert (alerts(client), held(client, shop)) == ([], 0)


def test_credit_from_before_and_money_that_was_meant_for_it_raise_none(client, shop, owed):
    ref, payment = owed
    more = {**CHECK, "amount": 2000, "excess_to_balance": True}
    assert post(client, f"/invoices/{ref}/mark_paid", more).status_code == 200
    assert (alerts(client), held(client, shop)) == ([], 500)
    arrives(client, payment)
    assert (alerts(client), held(client, shop)) == ([payment], 2000)


def test_what_was_given_up_is_recovered_and_the_rest_is_credit(client, shop, owed, connections):
    ref, payment = owed
    assert post(client, f"/invoices/{ref}/mark_paid", {**CHECK, "amount": 400}).status_code == 200
    assert post(client, f"/invoices/{ref}/mark_uncollectible", {}).status_code == 200
    arrives(client, payment)
    invoice = shown(client, ref)
    assert (invoice["status"], invoice["amount_recovered"], held(client, shop)) == (
        "uncollectible", 1100, 400,
    )  # fmt: skip
    assert alerts(client) == [payment]
    after = books(client, LATE)
    assert (after["cash_online"], after.get("bad_debt", 0), after["customer_balance"]) == (
        1500, 0, -400,
    )  # fmt: skip
    books_hold(client, connections)


def test_an_invoice_that_still_owes_takes_it(client, shop, owed):
    ref, payment = owed
    arrives(client, payment)
    assert (shown(client, ref)["status"], held(client, shop), alerts(client)) == ("paid", 0, [])


def test_while_another_charge_is_under_way_the_gateway_is_asked_to_tell_again(client, shop, owed):
    ref, payment = owed
    assert post(client, f"/invoices/{ref}/charge", {}).status_code == 202
    told = {"type": "payment.succeeded", "payment_id": payment}
    answer = send(client, told)
    assert (answer.status_code, answer.json["code"]) == (409, "payment_in_progress")
    assert client.get(f"/payments/{payment}").json["status"] == "failed"
    second = client.get("/payments", params={"status": "requires_action"}).json["data"][0]["id"]
    arrives(client, second)
    arrives(client, payment)
    assert (alerts(client), held(client, shop)) == ([payment], 1500)


@pytest.mark.parametrize("won", [False, True])
def test_a_job_gives_back_no_money_that_a_bank_has_taken(client, shop, connections, won):
    """Half of a first payment came late and was disputed before the window ended."""
    subscription = shop.subscribe().json
    ref = subscription["latest_invoice_id"]
    (payment,) = client.get("/payments", params={"invoice_id": ref}).json["data"]
    send(client, {"type": "payment.failed", "payment_id": payment["id"]})
    note = credit(client, ref, amount=1100)
    visa = client.made(
        f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_threeDSecure"}
    )
    asked = post(client, f"/invoices/{ref}/charge", {"payment_method_id": visa["id"]})
    assert asked.status_code == 202
    half = client.get("/payments", params={"status": "requires_action"}).json["data"][0]["id"]
    send(client, {"type": "payment.failed", "payment_id": half})
    assert client.post(f"/credit_notes/{note.json['id']}/void").status_code == 200
    arrives(client, half)
    assert shown(client, ref)["amount_remaining"] == 1100
    send(client, {"type": "dispute.opened", "dispute": "d", "payment_id": half})
    if won:
        send(client, {"type": "dispute.won", "dispute": "d", "payment_id": half})
    advance(client, "2026-02-01")
    assert shown(client, ref)["status"] == "void"
    assert held(client, shop) == (2000 if won else 0)
    books_hold(client, connections)
