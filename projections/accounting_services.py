"""What ends an invoice or its service, or moves it, as the accounting view reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.invoicing.invoice import Invoice
from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking
from domain.ledger.chart import Account
from projections.accounting_batch import Batch, day_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from domain.ledger.books import LineBook
    from domain.ledger.segments import PostingDay
    from projections.accounting_rows import InvoiceRow
    from projections.envelope import Envelope


def _voided(batch: Batch, at: Envelope) -> None:
    event: Invoice.Voided = at.event
    row = batch.invoices[at.subject]
    row.returned = event.returned
    if row.state == "booked":
        day = day_of(event.voided_on)
        lines = batch.books_of(row.id)
        booking = rules.invoice_voided(
            lines, row.outstanding, row.balance_applied, day, won=event.won
        )
        batch.book(at, row, booking, day, f"Void of {row.number}")
    _forgo(batch, at, row, event.voided_on)
    row.state = "void"


def _given_up(batch: Batch, at: Envelope) -> None:
    event: Invoice.MarkedUncollectible = at.event
    row = batch.invoices[at.subject]
    row.returned = event.returned
    row.written_off = row.outstanding + _left_waiting(row)
    if row.state == "booked":
        day = day_of(event.marked_on)
        lines = batch.books_of(row.id)
        booking = rules.marked_uncollectible(
            lines, row.outstanding, day, tax_relief=event.tax_relief, won=event.won
        )
        _count_written_off(row, booking)
        batch.book(at, row, booking, day, f"Write-off of {row.number}")
    _forgo(batch, at, row, event.marked_on)
    row.state = "uncollectible"


def _left_waiting(row: InvoiceRow) -> int:
    """What waited for the rest and does not return: a bank holds it."""
    return row.unapplied if row.state == "waiting" else 0


def _forgo(batch: Batch, at: Envelope, row: InvoiceRow, on: date) -> None:
    if left := _left_waiting(row):
        booking = Booking(rules.unapplied_forgone(left))
        batch.book(at, row, booking, day_of(on), f"Disputed money of {row.number}")


def _service_moved(batch: Batch, at: Envelope) -> None:
    event: Invoice.ServiceMoved = at.event
    spans = {
        line.id: (line.service_start, line.service_end)
        for line in event.lines
        if line.service_start is not None and line.service_end is not None
    }
    _replan(batch, at, lambda lines, day: rules.service_moved(lines, spans, day), event.moved_on)


def _service_ended(batch: Batch, at: Envelope) -> None:
    _replan(batch, at, rules.service_ended, at.event.ended_on)


def _replan(
    batch: Batch, at: Envelope, rule: Callable[[list[LineBook], PostingDay], Booking], on: date
) -> None:
    row = batch.invoices[at.subject]
    if row.state == "booked":
        day = day_of(on)
        batch.book(at, row, rule(batch.books_of(row.id), day), day, f"Service of {row.number}")


def _count_written_off(row: InvoiceRow, booking: Booking) -> None:
    """What of it was expensed, and what the state gives back: a recovery undoes as much."""
    for posting in booking.postings:
        if posting.account is Account.BAD_DEBT:
            row.expensed += posting.amount
        elif posting.account is Account.TAX_PAYABLE:
            row.relieved += posting.amount


SERVICE_HANDLERS: dict[type[Any], Callable[[Batch, Envelope], None]] = {
    Invoice.Voided: _voided,
    Invoice.MarkedUncollectible: _given_up,
    Invoice.ServiceMoved: _service_moved,
    Invoice.ServiceEnded: _service_ended,
}
