"""The sandbox: the contract, as far as a gateway without any state goes."""

from __future__ import annotations

import pytest

from domain.payments.gateway import (
    Approved,
    DisputeNotice,
    PaymentNotice,
    Unanswered,
    Unreadable,
)
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


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100", True])
def test_an_amount_that_is_none_is_no_event(bench, amount):
    opened = {"type": "dispute.opened", "payment_id": "p", "dispute": "d", "amount": amount}
    with pytest.raises(Unreadable):
        bench.gateway.read(bench.signed(opened))
