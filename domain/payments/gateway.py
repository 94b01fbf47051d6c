"""The port to payment gateways: what is asked of one, what it answers, what it tells by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from domain.payments.told import Told
from domain.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


_REFERENCE = 500
"""Characters of a gateway's own name for something: more than any has, few enough for an index."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A token to be kept as a card. `beside` is the reference of another card that the customer
    has at this gateway, where one is known."""

    token: str
    customer_id: str
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Card(Told):
    """A payment method as the gateway registered it; `reference` is what it charges by."""

    TEXTS: ClassVar = {"reference": _REFERENCE, "brand": 50, "last4": 4}

    reference: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None


@dataclass(frozen=True, slots=True)
class Charge:
    """`payment_id` is our reference and the gateway's idempotency key.

    `off_session`: the customer is not there to confirm anything. `intended_at` is when the intent
    was saved; None where it was looked up just now. `return_url`: where the customer comes back
    to after confirming; not kept, so that a resumed charge has none.
    """

    payment_id: str
    amount: int
    currency: str
    method_reference: str
    off_session: bool = False
    intended_at: datetime | None = None
    return_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Repayment:
    """Money of a charge to give back. `refund_id` is our reference and the idempotency key,
    `payment_reference` the gateway's own name for the charge; `whole`: all of it goes back."""

    refund_id: str
    payment_id: str
    amount: int
    currency: str
    payment_reference: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Approved(Told):
    """`resolution` is why a person says so, where the gateway did not."""

    TEXTS: ClassVar = {"reference": _REFERENCE}

    reference: str
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class Declined(Told):
    """`hard`: the gateway says that asking again cannot help. `resolution` as of Approved."""

    TEXTS: ClassVar = {"code": 100, "detail": 500}

    code: str
    detail: str
    hard: bool = False
    resolution: str | None = None

    @property
    def is_hard(self) -> bool:
        return self.hard or self.code in HARD_DECLINES


@dataclass(frozen=True, slots=True)
class ActionRequired(Told):
    """The customer has to confirm it (3-D Secure). What they need for it we never keep: a look-up
    tells it again."""

    TEXTS: ClassVar = {"reference": _REFERENCE}

    reference: str
    client_secret: str | None = field(default=None, repr=False)
    redirect_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nothing came back, or, where it was `reached`, nothing final yet: it may be charged."""

    reached: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Of a look-up: the gateway itself cannot tell what became of it, and never will."""


Outcome = Approved | Declined | ActionRequired | Unanswered

HARD_DECLINES = frozenset({
    "account_closed", "expired_card", "fraudulent", "incorrect_number", "invalid_account",
    "lost_card", "pickup_card", "restricted_card", "revocation_of_authorization", "stolen_card",
})  # fmt: skip
"""Asking again cannot help: the card will never pay, and card schemes forbid it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent who says to be the gateway. Header names are in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """Something became of a payment: look it up, where the outcome is not told with it."""

    payment_id: str
    outcome: Approved | Declined | None = None


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """Something became of a refund: look it up."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class ForeignRefundNotice:
    """What was given back of a payment at the gateway without our asking: all of it so far."""

    payment_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class DisputeNotice(Told):
    """A dispute as it stands: `status` opened, won or lost. `reference` is the gateway's name of
    it; no amount means all of the payment."""

    TEXTS: ClassVar = {"reference": _REFERENCE, "reason": 500}

    reference: str
    payment_id: str
    status: str
    amount: int | None = None
    reason: str | None = None


Notice = PaymentNotice | RefundNotice | ForeignRefundNotice | DisputeNotice


class Forged(DomainError):
    """The message does not bear the gateway's signature, or one too old to be taken."""

    code = "invalid_signature"


class Unreadable(DomainError):
    """The message is the gateway's own, and is none of its events."""

    code = "unreadable_event"


class GatewayUnavailable(DomainError):
    """The gateway cannot be asked now; nothing was begun."""

    code = "gateway_unavailable"


class Gateway(Protocol):
    """One payment provider for one account. Calls block; none raises for what it says to money.

    `idempotent_seconds`: for how long the same reference sent again is surely the same charge;
    0 where that is not so at all.
    """

    name: str
    timeout_seconds: int
    idempotent_seconds: int

    def register(self, new: Registration) -> Card:
        """Keep a card for later charges. Raises Invalid `token_not_accepted`,
        GatewayUnavailable."""

    def charge(self, charge: Charge) -> Outcome:
        """Ask for money once per `payment_id`, however often it is called."""

    def look_up(self, charge: Charge) -> Outcome | Lost | None:
        """What became of a charge by our reference; None when the gateway never saw it."""

    def abandon(self, charge: Charge) -> Outcome:
        """Give up a charge that the customer did not confirm: Declined, unless it was paid."""

    def repay(self, repayment: Repayment) -> Outcome:
        """Give money back once per `refund_id`, however often it is called."""

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        """What became of a refund by our reference; None when the gateway never saw it."""

    def read(self, message: Message) -> Notice | None:
        """What a message says, None for what concerns us not. Raises Forged, or where the signature
        is right Unreadable, and Invalid for wrong fields."""
