"""A document that asks for money: drafted, issued with a number, paid, voided or given up."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum
from typing import Any, ClassVar

from domain.invoicing.adjustment import Adjustment  # noqa: TC001 - as above
from domain.invoicing.lines import Line  # noqa: TC001 - as above
from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event
from domain.shared.personal import Personal  # noqa: TC001 - as above


class Status(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAST_DUE = "past_due"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


PAYABLE = frozenset({Status.OPEN, Status.PAST_DUE})
TERMINAL = frozenset({Status.PAID, Status.VOID, Status.UNCOLLECTIBLE})


class Document(Aggregate):
    """The state that every part shares, and an invoice's way from draft to its end."""

    class Created(Aggregate.Created):
        """A draft. `lines` are as asked for; what counts is what `Issued` carries."""

        TOPIC = "invoice.created"
        customer_id: str
        currency: str
        collection_method: str
        billing_reason: str
        lines: tuple[Line, ...] = ()
        subscription_id: str | None = None
        notes: str | None = None
        purchase_order: str | None = None
        old_provider_id: str | None = None
        metadata: dict[str, str] = field(default_factory=dict)

    def __init__(
        self,
        *,
        customer_id: str,
        currency: str,
        collection_method: str,
        billing_reason: str,
        lines: tuple[Line, ...],
        subscription_id: str | None,
        notes: str | None,
        purchase_order: str | None,
        old_provider_id: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.customer_id = customer_id
        self.currency = currency
        self.collection_method = collection_method
        self.billing_reason = billing_reason
        self.lines = lines
        self.subscription_id = subscription_id
        self.notes = notes
        self.purchase_order = purchase_order
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.status = Status.DRAFT
        self.number: str | None = None
        self.strategy = "invoice_creation"
        self.total = 0
        self.amount_paid = 0
        self.balance_applied = 0
        self.open_payment_id: str | None = None
        self.booked_on: date | None = None
        self.booked_lines: tuple[Line, ...] = ()
        self.credited = 0
        self.refunded = 0
        self.payments: tuple[str, ...] = ()
        self.adjustments: tuple[Adjustment, ...] = ()

    @property
    def amount_remaining(self) -> int:
        """What is still owed; nothing once the invoice is void or given up."""
        if self.status in {Status.VOID, Status.UNCOLLECTIBLE}:
            return 0
        return self.total - self.amount_paid - self.balance_applied - self.credited

    @property
    def unapplied(self) -> int:
        """What came in part for an invoice that books nothing before it is fully paid."""
        return self.amount_paid + self.unapplied_credit if self.by_payment else 0

    @property
    def unapplied_credit(self) -> int:
        return self.balance_applied if self.by_payment else 0

    @property
    def by_payment(self) -> bool:
        return self.strategy == "invoice_payment"

    class Issued(Aggregate.Event):
        """The document as it stands for ever. The store gives `number` from `series`.

        `issued_on` is the accounting date. `charging` names the payment begun in the same append.
        """

        TOPIC = "invoice.issued"
        SERIES_FIELD: ClassVar = "series"
        series: str
        issued_at: datetime
        issued_on: date
        due_at: datetime | None
        lines: tuple[Line, ...]
        subtotal: int
        tax: int
        total: int
        revenue_recognition_strategy: str
        customer_email: Personal[str | None] = None
        customer_first_name: Personal[str | None] = None
        customer_last_name: Personal[str | None] = None
        organization_name: str | None = None
        period_start: datetime | None = None
        period_end: datetime | None = None
        charging: str | None = None
        number: str | None = None

    def issue(self, document: dict[str, Any]) -> None:
        """`document` holds the fields of `Issued`; a zero total is paid at once.

        Raises Conflict `invoice_not_draft`.
        """
        if self.status is not Status.DRAFT:
            raise Conflict("invoice_not_draft", f"invoice is {self.status}")
        self._issued(**document)

    @event(Issued)
    def _issued(
        self,
        lines: tuple[Line, ...],
        total: int,
        revenue_recognition_strategy: str,
        charging: str | None,
        number: str | None,
        issued_on: date,
    ) -> None:
        self.lines = lines
        if revenue_recognition_strategy == "invoice_creation":
            self.booked_on, self.booked_lines = issued_on, lines
        self.total = total
        self.strategy = revenue_recognition_strategy
        self.number = number
        self.open_payment_id = charging
        self.status = Status.OPEN

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
        self._require_receivable(payment_id)
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
        if completes:
            self.status = Status.PAID
            if self.booked_on is None:
                self.booked_on, self.booked_lines = paid_on, self.lines

    class PaymentFailed(Aggregate.Event):
        TOPIC = "invoice.payment_failed"
        payment_id: str
        code: str
        detail: str
        failed_at: datetime
        past_due: bool = False

    def decline(
        self, payment_id: str, code: str, detail: str, *, at: datetime, past_due: bool
    ) -> None:
        """The gateway said no. `past_due` where the charge was for a term already begun."""
        self._payment_failed(
            payment_id=payment_id,
            code=code,
            detail=detail,
            failed_at=at,
            past_due=past_due and self.status is Status.OPEN,
        )

    @event(PaymentFailed)
    def _payment_failed(self, payment_id: str, past_due: bool) -> None:
        if payment_id == self.open_payment_id:
            self.open_payment_id = None
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

    class Voided(Aggregate.Event):
        """`returned` is money that had been counted and went to the customer's balance before."""

        TOPIC = "invoice.voided"
        voided_at: datetime
        voided_on: date
        reason: str | None = None
        returned: int = 0

    def void(self, *, at: datetime, on: date, reason: str | None = None) -> None:
        """Raises Conflict `invoice_terminal`, `invoice_has_payments` or `payment_in_progress`."""
        self._require_not_terminal()
        if self.status is Status.DRAFT:
            raise Conflict("invoice_not_issued", "a draft has nothing to void")
        if self.amount_paid and self.strategy == "invoice_creation":
            raise Conflict("invoice_has_payments", "refund what was paid first")
        returned = self.amount_paid + self.unapplied_credit
        self._voided(voided_at=at, voided_on=on, reason=reason, returned=returned)

    def void_and_return(self, *, at: datetime, on: date, reason: str) -> int:
        """A job's void: what was paid in part is returned to the customer. Gives that amount."""
        self._require_not_terminal()
        returned = self.amount_paid + self.unapplied_credit
        self._voided(voided_at=at, voided_on=on, reason=reason, returned=returned)
        return returned

    @event(Voided)
    def _voided(self) -> None:
        self.status = Status.VOID

    class MarkedUncollectible(Aggregate.Event):
        """`returned` is unapplied money that went to the customer's balance (by-payment only).

        `tax_relief` says that the state gives the tax back: the account's setting of the day."""

        TOPIC = "invoice.marked_uncollectible"
        marked_at: datetime
        marked_on: date
        reason: str | None = None
        returned: int = 0
        tax_relief: bool = True

    def mark_uncollectible(
        self, *, at: datetime, on: date, reason: str | None = None, tax_relief: bool = True
    ) -> None:
        """Raises Conflict `invoice_terminal`, `invoice_not_issued` or `payment_in_progress`."""
        self._require_not_terminal()
        if self.status is Status.DRAFT:
            raise Conflict("invoice_not_issued", "a draft is not owed yet")
        returned = self.unapplied
        self._marked_uncollectible(
            marked_at=at, marked_on=on, reason=reason, returned=returned, tax_relief=tax_relief
        )

    @event(MarkedUncollectible)
    def _marked_uncollectible(self) -> None:
        self.status = Status.UNCOLLECTIBLE

    class Updated(Aggregate.Event):
        TOPIC = "invoice.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        """`changes` of notes, purchase_order, metadata, in every status."""
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    def require_payable(self) -> None:
        """Raises Conflict unless the invoice is owed and no payment is under way."""
        if self.status not in PAYABLE:
            code = "invoice_terminal" if self.status in TERMINAL else "invoice_not_payable"
            raise Conflict(code, f"invoice is {self.status}")
        self._require_no_open_payment()

    def _require_receivable(self, payment_id: str | None) -> None:
        if self.open_payment_id is None or payment_id != self.open_payment_id:
            self.require_payable()

    def _require_not_terminal(self) -> None:
        if self.status in TERMINAL:
            raise Conflict("invoice_terminal", f"invoice is {self.status}")
        self._require_no_open_payment()

    def _require_no_open_payment(self) -> None:
        if self.open_payment_id is not None:
            raise Conflict("payment_in_progress", f"payment {self.open_payment_id} is under way")
