"""Every gateway over HTTP: one rule of the default card, and Stripe from the card to the refund."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.api.conftest import key_with, open_shop
from tests.api.gateways_asked import add, shop_with, tell
from tests.api.test_pay_page import form, link_of, page, send

CONFIRMED = "4000002500003155"


def default(client, customer):
    return client.get(f"/customers/{customer}").json["default_payment_method_id"]


TOKENS = [("sandbox", "tok_visa"), ("stripe", "pm_card_visa"), ("vantiv", "visa")]


@pytest.mark.parametrize(("gateway", "token"), TOKENS)
def test_the_first_card_is_the_default_and_another_that_asks(with_all, gateway, token):
    customer = with_all.made("/customers", {})["id"]
    first = add(with_all, customer, gateway, token)
    assert (first.status_code, first.json["gateway"]) == (201, gateway)
    assert first.json["is_default"] is True
    assert "token" not in first.json
    second = add(with_all, customer, gateway, token).json
    assert (second["is_default"], default(with_all, customer)) == (False, first.json["id"])
    third = add(with_all, customer, gateway, token, is_default=True).json
    assert (third["is_default"], default(with_all, customer)) == (True, third["id"])
    no_more = with_all.patch(f"/payment_methods/{third['id']}", {"is_default": False})
    assert (no_more.json["is_default"], default(with_all, customer)) == (False, None)


@pytest.mark.parametrize(("gateway", "token"), TOKENS)
def test_the_card_of_another_customer_is_refused(with_all, gateway, token):
    shop = open_shop(with_all)
    stranger = with_all.made("/customers", {})["id"]
    card = add(with_all, stranger, gateway, token).json["id"]
    invoice, at = shop.invoice()["id"], with_all.head
    path = f"/invoices/{invoice}/charge"
    refused = with_all.post(path, {"payment_method_id": card}, key="k")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "payment_method_id")
    assert with_all.head == at


@pytest.mark.parametrize(("gateway", "token"), TOKENS)
def test_an_invoice_is_charged_and_given_back(with_all, gateway, token):
    shop, invoice = shop_with(with_all, gateway, token)
    paid = with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    assert (paid.status_code, paid.json["status"]) == (200, "paid"), paid.text
    body = {"to": "card", "reason": "sorry"}
    assert with_all.post(f"/invoices/{invoice}/refund", body, key="r").status_code < 300
    assert with_all.get("/refunds").json["data"][0]["status"] == "succeeded"
    assert shop.card["gateway"] == gateway


@pytest.mark.parametrize(
    ("gateway", "token", "code"),
    [
        ("sandbox", "tok_expiredCard", "expired_card"),
        ("stripe", "pm_card_chargeCustomerFail", "card_declined"),
        ("vantiv", "stolen", "lost_card"),
    ],
)
def test_a_decline_is_402_and_the_invoice_stays_open(with_all, gateway, token, code):
    _, invoice = shop_with(with_all, gateway, token)
    refused = with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    assert (refused.status_code, refused.json["code"]) == (402, "payment_declined")
    assert refused.json["errors"][0]["code"] == code
    assert with_all.get(f"/invoices/{invoice}").json["status"] == "open"


def test_a_token_that_no_gateway_takes_records_nothing(with_all):
    customer = with_all.made("/customers", {})["id"]
    at = with_all.head
    for gateway, token in (("stripe", "pm_no"), ("vantiv", "no"), ("stripe", "x"), ("vantiv", "<")):
        answer = add(with_all, customer, gateway, token)
        assert (answer.status_code, answer.json["code"]) == (422, "token_not_accepted")
    assert with_all.head == at


def test_a_gateway_that_the_account_has_not_is_refused(client):
    customer = client.made("/customers", {})["id"]
    answer = add(client, customer, "stripe", "pm_card_visa")
    assert (answer.status_code, answer.json["code"]) == (422, "unknown_gateway")


@pytest.mark.parametrize("how", ["after", "before"])
def test_an_answer_that_was_lost_is_looked_up_and_charged_once(with_all, stripe_standin, how):
    _, invoice = shop_with(with_all, "stripe", "pm_card_visa")
    stripe_standin.fail("/v1/payment_intents", how)
    answer = with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    with_all.made("/test_clock/advance", {"to": "2026-01-01T00:01:00Z"})
    assert with_all.get(f"/invoices/{invoice}").json["status"] == "paid"
    payment = with_all.get("/payments").json["data"][0]
    assert stripe_standin.charges(payment["id"]) == 1
    again = with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")


@pytest.mark.parametrize(("success", "status"), [(True, "paid"), (False, "open")])
def test_3d_secure_from_the_charge_to_the_signed_event(with_all, stripe_standin, success, status):
    _, invoice = shop_with(with_all, "stripe", stripe_standin.card(CONFIRMED))
    asked = with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    assert (asked.status_code, asked.json["status"]) == (202, "requires_action")
    payment = with_all.get("/payments").json["data"][0]
    assert payment["status"] == "requires_action"
    stripe_standin.post(
        f"/v1/payment_intents/{payment['gateway_reference']}/_authenticate",
        {
            "client_secret": asked.json["next_action"]["client_secret"],
            "success": str(success).lower(),
        },
    )
    (intent,) = [e for e in stripe_standin.kept() if e["id"] == payment["gateway_reference"]]
    tell(with_all, "payment_intent.updated", intent)
    assert with_all.get(f"/invoices/{invoice}").json["status"] == status


def test_where_to_confirm_is_told_as_long_as_it_waits(with_all, stripe_standin):
    _, invoice = shop_with(with_all, "stripe", stripe_standin.card(CONFIRMED))
    body = {"return_url": "https://shop.example/thanks?order=1"}
    asked = with_all.post(f"/invoices/{invoice}/charge", body, key="k")
    assert asked.status_code == 202, asked.text
    (payment,) = with_all.get("/payments").json["data"]
    assert "next_action" not in payment
    action = with_all.get(f"/payments/{payment['id']}").json["next_action"]
    assert action == asked.json["next_action"]
    assert action["redirect_url"] == f"https://bank.example/3ds/{payment['gateway_reference']}"
    assert "bank.example" not in with_all.get("/events", params={"limit": "100"}).text
    _confirm(stripe_standin, payment, action, "true")
    assert "next_action" not in with_all.get(f"/payments/{payment['id']}").json


def test_who_may_move_no_money_is_not_told_where_to_confirm(with_all, services, stripe_standin):
    _, invoice = shop_with(with_all, "stripe", stripe_standin.card(CONFIRMED))
    with_all.post(f"/invoices/{invoice}/charge", {}, key="k")
    (payment,) = with_all.get("/payments").json["data"]
    auditor = key_with(with_all, services, role="auditor")
    shown = auditor.get(f"/payments/{payment['id']}").json
    assert (shown["status"], "next_action" in shown) == ("requires_action", False)


@pytest.mark.parametrize("success", [True, False])
def test_the_pay_page_shows_where_to_confirm_until_it_is(with_all, stripe_standin, success):
    """However often it is loaded; who comes back from the bank finds it done, event or none."""
    _, invoice = shop_with(with_all, "stripe", stripe_standin.card(CONFIRMED))
    path = link_of(with_all, invoice)
    assert send(with_all, path, form(with_all, path)).status_code == 303
    (payment,) = with_all.get("/payments").json["data"]
    there = f'href="https://bank.example/3ds/{payment["gateway_reference"]}"'
    assert [there in page(with_all, path) for _ in range(2)] == [True, True]
    (intent,) = [e for e in stripe_standin.kept() if e["id"] == payment["gateway_reference"]]
    assert urlsplit(intent["next_action"]["redirect_to_url"]["return_url"]).path == path
    action = with_all.get(f"/payments/{payment['id']}").json["next_action"]
    _confirm(stripe_standin, payment, action, str(success).lower())
    back = page(with_all, path)
    assert there not in back
    assert ("This invoice is paid" if success else "The payment was declined") in back
    status = with_all.get(f"/payments/{payment['id']}").json["status"]
    assert status == ("succeeded" if success else "failed")
    assert stripe_standin.charges(payment["id"]) == (1 if success else 0)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x.example", "/thanks", "", "https://"]
)
def test_what_is_no_address_to_come_back_to_is_refused(client, url):
    invoice = open_shop(client).invoice()["id"]
    at = client.head
    answer = client.post(f"/invoices/{invoice}/charge", {"return_url": url}, key="k")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "return_url")
    assert client.head == at


def _confirm(standin, payment, action, success):
    standin.post(
        f"/v1/payment_intents/{payment['gateway_reference']}/_authenticate",
        {"client_secret": action["client_secret"], "success": success},
    )
