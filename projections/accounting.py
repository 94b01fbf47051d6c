"""The accounting view: what each recorded fact does to the journal and to the revenue segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking, Charge
from domain.payments.balance import Balance
from projections.accounting_balances import BALANCE_HANDLERS, MOVES
from projections.accounting_batch import Batch, day_of, open_batch
from projections.accounting_credits import CREDIT_HANDLERS, charges_left
from projections.accounting_disputes import DISPUTE_HANDLERS
from projections.accounting_erasures import forget_names
from projections.accounting_rows import TABLES, DueRow, InvoiceRow, LineRow, PartyRow
from projections.accounting_services import SERVICE_HANDLERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from domain.invoicing.lines import Line
    from projections.envelope import Envelope
    from projections.table import Table, Work

ENDING = (
    Invoice.Voided, Invoice.MarkedUncollectible, Invoice.ServiceMoved, Invoice.ServiceEnded,
    Invoice.Credited, Invoice.CreditVoided, Invoice.Refunded, Invoice.RefundReversed,
    Invoice.Disputed, Invoice.DisputeWon,
)  # fmt: skip
"""What is decided by an invoice's lines as they stand."""


class AccountingView:
    name = "accounting"
    tables: Sequence[Table[Any]] = TABLES

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(kind.TOPIC for kind in HANDLERS)

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        if not events:
            return
        batch = _load(work, events)
        for envelope in events:
            HANDLERS[type(envelope.event)](batch, envelope)
        batch.write(work)
        forget_names(work, batch.erased)


def _load(work: Work, events: Sequence[Envelope]) -> Batch:
    by_kind = _subjects(events)
    invoices = {ref for kind in INVOICE_EVENTS for ref in by_kind[kind]} | _credited(events)
    batch = open_batch(
        work,
        invoices - by_kind[Invoice.Created],
        {ref for kind in MOVES for ref in by_kind[kind]} - by_kind[Balance.Created],
    )
    batch.load_lines(work, _lines_needed(batch, events, by_kind))
    batch.load_parties(work, _customers(batch, events, by_kind[Invoice.Issued]))
    batch.load_sums(work, events[0].position)
    return batch


def _subjects(events: Iterable[Envelope]) -> dict[type, set[str]]:
    by_kind: dict[type, set[str]] = {kind: set() for kind in HANDLERS}
    for each in events:
        by_kind[type(each.event)].add(each.subject)
    return by_kind


def _credited(events: Iterable[Envelope]) -> set[str]:
    """The invoices whose money became credit."""
    credits_ = (each.event for each in events if type(each.event) is Balance.Credited)
    return {event.invoice_id for event in credits_ if event.invoice_id}


def _lines_needed(
    batch: Batch, events: Iterable[Envelope], by_kind: dict[type, set[str]]
) -> set[str]:
    """Of the invoices issued before: those that end, and those that a payment will book."""
    ending = {subject for kind in ENDING for subject in by_kind[kind]}
    booked = {
        each.subject
        for each in events
        if type(each.event) is Invoice.PaymentSucceeded
        and each.event.completes
        and each.subject in batch.invoices
        and batch.invoices[each.subject].strategy == "invoice_payment"
    }
    return (ending | booked) - by_kind[Invoice.Issued]


def _customers(batch: Batch, events: Iterable[Envelope], issued: set[str]) -> set[str]:
    made = {
        each.subject: each.event.customer_id
        for each in events
        if type(each.event) is Invoice.Created
    }
    begun = {each.event.customer_id for each in events if type(each.event) is Balance.Created}
    return begun | {made.get(ref) or batch.invoices[ref].customer_id for ref in issued}


def _drafted(batch: Batch, at: Envelope) -> None:
    event = at.event
    batch.draft(InvoiceRow(at.subject, event.customer_id, event.subscription_id, event.currency))


def _issued(batch: Batch, at: Envelope) -> None:
    event: Invoice.Issued = at.event
    row = batch.invoices[at.subject]
    row.number, row.total = event.number, event.total
    row.strategy = event.revenue_recognition_strategy
    row.due_on = due_date(event)
    batch.name_party(
        PartyRow(
            row.customer_id, at.position, None, event.customer_email, event.customer_first_name,
            event.customer_last_name, event.organization_name,
        )
    )  # fmt: skip
    for number, line in enumerate(event.lines, start=1):
        batch.add_line(_line(row, number, line, event.customer_email, at.position))
    if row.strategy == "invoice_payment":
        row.state = "waiting"
        return
    day = day_of(event.issued_on)
    row.state = "booked"
    charges = [_charge(line) for line in event.lines]
    batch.book(at, row, rules.invoice_issued(charges, day), day, f"Invoice {row.number}")


def _due_moved(batch: Batch, at: Envelope) -> None:
    batch.due_dates.append(DueRow(at.subject, at.position, at.event.due_on))


def _paid(batch: Batch, at: Envelope) -> None:
    event: Invoice.PaymentSucceeded = at.event
    row = batch.invoices[at.subject]
    day, unapplied = day_of(event.paid_on), row.unapplied
    if event.source == "balance":
        row.balance_applied += event.amount
    else:
        row.paid += event.amount
    if row.state != "waiting":
        booking = Booking(rules.payment_received(event.amount, event.source))
    elif not event.completes:
        booking = Booking(rules.part_payment_received(event.amount, event.source))
    else:
        row.state = "booked"
        charges = charges_left(batch, row.id, event.lines)
        booking = rules.fully_paid(charges, unapplied, event.amount, event.source, day)
    batch.book(at, row, booking, day, f"Payment of {row.number}")


def due_date(issued: Invoice.Issued) -> date | None:
    """As it was recorded; before it was, as many days after the issue as its instants say."""
    if issued.due_on is not None or issued.due_at is None:
        return issued.due_on
    return issued.issued_on + (issued.due_at - issued.issued_at)


def _charge(line: Line) -> Charge:
    return Charge(line.id, line.amount, line.tax, line.service_start, line.service_end, line.held)


def _line(
    invoice: InvoiceRow, number: int, line: Line, email: str | None, position: int
) -> LineRow:
    return LineRow(
        invoice.id, number, line.id, invoice.number, invoice.customer_id, email,
        invoice.subscription_id, invoice.currency, line.amount, line.tax,
        line.service_start, line.service_end, line.description,
        line.product_id, line.product_name, line.plan_id, line.plan_name,
        ",".join(line.entitlements), invoice.strategy, position, held=line.held,
    )  # fmt: skip


HANDLERS: dict[type[Any], Callable[[Batch, Envelope], None]] = {
    Invoice.Created: _drafted,
    Invoice.Issued: _issued,
    Invoice.DueMoved: _due_moved,
    Invoice.PaymentSucceeded: _paid,
    **SERVICE_HANDLERS,
    **CREDIT_HANDLERS,
    **DISPUTE_HANDLERS,
    **BALANCE_HANDLERS,
    Customer.Erased: lambda batch, at: batch.erased.add(at.subject),
}
"""Every fact that the books answer to, and nothing else."""

INVOICE_EVENTS = frozenset(kind for kind in HANDLERS if kind.__qualname__.startswith("Invoice."))

ACCOUNTING_VIEW = AccountingView()
