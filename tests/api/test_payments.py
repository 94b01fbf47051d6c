"""Payments that are not simply paid: to be confirmed, unknown, resolved by a person."""

from __future__ import annotations

import pytest

from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.commands.sales import NewSubscription
from domain.commands.subscribing import create_subscription
from domain.invoicing.invoice import Invoice
from domain.payments.payment import Payment
from domain.shared.recording import Context
from domain.subscriptions.subscription import Subscription
from gateways.sandbox import Sandbox
from tests.api.conftest import SYSTEM, open_shop
from tests.api.shapes import differences


def charged(client, token):
    shop = open_shop(client, token)
    invoice = shop.invoice()
    return client.post(f"/invoices/{invoice['id']}/charge", {}, key="once"), invoice


def payment(client):
    (only,) = client.get("/payments", headers={"Ledger-Position": str(client.head)}).json["data"]
    return only


def lost(client):
    answer, invoice = charged(client, "tok_lost")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    client.made("/test_clock/advance", {"to": "2026-01-01T00:01:00Z"})
    assert payment(client)["status"] == "unknown"
    return payment(client), invoice


def test_a_charge_to_be_confirmed_tells_once_what_the_customer_needs(client):
    answer, invoice = charged(client, "tok_threeDSecure")
    assert (answer.status_code, answer.json["status"]) == (202, "requires_action")
    assert answer.json["next_action"]["client_secret"].endswith("_secret")
    assert differences("payment", payment(client)) == []
    assert payment(client)["status"] == "requires_action"
    again = client.post(f"/invoices/{invoice['id']}/charge", {}, key="once")
    assert (again.status_code, again.json["status"]) == (202, "requires_action")
    assert "next_action" not in again.json
    one = client.get(f"/payments/{payment(client)['id']}")
    assert one.json["next_action"] == answer.json["next_action"]
    assert differences("payment", one.json) == []
    then = client.get(f"/payments/{payment(client)['id']}", params={"as_of": "2026-01-01"})
    assert "next_action" not in then.json
    told = client.get("/events", params={"subject": payment(client)["id"]}).text
    assert "_secret" not in told
    assert client.post(f"/invoices/{invoice['id']}/void", {}).json["code"] == "payment_in_progress"


def test_what_nobody_confirmed_within_the_hour_has_failed_and_the_invoice_is_free(client):
    _, invoice = charged(client, "tok_threeDSecure")
    client.made("/test_clock/advance", {"to": "2026-01-01T00:59:00Z"})
    assert payment(client)["status"] == "requires_action"
    client.made("/test_clock/advance", {"to": "2026-01-01T01:01:00Z"})
    assert payment(client)["failure_code"] == "authentication_required"
    assert "next_action" not in client.get(f"/payments/{payment(client)['id']}").json
    assert client.post(f"/invoices/{invoice['id']}/void", {}).status_code == 200


def test_a_renewal_finds_nobody_to_confirm_it(client):
    shop = open_shop(client)
    subscription = shop.subscribe().json
    card = client.made(
        "/payment_methods",
        {"customer_id": shop.customer["id"], "token": "tok_threeDSecure", "is_default": True},
    )
    client.patch(f"/subscriptions/{subscription['id']}", {"payment_method_id": card["id"]})
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    renewed = client.get(f"/subscriptions/{subscription['id']}").json
    assert renewed["status"] == "past_due"
    assert renewed["latest_payment_error"]["code"] == "authentication_required"


@pytest.mark.parametrize(("outcome", "status"), [("succeeded", "paid"), ("failed", "open")])
def test_a_person_settles_what_no_gateway_can_tell(client, outcome, status):
    unknown, invoice = lost(client)
    alerts = client.get("/alerts").json["data"]
    assert [(each["kind"], each["subject"]) for each in alerts] == [
        ("payment_unknown", unknown["id"])
    ]
    held = client.post(f"/invoices/{invoice['id']}/charge", {}, key="again")
    assert held.json["code"] == "payment_in_progress"
    path, body = f"/payments/{unknown['id']}/resolve", {"outcome": outcome, "reason": "bank says"}
    resolved = client.post(path, body, key="resolve")
    assert (resolved.status_code, resolved.json["status"]) == (200, outcome)
    assert client.get(f"/invoices/{invoice['id']}").json["status"] == status
    assert client.get("/alerts").json["data"] == []
    assert client.post(path, body, key="resolve").headers["Idempotency-Replayed"] == "true"
    told = client.get(f"/payments/{unknown['id']}/events").json["data"]
    assert [each["reason"] for each in told if each["type"] == f"payment.{outcome}"] == [
        "bank says"
    ]


def test_the_first_request_is_answered_though_nobody_knows(client):
    _, invoice = lost(client)
    again = client.post(f"/invoices/{invoice['id']}/charge", {}, key="once")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"outcome": "maybe", "reason": "x"}, 422, "not_allowed"),
        ({"outcome": "succeeded"}, 422, "required"),
        ({"outcome": "succeeded", "reason": " "}, 422, "required"),
    ],
)
def test_a_resolution_says_what_and_why(client, body, status, code):
    unknown, _ = lost(client)
    at = client.head
    answer = client.post(f"/payments/{unknown['id']}/resolve", body)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (status, code)
    assert client.head == at


def test_only_what_is_unknown_is_resolved_and_only_by_its_account(client, stranger):
    charged(client, "tok_visa")
    path = f"/payments/{payment(client)['id']}/resolve"
    at, body = client.head, {"outcome": "failed", "reason": "no"}
    answer = client.post(path, body)
    assert (answer.status_code, answer.json["code"]) == (409, "payment_not_unknown")
    assert stranger.post(path, body).status_code == 404
    assert client.head == at


def test_money_that_a_person_gave_up_and_that_came_after_all_is_credit(client):
    """Resolved as failed, paid otherwise, and then the gateway finds its charge."""
    from domain.commands.accounts import account_of
    from domain.commands.charging import settle
    from domain.payments.gateway import Approved

    unknown, invoice = lost(client)
    client.made(f"/payments/{unknown['id']}/resolve", {"outcome": "failed", "reason": "no trace"})
    money = {"reference": "1842", "category": "check"}
    client.post(f"/invoices/{invoice['id']}/mark_paid", money, key="paid")
    settle(client.books, account_of(client.books), unknown["id"], Approved("late"), SYSTEM)
    now = {"Ledger-Position": str(client.head)}
    customer = client.get(f"/customers/{unknown['customer_id']}", headers=now).json
    assert customer["balances"] == {"USD": unknown["amount"]}


class Interrupting(Sandbox):
    """While it is asked, somebody changes the subscription that is paid for."""

    def __init__(self, books):
        super().__init__()
        self._books = books

    def charge(self, charge):
        payment = self._books.load(Payment, charge.payment_id)
        invoice = self._books.load(Invoice, payment.invoice_id)
        subscription = self._books.load(Subscription, invoice.subscription_id)
        subscription.update({"metadata": {"told": "meanwhile"}})
        self._books.record(subscription, by=Context("somebody", "api"))
        return super().charge(charge)


def test_what_changed_while_the_gateway_was_asked_stays_and_the_money_counts_once(client, services):
    shop = open_shop(client)
    books, elsewhere = (services.books_for(client.books.account_id) for _ in range(2))
    new = NewSubscription(customer_id=shop.customer["id"], plan_id=shop.plan["id"])
    gateways, act = {"sandbox": Interrupting(elsewhere)}, Act(Context("somebody", "api"))
    done, _ = create_subscription(books, gateways, account_of(books), new, act)
    shown = client.get(
        f"/subscriptions/{done.ref}", headers={"Ledger-Position": str(client.head)}
    ).json
    assert (shown["status"], shown["metadata"]) == ("active", {"told": "meanwhile"})
    assert payment(client)["status"] == "succeeded"
    invoice = client.get(f"/invoices/{shown['latest_invoice_id']}").json
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", invoice["total"])
