"""Money on its way back: the intent, recorded with what it books, and what became of it."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event


class Refund(Aggregate):
    """Its typed id is the idempotency key and reference given to the gateway."""

    TOPIC = "refund"
    prefix = "ref"

    class Created(Aggregate.Created):
        """`to`: card, through the gateway that took `payment_id`; balance; offline. Without an
        invoice it is credit that goes back to the customer."""

        TOPIC = "refund.created"
        customer_id: str
        invoice_id: str | None
        amount: int
        currency: str
        to: str
        refunded_on: date
        payment_id: str | None = None
        gateway: str | None = None
        subscription_id: str | None = None
        reason: str | None = None

    def __init__(
        self,
        *,
        customer_id: str,
        invoice_id: str | None,
        amount: int,
        currency: str,
        to: str,
        payment_id: str | None,
        gateway: str | None,
    ) -> None:
        self.customer_id = customer_id
        self.invoice_id = invoice_id
        self.amount = amount
        self.currency = currency
        self.to = to
        self.payment_id = payment_id
        self.gateway = gateway
        self.status = "pending" if to == "card" else "succeeded"

    class Succeeded(Aggregate.Event):
        TOPIC = "refund.succeeded"
        gateway_reference: str
        succeeded_at: datetime

    def succeed(self, gateway_reference: str, at: datetime) -> None:
        """The gateway took it; a second answer changes nothing."""
        if self.status == "pending":
            self._succeeded(gateway_reference=gateway_reference, succeeded_at=at)

    @event(Succeeded)
    def _succeeded(self) -> None:
        self.status = "succeeded"
