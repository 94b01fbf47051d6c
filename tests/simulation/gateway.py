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
        self.asked: dict[str, Charge] = {}

    def charge(self, charge: Charge) -> Outcome:
        if self._random.random() < 0.02:
            raise Crash("before the gateway heard of it")
        self.asked[charge.payment_id] = charge
        outcome = self._noted(charge, super().charge(charge))
        if self._random.random() < 0.02:
            raise Crash("before the answer was recorded")
        return Unanswered() if self._random.random() < 0.05 else outcome

    def look_up(self, charge: Charge) -> Outcome | Lost | None:
        if self._random.random() < 0.05:
            return Unanswered()
        heard = charge.payment_id in self.charged or charge.method_reference == "tok_lost"
        return super().look_up(charge) if heard else None

    def repay(self, repayment: Repayment) -> Outcome:
        if self._random.random() < 0.02:
            raise Crash("before the refund was heard of")
        if isinstance(self._repaid(repayment), Approved):
            self.repaid[repayment.refund_id] = repayment.amount
        if self._random.random() < 0.02:
            raise Crash("before the refund's answer was recorded")
        return Unanswered() if self._random.random() < 0.05 else super().repay(repayment)

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        return super().repay(repayment) if repayment.refund_id in self.repaid else None

    def _noted(self, charge: Charge, outcome: Outcome) -> Outcome:
        """What was charged though the answer got lost counts as much."""
        decided = super()._decided(charge)
        unsure = charge.method_reference in {"tok_threeDSecure", "tok_lost"}
        if isinstance(decided, Approved) and not unsure:
            self.charged[charge.payment_id] = charge.amount
        return outcome
