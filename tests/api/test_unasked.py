"""A gateway that cannot be asked: nothing is begun with it, and nothing waits for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.app import create_app
from domain.commands.accounts import account_of, advance_clock
from domain.commands.resuming import Waiting, abandon_payments, resume_payments
from domain.payments.gateway import Unanswered
from gateways.accounts import AccountGateways
from gateways.sandbox import Sandbox
from scheduler.account_due import AccountDue
from scheduler.due import Desk, run_due
from tests.api.conftest import GATEWAYS, START, SYSTEM, open_client, open_shop

HOUR = 3600


class Refusing(Sandbox):
    """As one whose key was revoked: every call is refused before it is heard."""

    idempotent_seconds = 23 * HOUR

    def look_up(self, charge):
        return Unanswered()

    def abandon(self, charge):
        return Unanswered()


@pytest.fixture
def without(services):
    """A shop with a card, whose gateway goes: the shop, and what takes it away."""
    set_up = dict(GATEWAYS)
    shop = open_shop(open_client(create_app(replace(services, gateways_of=lambda _: set_up)),
                                 services))  # fmt: skip
    return shop, set_up.clear


def waiting_of(client, invoice, token):
    customer = client.get(f"/invoices/{invoice['id']}").json["customer_id"]
    card = client.made(f"/customers/{customer}/payment_methods", {"token": token})
    sent = {"payment_method_id": card["id"]}
    assert client.post(f"/invoices/{invoice['id']}/charge", sent, key="k").status_code == 202
    return client.get("/payments").json["data"][0]["id"]


def run(client, gateways, payment, hours):
    account = account_of(client.books)
    resume_payments(client.books, gateways, account, [Waiting(payment, hours * HOUR)], SYSTEM)
    client.get("/account")
    return client.get(f"/payments/{payment}").json["status"]


@pytest.mark.parametrize(("gateways", "hours"), [({}, 47), ({"sandbox": Refusing()}, 23)])
def test_what_cannot_be_asked_any_more_is_a_persons(shop, gateways, hours):
    client, invoice = shop.client, shop.invoice()
    payment = waiting_of(client, invoice, "tok_timeout")
    assert run(client, gateways, payment, hours - 1) == "started"
    assert run(client, gateways, payment, hours) == "unknown"
    sent = {"outcome": "failed", "reason": "seen at the bank"}
    assert client.post(f"/payments/{payment}/resolve", sent).status_code == 200
    assert client.post(f"/invoices/{invoice['id']}/void").status_code == 200


def test_what_waits_to_be_confirmed_is_not_waited_for_for_ever(shop):
    client, invoice = shop.client, shop.invoice()
    payment = waiting_of(client, invoice, "tok_threeDSecure")
    for hours, status in ((46, "requires_action"), (47, "unknown")):
        advance_clock(client.books, START + timedelta(hours=hours), SYSTEM)
        abandon_payments(client.books, {}, account_of(client.books), [payment], SYSTEM)
        client.get("/account")
        assert client.get(f"/payments/{payment}").json["status"] == status


def test_what_no_gateway_is_there_for_is_refused_and_nothing_recorded(without):
    shop, take_away = without
    client, customer = shop.client, shop.customer["id"]
    invoice, subscription = shop.invoice(), shop.subscribe().json
    draft = shop.invoice(issued=False, collection_method="charge_automatically")
    dear = client.made("/plans", {
        "name": "Dear", "amount": 9000, "currency": "USD", "interval": "month",
        "product_id": shop.product["id"],
    })  # fmt: skip
    take_away()
    at = client.head
    for path, body in (
        (f"/invoices/{invoice['id']}/charge", {}),
        (f"/invoices/{draft['id']}/issue", {}),
        (f"/customers/{customer}/balance/charge", {"amount": 100, "currency": "USD"}),
        ("/subscriptions", {"customer_id": customer, "plan_id": shop.plan["id"]}),
        (f"/subscriptions/{subscription['id']}/change_plan",
         {"plan_id": dear["id"], "proration": "immediate"}),
    ):  # fmt: skip
        answer = client.post(path, body, key=path)
        assert (answer.status_code, answer.json["code"]) == (503, "gateway_unavailable"), path
    assert client.head == at


def test_a_live_account_takes_no_cards_that_move_no_money(services):
    none = replace(services, gateways_of=AccountGateways(lambda _: "").of)
    client = open_client(create_app(none), services, live=True)
    customer = client.made("/customers", {})["id"]
    at = client.head
    for body in ({"token": "tok_visa"}, {"gateway": "sandbox", "token": "tok_visa"}):
        answer = client.post(f"/customers/{customer}/payment_methods", body)
        assert (answer.status_code, answer.json["code"]) == (422, "sandbox_not_live")
        assert [each["field"] for each in answer.json["errors"]] == ["gateway"]
    assert client.get("/gateways").json["data"] == []
    assert client.head == at


def test_a_renewal_without_its_gateway_is_past_due_and_tried_again(services, shop):
    client, subscription = shop.client, shop.subscribe().json
    account, due = (
        account_of(client.books),
        AccountDue(services.connections, client.books.account_id),
    )
    run_due(Desk(client.books, account, {}, due, SYSTEM), datetime(2026, 2, 1, tzinfo=UTC))
    client.get("/account")
    left = client.get(f"/subscriptions/{subscription['id']}").json
    assert left["status"] == "past_due"
    assert left["latest_payment_error"]["code"] == "gateway_unavailable"
    client.made("/test_clock/advance", {"to": "2026-02-02"})
    assert client.get(f"/subscriptions/{subscription['id']}").json["status"] == "active"
