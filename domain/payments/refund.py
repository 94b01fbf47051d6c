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
        invoice it is credit that goes back to the customer.

        `falls_to` says what becomes of it when the gateway refuses: `invoice`, as if it had not
        been asked, or `balance`, where a document or a cancellation rests on it. `request_key` is
        answered with `request_ref` by whoever saves the outcome: of several refunds of one request
        the last one, asked after those `beside` it, answers for all.
        """

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
        policy: str | None = None
        credit_note_id: str | None = None
        falls_to: str = "balance"
        request_key: str | None = None
        request_ref: str | None = None
        beside: tuple[str, ...] = ()

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
        falls_to: str,
        request_key: str | None,
        request_ref: str | None,
        beside: tuple[str, ...],
    ) -> None:
        self.customer_id = customer_id
        self.invoice_id = invoice_id
        self.amount = amount
        self.currency = currency
        self.to = to
        self.payment_id = payment_id
        self.gateway = gateway
        self.falls_to = falls_to
        self.request_key = request_key
        self.request_ref = request_ref
        self.beside = beside
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

    class Failed(Aggregate.Event):
        """The gateway refused; where the money went instead is in the same append."""

        TOPIC = "refund.failed"
        code: str
        detail: str
        failed_at: datetime

    def fail(self, code: str, detail: str, at: datetime, *, came_back: bool = False) -> bool:
        """`came_back`: a card's bank returned what the gateway had paid out. Whether it is news."""
        paid_out = came_back and self.to == "card" and self.status == "succeeded"
        if self.status != "pending" and not paid_out:
            return False
        self._failed(code=code, detail=detail, failed_at=at)
        return True

    @event(Failed)
    def _failed(self) -> None:
        self.status = "failed"
