"""The sandbox: the contract, as far as a gateway without any state goes."""

from __future__ import annotations

import pytest

from domain.payments.gateway import (
    Approved,
    DisputeNotice,
    PaymentNotice,
    Unanswered,
)
from domain.shared.errors import Invalid
from gateways.sandbox import SIGNATURE, Sandbox
from tests.gateways.contract import Bench, ConfirmingContract


class Counting(Sandbox):
    """Counts what it did, and loses what a test says."""

    def __init__(self):
        super().__init__(0, lambda: "whsec_test")
        self.done, self.fault, self.failing = {}, None, None

    def charge(self, charge):
        return self._counted(charge.payment_id, 1, lambda: super(Counting, self).charge(charge))

    def look_up(self, charge):
        if self._failing("look_up"):
            return Unanswered()
        outcome = super().look_up(charge)
        known = charge.payment_id in self.done or not isinstance(outcome, Approved)
        return outcome if known else None

    def repay(self, repayment):
        ask = super().repay
        return self._counted(repayment.refund_id, repayment.amount, lambda: ask(repayment))

    def abandon(self, charge):
        return Unanswered() if self._failing("look_up") else super().abandon(charge)

    def look_up_repayment(self, repayment):
        if self._failing("refund_look_up"):
            return Unanswered()
        found = super().look_up_repayment
        return found(repayment) if repayment.refund_id in self.done else None

    def _failing(self, what):
        fails = self.failing == what
        if fails:
            self.failing = None
        return fails

    def fail(self, what, how):
        if what.endswith("look_up"):
            self.failing = what
        else:
            self.fault = how

    def _counted(self, ref, amount, ask):
        fault, self.fault = self.fault, None
        outcome = Unanswered() if fault == "before" else ask()
        if isinstance(outcome, Approved):
            self.done[ref] = amount
        return outcome if fault is None else Unanswered()


@pytest.fixture
def bench():
    gateway = Counting()
    return Bench(
        gateway=gateway,
        good="tok_visa",
        declined="tok_chargeDeclined",
        confirmed="tok_threeDSecure",
        charges=lambda ref: gateway.done.get(ref, 0),
        repaid=lambda ref: gateway.done.get(ref, 0),
        fail=gateway.fail,
        header=SIGNATURE,
    )


class TestSandbox(ConfirmingContract):
    """What every gateway does."""


def test_what_a_tester_signs_is_told_on(bench):
    read = bench.gateway.read
    paid = {"type": "payment.succeeded", "payment_id": "pay_1"}
    assert read(bench.signed(paid)) == PaymentNotice("pay_1", Approved("sandbox_pay_1"))
    refused = read(bench.signed({**paid, "type": "payment.failed", "code": "stolen_card"}))
    assert refused.outcome.is_hard
    opened = {"type": "dispute.opened", "payment_id": "pay_1", "dispute": "d1", "amount": 100}
    assert read(bench.signed(opened)) == DisputeNotice("d1", "pay_1", "opened", 100)
    assert read(bench.signed({"type": "something.else"})) is None


OPENED = {"type": "dispute.opened", "payment_id": "p", "dispute": "d"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", 0, "too_small"),
        ("amount", -1, "too_small"),
        ("amount", 10**15, "too_large"),
        ("amount", 1.5, "wrong_type"),
        ("amount", "100", "wrong_type"),
        ("amount", True, "wrong_type"),
        ("reason", "a\x00b", "not_allowed"),
        ("reason", "\ud800", "not_unicode"),
        ("reason", 1, "wrong_type"),
        ("reason", {}, "wrong_type"),
        ("dispute", "a\x00b", "not_allowed"),
        ("dispute", "d" * 201, "too_long"),
        ("dispute", "", "too_short"),
        ("dispute", None, "required"),
        ("payment_id", ["p"], "wrong_type"),
    ],
)
def test_a_wrong_field_of_an_event_is_named(bench, field, value, code):
    with pytest.raises(Invalid) as refused:
        bench.gateway.read(bench.signed({**OPENED, field: value}))
    assert [(each.field, each.code) for each in refused.value.fields] == [(field, code)]


def test_all_wrong_fields_of_an_event_are_named(bench):
    with pytest.raises(Invalid) as refused:
        bench.gateway.read(bench.signed({"type": "dispute.lost", "reason": 1, "amount": 0}))
    named = {each.field for each in refused.value.fields}
    assert named == {"dispute", "payment_id", "amount", "reason"}


def test_what_may_be_left_out_may_be_null(bench):
    opened = {**OPENED, "amount": None, "reason": None, "unheard_of": 1}
    assert bench.gateway.read(bench.signed(opened)) == DisputeNotice("d", "p", "opened")
