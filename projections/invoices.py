"""Invoices: the document with its lines, and what has been paid of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from domain.invoicing.invoice import PAYABLE, Invoice, Status
from projections.invoice_lines import shown_discount, shown_lines
from projections.rendering import EMPTY_LIST, stored, stored_map, taken
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.invoicing.lines import Line
    from domain.shared.discount import Discount
    from projections.envelope import Envelope


@dataclass(slots=True)
class InvoiceRow:
    """`lines` is kept as the API shows it."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    number: str | None
    status: str
    customer_id: str
    subscription_id: str | None
    currency: str
    collection_method: str
    billing_reason: str
    subtotal: int
    tax: int
    total: int
    amount_paid: int
    balance_applied: int
    amount_remaining: int
    issued_at: datetime | None
    due_at: datetime | None
    paid_at: datetime | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    revenue_recognition_strategy: str
    open_payment_id: str | None
    notes: str | None
    purchase_order: str | None
    old_provider_id: str | None
    metadata: Json
    lines: Json
    credited: int = 0
    refunded: int = 0
    discount_total: int = 0
    discount: Json | None = None
    deleted: bool = False
    given_back: int = 0
    recovered: int = 0
    latest_payment_error: Json | None = None
    next_charge_at: datetime | None = None


_NAMES = frozenset(field.name for field in fields(InvoiceRow))
_OWED = frozenset({Status.DRAFT, Status.OPEN, Status.PAST_DUE, Status.PAID})


def _created(envelope: Envelope) -> InvoiceRow:
    told: Invoice.Created = envelope.event
    row = InvoiceRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        number=None,
        status=Status.DRAFT.value,
        customer_id=told.customer_id,
        subscription_id=told.subscription_id,
        currency=told.currency,
        collection_method=told.collection_method,
        billing_reason=told.billing_reason,
        subtotal=0,
        tax=0,
        total=0,
        amount_paid=0,
        balance_applied=0,
        amount_remaining=0,
        issued_at=None,
        due_at=told.due_at,
        paid_at=None,
        current_period_start=None,
        current_period_end=None,
        revenue_recognition_strategy="invoice_creation",
        open_payment_id=None,
        notes=told.notes,
        purchase_order=told.purchase_order,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
        lines=EMPTY_LIST,
    )
    _write(row, told.lines, told.discount)
    return row


def _write(row: InvoiceRow, lines: Sequence[Line], discount: Discount | None) -> None:
    row.subtotal = sum(line.amount for line in lines)
    row.tax = sum(line.tax for line in lines)
    row.total = row.subtotal + row.tax
    row.discount_total = sum(line.discount for line in lines)
    row.discount = None if discount is None else stored_map(shown_discount(discount))
    row.lines = shown_lines(lines)


def _issued(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.Issued = envelope.event
    row.number = told.number
    row.status = Status.OPEN.value
    _write(row, told.lines, told.discount)
    row.issued_at = told.issued_at
    row.due_at = told.due_at
    row.current_period_start = told.period_start
    row.current_period_end = told.period_end
    row.revenue_recognition_strategy = told.revenue_recognition_strategy
    row.open_payment_id = told.charging


def _payment_started(row: InvoiceRow, envelope: Envelope) -> None:
    row.open_payment_id = envelope.event.payment_id
    row.next_charge_at = None


def _payment_succeeded(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.PaymentSucceeded = envelope.event
    if told.source == "balance":
        row.balance_applied += told.amount
    else:
        row.amount_paid += told.amount
    if told.payment_id == row.open_payment_id:
        row.open_payment_id = None
    if told.lines is not None:
        row.lines = shown_lines(told.lines)
        row.current_period_start = told.period_start
        row.current_period_end = told.period_end
    row.latest_payment_error = None
    if told.completes:
        row.status = Status.PAID.value
        row.paid_at = told.paid_at


def _payment_failed(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.PaymentFailed = envelope.event
    if told.payment_id == row.open_payment_id:
        row.open_payment_id = None
    failed = {"code": told.code, "detail": told.detail, "failed_at": told.failed_at}
    row.latest_payment_error = stored(failed)
    row.next_charge_at = told.retry_at
    if told.past_due:
        row.status = Status.PAST_DUE.value


def _past_due(row: InvoiceRow, _: Envelope) -> None:
    row.status = Status.PAST_DUE.value


def _voided(row: InvoiceRow, _: Envelope) -> None:
    row.status = Status.VOID.value


def _marked_uncollectible(row: InvoiceRow, _: Envelope) -> None:
    row.status = Status.UNCOLLECTIBLE.value


def _service_moved(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.ServiceMoved = envelope.event
    row.lines = shown_lines(told.lines)
    row.current_period_start = told.period_start
    row.current_period_end = told.period_end


def _credited(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.Credited = envelope.event
    row.credited += told.receivable
    row.given_back += told.amount - told.receivable
    if told.completes:
        row.status = Status.PAID.value
        row.paid_at = told.credited_at


def _credit_voided(row: InvoiceRow, envelope: Envelope) -> None:
    row.credited -= envelope.event.amount


def _refunded(row: InvoiceRow, envelope: Envelope) -> None:
    row.refunded += envelope.event.amount


def _revised(row: InvoiceRow, envelope: Envelope) -> None:
    told: Invoice.Revised = envelope.event
    row.currency = told.currency
    row.collection_method = told.collection_method
    row.due_at = told.due_at
    _write(row, told.lines, told.discount)


def _deleted(row: InvoiceRow, _: Envelope) -> None:
    row.deleted = True


def _due_moved(row: InvoiceRow, envelope: Envelope) -> None:
    row.due_at = envelope.event.due_at


def _refund_reversed(row: InvoiceRow, envelope: Envelope) -> None:
    row.refunded -= envelope.event.amount


def _recovered(row: InvoiceRow, envelope: Envelope) -> None:
    row.recovered += envelope.event.amount


def _updated(row: InvoiceRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _completed(row: InvoiceRow) -> None:
    owed = row.total - row.amount_paid - row.balance_applied - row.credited
    row.amount_remaining = owed if row.status in _OWED else 0
    if row.status not in PAYABLE:
        row.next_charge_at = None


TABLE = Table("invoices", InvoiceRow)
VIEW = ResourceView(
    TABLE,
    Invoice,
    created={Invoice.Created: _created},
    changed={
        Invoice.Issued: _issued,
        Invoice.PaymentStarted: _payment_started,
        Invoice.PaymentSucceeded: _payment_succeeded,
        Invoice.PaymentFailed: _payment_failed,
        Invoice.PastDue: _past_due,
        Invoice.Voided: _voided,
        Invoice.MarkedUncollectible: _marked_uncollectible,
        Invoice.ServiceMoved: _service_moved,
        Invoice.Credited: _credited,
        Invoice.CreditVoided: _credit_voided,
        Invoice.Refunded: _refunded,
        Invoice.RefundReversed: _refund_reversed,
        Invoice.Recovered: _recovered,
        Invoice.Updated: _updated,
        Invoice.Revised: _revised,
        Invoice.Deleted: _deleted,
        Invoice.DueMoved: _due_moved,
    },
    completed=_completed,
)
