"""Nobody sends late: an intent that waited too long is left to those who look it up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.payments.gateway import Unanswered

if TYPE_CHECKING:
    from domain.payments.gateway import (
        Card,
        Charge,
        Gateway,
        Lost,
        Message,
        Notice,
        Outcome,
        Registration,
        Repayment,
    )


class Punctual:
    """A gateway that is asked only while half its timeout has not passed since the intent.

    Whoever resumes takes intents older than twice the timeout: the two never send at once.
    """

    def __init__(self, gateway: Gateway, *, livemode: bool) -> None:
        self._gateway = gateway
        self._livemode = livemode
        self.name = gateway.name
        self.timeout_seconds = gateway.timeout_seconds
        self.idempotent_seconds = gateway.idempotent_seconds

    def charge(self, charge: Charge) -> Outcome:
        """The intents of a test account bear its own clock's time: there nobody is late."""
        if self._livemode and charge.intended_at is not None:
            waited = (datetime.now(UTC) - charge.intended_at).total_seconds()
            if waited > self.timeout_seconds / 2:
                return Unanswered()
        return self._gateway.charge(charge)

    def register(self, new: Registration) -> Card:
        return self._gateway.register(new)

    def look_up(self, charge: Charge) -> Outcome | Lost | None:
        return self._gateway.look_up(charge)

    def abandon(self, charge: Charge) -> Outcome:
        return self._gateway.abandon(charge)

    def repay(self, repayment: Repayment) -> Outcome:
        return self._gateway.repay(repayment)

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        return self._gateway.look_up_repayment(repayment)

    def read(self, message: Message) -> Notice | None:
        return self._gateway.read(message)
