"""What banks take back and return, as the accounting view reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.invoicing.invoice import Invoice
from domain.ledger import posting_rules as rules
from domain.payments.dispute import Dispute
from projections.accounting_batch import Batch, Place, day_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from projections.envelope import Envelope


def _disputed(batch: Batch, at: Envelope) -> None:
    event: Invoice.Disputed = at.event
    row, day = batch.invoices[at.subject], day_of(event.disputed_on)
    lines = batch.books_of(row.id) if event.booked else []
    booking = rules.disputed(lines, event.counted, event.amount, day)
    batch.book(at, row, booking, day, f"Dispute of {row.number}")


def _won(batch: Batch, at: Envelope) -> None:
    event: Invoice.DisputeWon = at.event
    row, day = batch.invoices[at.subject], day_of(event.won_on)
    booking = rules.dispute_won(batch.books_of(row.id), event.lines, event.amount)
    batch.book(at, row, booking, day, f"Dispute of {row.number} won")


def _credit_disputed(batch: Batch, at: Envelope) -> None:
    """Of money that no invoice counts and no credit bears; of others those post it."""
    event: Dispute.Created = at.event
    if event.invoice_id is None:
        day = day_of(event.opened_on)
        lost = event.amount - event.from_balance
        postings = rules.disputed([], 0, lost, day).postings
        place = Place(event.currency, event.customer_id, None, None)
        batch.post(at, place, postings, day, lambda _: "Dispute of a payment into the balance")


def _credit_won(batch: Batch, at: Envelope) -> None:
    event: Dispute.Won = at.event
    if event.invoice_id is None:
        postings = rules.dispute_won([], [], event.amount - event.from_balance).postings
        place = Place(event.currency, event.customer_id, None, None)
        said = "Dispute of a payment into the balance won"
        batch.post(at, place, postings, day_of(event.won_on), lambda _: said)


DISPUTE_HANDLERS: dict[type[Any], Callable[[Batch, Envelope], None]] = {
    Invoice.Disputed: _disputed,
    Invoice.DisputeWon: _won,
    Dispute.Created: _credit_disputed,
    Dispute.Won: _credit_won,
}
