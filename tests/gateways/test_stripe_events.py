"""Stripe's signed events on localstripe: whose they are, and what Stripe says when it is asked."""

from __future__ import annotations

import pytest

from domain.payments.gateway import (
    DisputeNotice,
    Forged,
    GatewayUnavailable,
    Message,
    PaymentNotice,
    RefundNotice,
    Unreadable,
)
from gateways.stripe import Stripe
from gateways.stripe_names import ACCOUNT, PAYMENT, REFUND
from tests.gateways.test_stripe import ACCT, OTHER, bench_on


@pytest.fixture
def bench(stripe_standin):
    return bench_on(stripe_standin)


def told(kind, about, **fields):
    return {"object": "event", "type": kind, "data": {"object": {"metadata": about, **fields}}}


def test_signed_events_tell_whose_payment_and_refund_they_are_of(bench):
    ours = {PAYMENT: "pay_1", ACCOUNT: ACCT}
    read = bench.gateway.read
    paid = told("payment_intent.succeeded", ours, object="payment_intent")
    assert read(bench.signed(paid)) == PaymentNotice("pay_1")
    back = told("refund.updated", {REFUND: "ref_1", ACCOUNT: ACCT}, object="refund")
    assert read(bench.signed(back)) == RefundNotice("ref_1")
    theirs = told("payment_intent.succeeded", {**ours, ACCOUNT: OTHER}, object="payment_intent")
    assert read(bench.signed(theirs)) is None
    assert read(bench.signed(told("customer.created", {}, object="customer"))) is None
    assert read(bench.signed(told("payment_intent.succeeded", {}, object="x"))) is None


@pytest.mark.parametrize(
    ("said", "status"),
    [("needs_response", "opened"), ("under_review", "opened"), ("won", "won"), ("lost", "lost")],
)
def test_a_dispute_is_of_the_payment_whose_intent_it_names(bench, stripe_standin, said, status):
    """As it stands at Stripe, whatever the event says of it."""
    charge = bench.charge()
    paid = bench.gateway.charge(charge)
    made = stripe_standin.dispute(id="dp_1", payment_intent=paid.reference, status=said)
    believed = {**made, "status": "lost", "amount": 1, "currency": "jpy", "payment_intent": "pi_x"}
    expected = DisputeNotice("dp_1", charge.payment_id, status, 3100, "fraudulent")
    assert bench.gateway.read(bench.signed(about_dispute(believed))) == expected


def about_dispute(fields):
    return told("charge.dispute.updated", {}, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "warning_needs_response"},
        {"status": "prevented"},
        {"payment_intent": "pi_other"},
        {"payment_intent": None},
    ],
)
def test_a_dispute_that_moves_no_money_of_ours_is_none(bench, stripe_standin, fields):
    paid = bench.gateway.charge(bench.charge())
    about = {"id": "dp_2", "payment_intent": paid.reference, "status": "needs_response", **fields}
    made = stripe_standin.dispute(**about)
    assert bench.gateway.read(bench.signed(about_dispute(made))) is None
    unknown = about_dispute({**made, "id": "dp_of_nobody"})
    assert bench.gateway.read(bench.signed(unknown)) is None


@pytest.mark.parametrize(
    "fields", [{"amount": 0}, {"amount": -1}, {"amount": 1.5}, {"amount": "9"}, {"currency": "eur"}]
)
def test_a_dispute_that_cannot_be_booked_is_refused(bench, stripe_standin, fields):
    paid = bench.gateway.charge(bench.charge())
    about = {"id": "dp_3", "payment_intent": paid.reference, "status": "needs_response", **fields}
    made = stripe_standin.dispute(**about)
    with pytest.raises(Unreadable):
        bench.gateway.read(bench.signed(about_dispute(made)))


@pytest.mark.parametrize("said", [(200, "[]"), (200, "{"), (500, "{}")])
def test_a_dispute_that_stripe_does_not_tell_is_asked_again(bench, stripe_standin, said):
    for _ in range(2 if said[0] == 500 else 1):
        stripe_standin.say("/v1/disputes/dp_4", *said, method="GET")
    with pytest.raises((Unreadable, GatewayUnavailable)):
        bench.gateway.read(bench.signed(about_dispute({"id": "dp_4"})))


def test_a_secret_that_is_being_replaced_is_taken_beside_the_new_one(bench, stripe_standin):
    both = Stripe("sk_test_x", ACCT, ["whsec_new", bench.secret], stripe_standin.base)
    assert both.read(bench.signed(told("customer.created", {}))) is None
    assert both.read(bench.signed(told("customer.created", {}), secret="whsec_new")) is None


def test_a_message_with_no_secret_set_up_is_forged(stripe_standin):
    with pytest.raises(Forged):
        Stripe("sk_test_x", ACCT).read(Message(b"{}", {}))
