"""What takes an invoice back in part or brings its money back, as the accounting view reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.invoicing.invoice import Invoice
from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking, Charge, WrittenOff
from projections.accounting_batch import Batch, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.invoicing.lines import Line
    from projections.accounting_rows import LineRow
    from projections.envelope import Envelope


def charges_left(batch: Batch, invoice: str, redated: Sequence[Line] | None) -> list[Charge]:
    """What a payment books: the lines of the issue less what notes took off them since, on the
    days that it re-dates them to."""
    moved = {line.id: line for line in redated or ()}
    return [_charge(row, moved.get(row.line_id)) for row in batch.lines[invoice]]


def _charge(row: LineRow, moved: Line | None) -> Charge:
    if moved is None:
        return Charge(
            row.line_id, row.amount, row.tax, row.service_start, row.service_end, row.held
        )
    return Charge(
        row.line_id, row.amount, row.tax, moved.service_start, moved.service_end, moved.held
    )


def _credited(batch: Batch, at: Envelope) -> None:
    event: Invoice.Credited = at.event
    row, day = batch.invoices[at.subject], day_of(event.credited_on)
    row.credited += event.receivable
    if row.state == "waiting":
        for each in event.lines:
            batch.lower(row.id, each.line_id, each.net, each.tax)
        return
    if row.state != "booked":
        return
    lines = batch.books_of(row.id)
    given = {
        "receivable": event.receivable,
        "balance": event.balance,
        "card": sum(event.cards.values()),
        "offline": event.offline,
    }
    if event.line_id is not None:
        booking = rules.line_credited(
            lines, event.line_id, event.net, event.tax, event.balance, day
        )
    elif event.lines:
        parts = {each.line_id: (each.net, each.tax) for each in event.lines}
        booking = rules.lines_credited(lines, parts, given, day, event.policy)
    else:
        booking = rules.credited(lines, given, day, event.policy)
    batch.book(at, row, booking, day, f"Credit note on {row.number}")


def _credit_voided(batch: Batch, at: Envelope) -> None:
    event: Invoice.CreditVoided = at.event
    row, day = batch.invoices[at.subject], day_of(event.voided_on)
    row.credited -= event.amount
    if row.state == "waiting":
        for each in event.lines:
            batch.lower(row.id, each.line_id, -each.earned - each.unearned, -each.tax)
        return
    booking = rules.credit_note_voided(batch.books_of(row.id), event.lines, event.amount, day)
    batch.book(at, row, booking, day, f"Void of a credit note on {row.number}")


def _refunded(batch: Batch, at: Envelope) -> None:
    event: Invoice.Refunded = at.event
    row, day = batch.invoices[at.subject], day_of(event.refunded_on)
    lines, account = batch.books_of(row.id), rules.ALLOCATED[event.to]
    booking = rules.refunded(lines, event.amount, account, day, event.policy)
    batch.book(at, row, booking, day, f"Refund of {row.number}")


def _refund_reversed(batch: Batch, at: Envelope) -> None:
    event: Invoice.RefundReversed = at.event
    row, day = batch.invoices[at.subject], day_of(event.reversed_on)
    booking = rules.refund_reversed(batch.books_of(row.id), event.lines, event.amount, day)
    batch.book(at, row, booking, day, f"Refund of {row.number} that failed")


def _recovered(batch: Batch, at: Envelope) -> None:
    event: Invoice.Recovered = at.event
    row, day = batch.invoices[at.subject], day_of(event.recovered_on)
    lost = WrittenOff(row.written_off, row.expensed, row.relieved, row.recovered)
    postings = rules.recovered(event.amount, event.source, lost)
    row.recovered += event.amount
    batch.book(at, row, Booking(postings), day, f"Recovery of {row.number}")


CREDIT_HANDLERS: dict[type[Any], Callable[[Batch, Envelope], None]] = {
    Invoice.Credited: _credited,
    Invoice.CreditVoided: _credit_voided,
    Invoice.Refunded: _refunded,
    Invoice.RefundReversed: _refund_reversed,
    Invoice.Recovered: _recovered,
}
