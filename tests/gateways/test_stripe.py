"""The Stripe adapter on localstripe: the contract, and what is Stripe's own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Declined,
    Repayment,
)
from domain.shared.identifiers import typed_id
from gateways.stripe import Stripe, made
from gateways.stripe_answers import refused
from gateways.stripe_names import PAYMENT
from store.ids import new_id
from tests.gateways.contract import Bench, ConfirmingContract

ACCT, OTHER = "acct_01kg9x0000e00800000000001a", "acct_01kg9x0000e00800000000001b"
CONFIRMED = "4000002500003155"
PATHS = {
    "charge": ("POST", "/v1/payment_intents"), "refund": ("POST", "/v1/refunds"),
    "look_up": ("GET", "/v1/payment_intents"), "refund_look_up": ("GET", "/v1/refunds"),
}  # fmt: skip
MISSING = '{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such"}}'
NONSENSE = {
    "empty": (200, "{}"), "list": (200, "[]"), "null": (200, "null"), "text": (200, "OK"),
    "deep": (200, "[" * 100_000),
    "nameless": (200, '{"object":"payment_intent","status":"succeeded"}'),
    "numbered": (200, '{"object":"payment_intent","status":"succeeded","id":7}'),
    "nul": (200, '{"object":"payment_intent","status":"succeeded","id":"pi_\\u0000"}'),
    "word": (400, '{"error":"oops"}'), "words": (400, '{"error":["oops"]}'), "none": (402, "[]"),
    "proxy": (404, "<html>"), "busy": (423, MISSING),
}  # fmt: skip


def bench_on(stripe_standin):
    return Bench(
        gateway=stripe_standin.adapter(ACCT),
        good="pm_card_visa",
        declined="pm_card_chargeCustomerFail",
        confirmed=stripe_standin.card(CONFIRMED),
        charges=stripe_standin.charges,
        repaid=stripe_standin.repaid,
        fail=lambda what, how: fail(stripe_standin, what, how),
        nonsense=NONSENSE,
        header="stripe-signature",
    )


@pytest.fixture
def bench(stripe_standin):
    return bench_on(stripe_standin)


def fail(standin, what, how):
    method, path = PATHS[what]
    if isinstance(how, str) and how != "refused":
        standin.fail(path, how)
    else:
        standin.say(path, *((400, MISSING) if how == "refused" else how), method=method)


class TestStripe(ConfirmingContract):
    """What every gateway does."""


def confirm(standin, asked, *, success):
    path = f"/v1/payment_intents/{asked.reference}/_authenticate"
    sent = {"client_secret": asked.client_secret, "success": str(success).lower()}
    return standin.post(path, sent)


def test_a_charge_that_the_customer_confirmed_is_found_paid(bench, stripe_standin):
    charge = bench.charge(bench.confirmed)
    asked = bench.gateway.charge(charge)
    assert isinstance(bench.gateway.look_up(charge), ActionRequired)
    confirm(stripe_standin, asked, success=True)
    assert bench.gateway.look_up(charge) == Approved(asked.reference)
    assert bench.gateway.abandon(charge) == Approved(asked.reference)
    assert bench.charges(charge.payment_id) == 1


def test_a_charge_that_the_bank_refused_cannot_be_paid_later(bench, stripe_standin):
    charge = bench.charge(bench.confirmed)
    asked = bench.gateway.charge(charge)
    confirm(stripe_standin, asked, success=False)
    assert isinstance(bench.gateway.look_up(charge), Declined)
    (intent,) = [each for each in stripe_standin.kept() if each["id"] == asked.reference]
    assert intent["status"] == "canceled"


def test_a_gateway_that_cannot_be_reached_leaves_everything_open(bench):
    charge = bench.charge()
    nowhere = Stripe("sk_test_x", ACCT, [], "http://127.0.0.1:9", call_seconds=0.2)
    for answer in (nowhere.charge(charge), nowhere.look_up(charge), nowhere.abandon(charge)):
        assert type(answer).__name__ == "Unanswered"


def test_amounts_are_in_the_units_that_stripe_takes(bench, stripe_standin):
    charge = replace(bench.charge(), amount=500, currency="ISK")
    assert isinstance(bench.gateway.charge(charge), Approved)
    (kept,) = [e for e in stripe_standin.kept() if e["metadata"].get(PAYMENT) == charge.payment_id]
    assert (kept["amount"], kept["currency"]) == (50000, "isk")
    ariary = bench.gateway.charge(replace(bench.charge(), currency="MGA"))
    assert ariary == Declined("currency_not_supported", "not in MGA", hard=True)


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_what_stripe_would_round_is_not_sent(bench, currency):
    charge = replace(bench.charge(), amount=5125, currency=currency)
    refused = bench.gateway.charge(charge)
    assert (refused.code, refused.is_hard) == ("amount_not_supported", True)
    assert bench.gateway.look_up(charge) is None
    paid = bench.gateway.charge(replace(charge, amount=5120))
    assert isinstance(paid, Approved)
    back = Repayment(typed_id("ref", new_id()), charge.payment_id, 5, currency, paid.reference)
    assert bench.gateway.repay(back).code == "amount_not_supported"
    assert bench.gateway.look_up_repayment(back) is None


@pytest.mark.parametrize(
    ("error", "hard"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, False),
        ({"code": "card_declined", "decline_code": "stolen_card"}, True),
        ({"code": "expired_card"}, True),
        ({"code": "card_declined", "advice_code": "do_not_try_again"}, True),
        ({"code": "card_declined", "decline_code": "stop_payment_order"}, True),
        ({}, False),
    ],
)
def test_a_decline_says_whether_asking_again_can_help(error, hard):
    assert refused(error).is_hard is hard


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        ({"code": 7, "message": {"a": "b"}}, "card_declined", "The card was declined."),
        ({"decline_code": ["x"], "code": "expired_card"}, "expired_card", "The card was declined."),
        ({"code": "a\0b" * 100, "message": "no\0t\ud800 \n" * 900}, ("a b" * 100)[:64], None),
    ],
)
def test_what_a_decline_says_is_cleaned_and_cut(bench, stripe_standin, error, code, detail):
    charge = bench.charge()
    body = json.dumps({"error": {"type": "card_error", **error}})
    stripe_standin.say("/v1/payment_intents", 402, body)
    declined = bench.gateway.charge(charge)
    assert declined.code == code
    assert declined.detail == (detail or ("no t " * 900)[:500])


def test_only_the_answer_to_a_charge_is_a_refusal(bench, stripe_standin):
    stripe_standin.say("/v1/payment_intents", 400, MISSING)
    refused = bench.gateway.charge(bench.charge())
    assert refused == Declined("resource_missing", "No such", hard=True)


@pytest.mark.parametrize(("key", "livemode"), [("sk_live_1", False), ("sk_test_1", True)])
def test_a_key_of_the_other_mode_is_refused(key, livemode):
    with pytest.raises(ValueError, match="needs a"):
        made({"secret_key": key}, account_id=ACCT, livemode=livemode)


def test_settings_are_taken_by_name_only():
    with pytest.raises(ValueError, match="there is no secret"):
        made({"secret_key": "sk_test_1", "secret": "x"}, account_id=ACCT, livemode=False)
    assert "sk_test_1" not in repr(
        made({"secret_key": "sk_test_1"}, account_id=ACCT, livemode=False)
    )
