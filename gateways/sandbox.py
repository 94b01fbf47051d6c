"""The built-in gateway: every answer follows from the card's token, so nothing is ever lost.

Source of the token names: the HTTP contract. A charge is approved under a reference made from
our payment id, so asking twice is one charge. What happens later (a confirmed 3-D Secure charge,
a dispute) is told by signed events that a tester sends.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Card,
    Charge,
    Declined,
    Forged,
    Lost,
    Message,
    Notice,
    Outcome,
    Registration,
    Repayment,
    Unanswered,
    Unreadable,
)
from domain.shared.errors import Invalid
from gateways.sandbox_events import notice_of
from gateways.signatures import require_signed

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE = "sandbox-signature"
_VISA = Card("", "visa", "4242", 12, 2099)
_CARDS = {
    "tok_visa": _VISA,
    "tok_chargeDeclined": replace(_VISA, last4="0002"),
    "tok_insufficientFunds": replace(_VISA, last4="9995"),
    "tok_expiredCard": replace(_VISA, last4="0069", exp_month=1, exp_year=2020),
    "tok_threeDSecure": replace(_VISA, last4="3155"),
    "tok_timeout": replace(_VISA, last4="0119"),
    "tok_slow": replace(_VISA, last4="0077"),
    "tok_lost": replace(_VISA, last4="0404"),
    "tok_refundTimeout": replace(_VISA, last4="0118"),
    "tok_refundFails": replace(_VISA, last4="5126"),
}
_DECLINES = {
    "tok_chargeDeclined": Declined("card_declined", "The card was declined."),
    "tok_insufficientFunds": Declined("insufficient_funds", "The card has insufficient funds."),
    "tok_expiredCard": Declined("expired_card", "The card has expired.", hard=True),
}
_UNCONFIRMED = Declined("authentication_required", "The customer did not confirm the charge.")


class Sandbox:
    """`signing_secret` gives what events are signed with; without it none is taken."""

    name = "sandbox"
    timeout_seconds = 2
    idempotent_seconds = 10**9

    def __init__(
        self, slow_seconds: float = 1.0, signing_secret: Callable[[], str] | None = None
    ) -> None:
        self._slow_seconds = slow_seconds
        self._signing_secret = signing_secret

    def register(self, new: Registration) -> Card:
        try:
            return replace(_CARDS[new.token], reference=new.token)
        except KeyError:
            known = ", ".join(_CARDS)
            raise Invalid.one("token", "token_not_accepted", f"one of {known}") from None

    def charge(self, charge: Charge) -> Outcome:
        if charge.method_reference in {"tok_timeout", "tok_lost"}:
            return Unanswered()
        if charge.method_reference == "tok_slow":
            time.sleep(self._slow_seconds)
        if charge.method_reference == "tok_threeDSecure":
            return self._to_confirm(charge)
        return self._decided(charge)

    def look_up(self, charge: Charge) -> Outcome | Lost | None:
        if charge.method_reference == "tok_lost":
            return Lost()
        if charge.method_reference == "tok_threeDSecure":
            return self._to_confirm(charge)
        return self._decided(charge)

    def abandon(self, charge: Charge) -> Outcome:
        return _UNCONFIRMED if charge.method_reference == "tok_threeDSecure" else Unanswered()

    def repay(self, repayment: Repayment) -> Outcome:
        if repayment.payment_reference.startswith("sandbox_refundTimeout_"):
            return Unanswered()
        return self._repaid(repayment)

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        return self._repaid(repayment)

    def _repaid(self, repayment: Repayment) -> Outcome:
        if repayment.payment_reference.startswith("sandbox_refundFails_"):
            return Declined("expired_or_canceled_card", "The card takes no money.", hard=True)
        return Approved(f"sandbox_{repayment.refund_id}")

    def read(self, message: Message) -> Notice | None:
        if self._signing_secret is None:
            raise Forged(detail="this account has no signing secret")
        require_signed(message, SIGNATURE, [self._signing_secret()])
        return _notice(message.body)

    def _to_confirm(self, charge: Charge) -> Outcome:
        if charge.off_session:
            return _UNCONFIRMED
        reference = f"sandbox_{charge.payment_id}"
        return ActionRequired(reference, client_secret=f"{reference}_secret")

    def _decided(self, charge: Charge) -> Outcome:
        kind = charge.method_reference.removeprefix("tok_")
        behaves = f"{kind}_" if kind.startswith("refund") else ""
        approved = Approved(f"sandbox_{behaves}{charge.payment_id}")
        return _DECLINES.get(charge.method_reference, approved)


def _notice(body: bytes) -> Notice | None:
    """Raises Unreadable for what no sandbox would say, Invalid for wrong fields."""
    try:
        return notice_of(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable(detail="not an event of the sandbox") from None
