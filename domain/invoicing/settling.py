"""How an invoice is settled: money asked of a gateway, money that came or did not, and in time."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import Any

from domain.invoicing.document import Document, Status
from domain.invoicing.lines import Line  # noqa: TC001 - as above
from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event

REMEMBERED = 40
"""So many of its declined payments an invoice keeps in mind."""


class Settling(Document):
    class PaymentStarted(Aggregate.Event):
        """Money was asked of a gateway: until it is known what came of it nothing else may move."""

        TOPIC = "invoice.payment_started"
        payment_id: str

    def start_payment(self, payment_id: str) -> None:
        """Raises Conflict `payment_in_progress` or `invoice_not_payable`."""
        self.require_payable()
        self._payment_started(payment_id=payment_id)

    @event(PaymentStarted)
    def _payment_started(self, payment_id: str) -> None:
        self.open_payment_id = payment_id

    class PaymentSucceeded(Aggregate.Event):
        """Money arrived: `amount` counts towards this invoice.

        `source`: online or offline money; balance (the customer's credit, or of a negative total
        what became such); none (nothing was asked for).

        `completes` says that nothing is left to pay. On an invoice recognised by payment the
        completing one carries the lines' re-dated service and the invoice's period.
        """

        TOPIC = "invoice.payment_succeeded"
        payment_id: str | None
        amount: int
        source: str
        paid_at: datetime
        paid_on: date
        completes: bool
        lines: tuple[Line, ...] | None = None
        period_start: datetime | None = None
        period_end: datetime | None = None

    def receive(
        self,
        payment_id: str | None,
        amount: int,
        source: str,
        *,
        at: datetime,
        on: date,
        redated: dict[str, Any] | None = None,
    ) -> None:
        """Count a payment towards what is owed. `redated` belongs to a completing payment only.

        Raises Conflict when the invoice takes no money or another payment is under way, Invalid
        `amount_exceeds_outstanding` for more than is owed.
        """
        self.require_receivable(payment_id)
        if amount > self.amount_remaining:
            raise Invalid.one(
                "amount", "amount_exceeds_outstanding", f"{self.amount_remaining} is owed"
            )
        completes = amount == self.amount_remaining
        self._payment_succeeded(
            payment_id=payment_id,
            amount=amount,
            source=source,
            paid_at=at,
            paid_on=on,
            completes=completes,
            **(redated or {} if completes else {}),
        )

    @event(PaymentSucceeded)
    def _payment_succeeded(
        self,
        payment_id: str | None,
        amount: int,
        source: str,
        completes: bool,
        lines: tuple[Line, ...] | None,
        paid_on: date,
    ) -> None:
        if source == "balance":
            self.balance_applied += amount
        else:
            self.amount_paid += amount
        self.lines = lines or self.lines
        if payment_id == self.open_payment_id:
            self.open_payment_id = None
        if source == "online" and payment_id is not None:
            self.payments = (*self.payments, payment_id)
            self.cards = {**self.cards, payment_id: amount}
        if completes:
            self.status = Status.PAID
            if self.booked_on is None:
                self.booked_on, self.booked_lines = paid_on, self.lowered(self.lines)

    class PaymentFailed(Aggregate.Event):
        """No payment where there was no card to ask. `retry_at` is when an invoice by hand is
        charged again; a subscription says that of its own. Earlier releases said `past_due` here;
        it is an event of its own now."""

        TOPIC = "invoice.payment_failed"
        payment_id: str | None
        code: str
        detail: str
        failed_at: datetime
        past_due: bool = False
        retry_at: datetime | None = None

    def decline(
        self,
        payment_id: str | None,
        code: str,
        detail: str,
        *,
        at: datetime,
        past_due: bool,
        retry_at: datetime | None = None,
    ) -> None:
        """The gateway said no. `past_due` where nobody was there to see it: the charge was for a
        term already begun, or by itself."""
        self._payment_failed(
            payment_id=payment_id, code=code, detail=detail, failed_at=at, retry_at=retry_at
        )
        if past_due and self.status is Status.OPEN:
            self.fall_past_due(at)

    @event(PaymentFailed)
    def _payment_failed(
        self, payment_id: str | None, past_due: bool, failed_at: datetime, retry_at: datetime | None
    ) -> None:
        if payment_id == self.open_payment_id:
            self.open_payment_id = None
        if payment_id is not None:
            self.declined_payments = (*self.declined_payments, payment_id)[-REMEMBERED:]
        if retry_at is not None:
            self.declined_since = self.declined_since or failed_at
        if past_due:
            self.status = Status.PAST_DUE

    class PastDue(Aggregate.Event):
        TOPIC = "invoice.past_due"
        past_due_at: datetime

    def fall_past_due(self, at: datetime) -> None:
        if self.status is not Status.OPEN:
            raise Conflict("invoice_not_payable", f"invoice is {self.status}")
        self._past_due(past_due_at=at)

    @event(PastDue)
    def _past_due(self) -> None:
        self.status = Status.PAST_DUE
