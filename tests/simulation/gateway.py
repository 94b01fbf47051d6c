"""A gateway that forgets to answer, and under which the caller dies: faults by the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.payments.gateway import Approved, Unanswered
from gateways.sandbox import Sandbox

if TYPE_CHECKING:
    from random import Random

    from domain.payments.gateway import Charge, Lost, Outcome, Repayment


class Crash(Exception):
    """The process died here; what was recorded stays, nothing else."""


class UnreliableGateway(Sandbox):
    """The sandbox, remembering what it charged and gave back."""

    timeout_seconds = 0

    def __init__(self, random: Random) -> None:
        super().__init__(slow_seconds=0)
        self._random = random
        self.charged: dict[str, int] = {}
        self.repaid: dict[str, int] = {}

    def charge(self, charge: Charge) -> Outcome:
        if self._random.random() < 0.02:
            raise Crash("before the gateway heard of it")
        outcome = self._noted(charge, super().charge(charge))
        if self._random.random() < 0.02:
            raise Crash("before the answer was recorded")
        return Unanswered() if self._random.random() < 0.05 else outcome

    def look_up(self, charge: Charge) -> Outcome | Lost | None:
        if self._random.random() < 0.05:
            return Unanswered()
        return super().look_up(charge) if charge.payment_id in self.charged else None

    def repay(self, repayment: Repayment) -> Outcome:
        if self._random.random() < 0.02:
            raise Crash("before the refund was heard of")
        self.repaid[repayment.refund_id] = repayment.amount
        if self._random.random() < 0.02:
            raise Crash("before the refund's answer was recorded")
        return Unanswered() if self._random.random() < 0.05 else super().repay(repayment)

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        return super().repay(repayment) if repayment.refund_id in self.repaid else None

    def _noted(self, charge: Charge, outcome: Outcome) -> Outcome:
        """What was charged though the answer got lost counts as much."""
        decided = super()._decided(charge)
        if isinstance(decided, Approved) and charge.method_reference != "tok_threeDSecure":
            self.charged[charge.payment_id] = charge.amount
        return outcome
