"""The built-in gateway: every answer follows from the card's token, so nothing is ever lost.

Source of the token names: the HTTP contract. A charge is approved under a reference made from
our payment id, so asking twice is one charge.
"""

from __future__ import annotations

import time

from domain.payments.gateway import (
    Approved,
    Card,
    Charge,
    Declined,
    Outcome,
    Repayment,
    Unanswered,
)
from domain.shared.errors import Invalid

_CARDS = {
    "tok_visa": Card("tok_visa", "visa", "4242", 12, 2099),
    "tok_chargeDeclined": Card("tok_chargeDeclined", "visa", "0002", 12, 2099),
    "tok_insufficientFunds": Card("tok_insufficientFunds", "visa", "9995", 12, 2099),
    "tok_timeout": Card("tok_timeout", "visa", "0119", 12, 2099),
    "tok_slow": Card("tok_slow", "visa", "0077", 12, 2099),
}
_DECLINES = {
    "tok_chargeDeclined": Declined("card_declined", "The card was declined."),
    "tok_insufficientFunds": Declined("insufficient_funds", "The card has insufficient funds."),
}


class Sandbox:
    name = "sandbox"
    timeout_seconds = 2

    def __init__(self, slow_seconds: float = 1.0) -> None:
        self._slow_seconds = slow_seconds

    def register(self, token: str) -> Card:
        try:
            return _CARDS[token]
        except KeyError:
            known = ", ".join(_CARDS)
            raise Invalid.one("token", "token_not_accepted", f"one of {known}") from None

    def charge(self, charge: Charge) -> Outcome:
        if charge.method_reference == "tok_timeout":
            return Unanswered()
        if charge.method_reference == "tok_slow":
            time.sleep(self._slow_seconds)
        return self._decided(charge)

    def repay(self, repayment: Repayment) -> Outcome:
        return Approved(f"sandbox_{repayment.refund_id}")

    def look_up(self, charge: Charge) -> Outcome | None:
        return self._decided(charge)

    def _decided(self, charge: Charge) -> Outcome:
        approved = Approved(f"sandbox_{charge.payment_id}")
        return _DECLINES.get(charge.method_reference, approved)
