"""The port to payment gateways: what is asked of one, and the answers it can give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Card:
    """A payment method as the gateway registered it; `reference` is what it charges by."""

    reference: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None


@dataclass(frozen=True, slots=True)
class Charge:
    """`payment_id` is our reference and the gateway's idempotency key."""

    payment_id: str
    amount: int
    currency: str
    method_reference: str


@dataclass(frozen=True, slots=True)
class Repayment:
    """Money of a charge to give back. `refund_id` is the gateway's idempotency key."""

    refund_id: str
    payment_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Approved:
    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request was sent and nothing came back: it may have been charged."""


Outcome = Approved | Declined | Unanswered


class Gateway(Protocol):
    """One payment provider. Calls block; none raises for what the provider says."""

    name: str
    timeout_seconds: int

    def register(self, token: str) -> Card:
        """Keep a card for later charges. Raises Invalid `token_not_accepted`."""

    def charge(self, charge: Charge) -> Outcome:
        """Ask for money once per `payment_id`, however often it is called."""

    def repay(self, repayment: Repayment) -> Outcome:
        """Give money back once per `refund_id`, however often it is called."""

    def look_up(self, charge: Charge) -> Outcome | None:
        """What became of a charge by our reference; None when the gateway never saw it."""
