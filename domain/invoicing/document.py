"""A document that asks for money: drafted, issued with a number, annotated; what is owed of it."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import Any, ClassVar

from domain.invoicing.adjustment import Adjustment  # noqa: TC001 - as above
from domain.invoicing.lines import Line  # noqa: TC001 - as above
from domain.invoicing.owed import PAYABLE as PAYABLE
from domain.invoicing.owed import TERMINAL as TERMINAL
from domain.invoicing.owed import Owed
from domain.invoicing.owed import Status as Status
from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.discount import Discount  # noqa: TC001 - as above
from domain.shared.errors import Conflict, NotFound
from domain.shared.facts import event
from domain.shared.personal import Personal  # noqa: TC001 - as above


class Document(Owed, Aggregate):
    """The state that every part shares, and an invoice's way from draft to its issue."""

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
        due_at: datetime | None = None
        discount: Discount | None = None
        gift: bool = False

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
        due_at: datetime | None,
        discount: Discount | None,
        gift: bool,
    ) -> None:
        self.customer_id = customer_id
        self.currency = currency
        self.gift = gift
        self.collection_method = collection_method
        self.billing_reason = billing_reason
        self.lines = lines
        self.subscription_id = subscription_id
        self.notes = notes
        self.purchase_order = purchase_order
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.due_at = due_at
        self.discount = discount
        self._undone()

    def _undone(self) -> None:
        """Nothing was issued, paid or taken back yet."""
        self.deleted = False
        self.status = Status.DRAFT
        self.number: str | None = None
        self.strategy = "invoice_creation"
        self.total = 0
        self.amount_paid = 0
        self.balance_applied = 0
        self.open_payment_id: str | None = None
        self.payment_method_id: str | None = None
        self.declined_since: datetime | None = None
        self.declined_payments: tuple[str, ...] = ()
        self.booked_on: date | None = None
        self.booked_lines: tuple[Line, ...] = ()
        self.payments: tuple[str, ...] = ()
        self.adjustments: tuple[Adjustment, ...] = ()
        self._nothing_went_back()

    def require_not_given(self, *, override: bool) -> None:
        """Raises Conflict `gift_redeemed`: somebody else has what was paid here."""
        if self.gift and not override and not any(line.held for line in self.lines):
            raise Conflict("gift_redeemed", "its recipient has it: override that to pay it back")

    class Issued(Aggregate.Event):
        """The document as it stands for ever. The store gives `number` from `series`.

        An invoice keeps none of what is personal here: a replay leaves it sealed.

        `issued_on` and `due_on` are accounting dates. `charging` names the payment begun in the
        same append, `payment_method_id` the card that was asked for by name.
        """

        TOPIC = "invoice.issued"
        SERIES_FIELD: ClassVar = "series"
        TOLD_ONLY: ClassVar = True
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
        discount: Discount | None = None
        due_on: date | None = None
        payment_method_id: str | None = None

    def issue(self, document: dict[str, Any]) -> None:
        """`document` holds the fields of `Issued`; a zero total is paid at once.

        Raises Conflict `invoice_not_draft`.
        """
        self.require_draft()
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
        due_at: datetime | None,
        payment_method_id: str | None,
    ) -> None:
        self.lines = lines
        self.due_at = due_at
        self.payment_method_id = payment_method_id
        if revenue_recognition_strategy == "invoice_creation":
            self.booked_on, self.booked_lines = issued_on, lines
        self.total = total
        self.strategy = revenue_recognition_strategy
        self.number = number
        self.open_payment_id = charging
        self.status = Status.OPEN

    class Revised(Aggregate.Event):
        """A draft written anew: everything that its issue will rest on."""

        TOPIC = "invoice.revised"
        currency: str
        lines: tuple[Line, ...]
        collection_method: str
        due_at: datetime | None = None
        discount: Discount | None = None

    def revise(self, draft: dict[str, Any]) -> None:
        """`draft` holds the fields of `Revised`. Raises Conflict `invoice_not_draft`."""
        self.require_draft()
        self._revised(**draft)

    @event(Revised)
    def _revised(
        self,
        currency: str,
        lines: tuple[Line, ...],
        collection_method: str,
        due_at: datetime | None,
        discount: Discount | None,
    ) -> None:
        self.currency = currency
        self.lines = lines
        self.collection_method = collection_method
        self.due_at = due_at
        self.discount = discount

    class Deleted(Aggregate.Event):
        """Of a draft only: what has a number stays."""

        TOPIC = "invoice.deleted"

    def delete(self) -> None:
        """Raises Conflict `invoice_not_draft`."""
        self.require_draft()
        self._deleted()

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True

    class DueMoved(Aggregate.Event):
        """Of an open invoice: from then on it is past due. `due_on` is the accounting date."""

        TOPIC = "invoice.due_moved"
        due_at: datetime | None
        due_on: date | None = None

    def move_due(self, due_at: datetime | None, on: date | None) -> None:
        """Raises Conflict `invoice_not_open`."""
        if self.status is not Status.OPEN:
            raise Conflict("invoice_not_open", f"invoice is {self.status}")
        self._due_moved(due_at=due_at, due_on=on)

    @event(DueMoved)
    def _due_moved(self, due_at: datetime | None) -> None:
        self.due_at = due_at

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

    def require_draft(self) -> None:
        """Raises NotFound once it is deleted, Conflict `invoice_not_draft` once it is issued."""
        if self.deleted:
            raise NotFound(detail=f"there is no invoice {self.ref}")
        if self.status is not Status.DRAFT:
            raise Conflict("invoice_not_draft", f"invoice is {self.status}")

    def require_payable(self) -> None:
        """Raises Conflict unless the invoice is owed and no payment is under way."""
        if self.status not in PAYABLE:
            code = "invoice_terminal" if self.status in TERMINAL else "invoice_not_payable"
            raise Conflict(code, f"invoice is {self.status}")
        self._require_no_open_payment()

    def require_receivable(self, payment_id: str | None) -> None:
        if self.open_payment_id is None or payment_id != self.open_payment_id:
            self.require_payable()

    def require_not_terminal(self) -> None:
        if self.status in TERMINAL:
            raise Conflict("invoice_terminal", f"invoice is {self.status}")
        self._require_no_open_payment()

    def _require_no_open_payment(self) -> None:
        if self.open_payment_id is not None:
            raise Conflict("payment_in_progress", f"payment {self.open_payment_id} is under way")
