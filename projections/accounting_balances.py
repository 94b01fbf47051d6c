"""What moves customers' balances, as the accounting view reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.ledger import posting_rules as rules
from domain.payments.balance import Balance
from projections.accounting_batch import Batch, Place, day_of, place_of
from projections.accounting_rows import BalanceRow, InvoiceRow, PartyRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from domain.ledger.entries import Entry
    from projections.envelope import Envelope


def _opened(batch: Batch, at: Envelope) -> None:
    event = at.event
    batch.balances[at.subject] = BalanceRow(at.subject, event.customer_id, event.currency, 0)
    if event.named and event.customer_id not in batch.parties:  # an invoice says it better
        batch.name_party(
            PartyRow(
                event.customer_id, at.position, None, event.customer_email,
                event.customer_first_name, event.customer_last_name, event.organization_name,
            )
        )  # fmt: skip


def _credited(batch: Batch, at: Envelope) -> None:
    event: Balance.Credited = at.event
    row = batch.balances[at.subject]
    row.amount = event.ending_balance
    place = Place(row.currency, row.customer_id, event.invoice_id, None)
    invoice = batch.invoices.get(event.invoice_id or "")
    if invoice is not None:
        place = place_of(invoice)
        _count_returned(invoice, event)
    postings = rules.balance_credited(event.amount, event.source)
    batch.post(at, place, postings, day_of(event.credited_on), lambda _: event.description)


def _adjusted(batch: Batch, at: Envelope) -> None:
    event: Balance.Adjusted = at.event
    _alone(batch, at, rules.balance_adjusted(event.amount), event.adjusted_on)


def _alone(batch: Batch, at: Envelope, postings: Entry, on: date) -> None:
    """What moves a balance and concerns no invoice."""
    event, row = at.event, batch.balances[at.subject]
    row.amount = event.ending_balance
    place = Place(row.currency, row.customer_id, None, None)
    batch.post(at, place, postings, day_of(on), lambda _: event.description)


def _applied(batch: Batch, at: Envelope) -> None:
    """The invoice that it settles posts it."""
    batch.balances[at.subject].amount = at.event.ending_balance


def _paid_back(batch: Batch, at: Envelope) -> None:
    event: Balance.PaidBack = at.event
    _alone(batch, at, rules.balance_refunded(event.amount, event.to), event.refunded_on)


def _disputed(batch: Batch, at: Envelope) -> None:
    event: Balance.Disputed = at.event
    _alone(batch, at, rules.balance_disputed(event.amount), event.disputed_on)


def _count_returned(invoice: InvoiceRow, event: Balance.Credited) -> None:
    """What ends an invoice names what is returned too: whichever comes first counts it."""
    returning = event.source in {"receivable", "unapplied"}
    if returning and invoice.state not in {"void", "uncollectible"}:
        invoice.returned += event.amount


BALANCE_HANDLERS: dict[type[Any], Callable[[Batch, Envelope], None]] = {
    Balance.Created: _opened,
    Balance.Credited: _credited,
    Balance.Adjusted: _adjusted,
    Balance.Applied: _applied,
    Balance.PaidBack: _paid_back,
    Balance.Disputed: _disputed,
}
MOVES = (
    Balance.Credited, Balance.Adjusted, Balance.Applied, Balance.PaidBack, Balance.Disputed,
)  # fmt: skip
