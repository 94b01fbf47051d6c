"""What invoices say on paper, read from the log and the projections in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.invoicing.invoice import Invoice
from domain.shared.identifiers import uuid_of
from papers.told import InvoiceTold, LineTold
from projections import credit_notes, invoices, log
from projections.paper_movements import Money, credited, named_in, paid, refunded
from projections.papers_there import require_invoices
from projections.parties import Directory, Named
from projections.rendering import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.envelope import Envelope
    from projections.invoices import InvoiceRow
    from projections.reading import Reading


def invoices_told(reading: Reading, refs: Sequence[str]) -> list[InvoiceTold]:
    """In the order of the refs. Raises NotFound."""
    require_invoices(reading, refs)
    found = invoices.TABLE.load(reading, refs)
    histories = histories_of(reading, refs)
    directory = Directory(reading, [row.customer_id for row in found.values()])
    events = [each for history in histories.values() for each in history]
    told = Ledger(Money(reading, named_in(events)), _numbers(reading, refs))
    return [_told(found[ref], histories[ref], directory, told) for ref in refs]


class Ledger(NamedTuple):
    """What moved: payments, and credit notes' numbers by their ids."""

    money: Money
    numbers: Mapping[str, str | None]


def _numbers(reading: Reading, refs: Sequence[str]) -> dict[str, str | None]:
    notes = credit_notes.TABLE.load_by(reading, "invoice_id", refs)
    return {note.id: note.number for note in notes}


def histories_of(reading: Reading, refs: Sequence[str]) -> dict[str, list[Envelope]]:
    """The events of some aggregates, as far as the reading shows."""
    histories: dict[str, list[Envelope]] = defaultdict(list)
    ids = [uuid_of(ref) for ref in refs]
    for each in log.read_streams(
        reading.cursor, reading.account_id, ids, reading.position, for_documents=True
    ):
        histories[each.subject].append(each)
    return histories


def _told(
    row: InvoiceRow, history: Sequence[Envelope], directory: Directory, ledger: Ledger
) -> InvoiceTold:
    issued = next((each for each in history if isinstance(each.event, Invoice.Issued)), None)
    position = None if issued is None else issued.position
    return InvoiceTold(
        number=row.number, status=row.status, currency=row.currency,
        parties=directory.parties(row.customer_id, position, named_of(history)),
        lines=[_line(line) for line in read(row.lines)],
        subtotal=row.subtotal, tax=row.tax, total=row.total, amount_paid=row.amount_paid,
        balance_applied=row.balance_applied, credited=row.credited,
        amount_remaining=row.amount_remaining, issued_at=row.issued_at, due_at=row.due_at,
        paid_at=row.paid_at, late_since=_late_since(history),
        period_start=row.current_period_start, period_end=row.current_period_end,
        purchase_order=row.purchase_order, notes=row.notes,
        discount_code=(read(row.discount) or {}).get("code"),
        payments=list(paid(history, ledger.money)),
        credits=list(credited(history, ledger.numbers)),
        refunds=list(refunded(history)),
    )  # fmt: skip


def named_of(history: Sequence[Envelope]) -> Named | None:
    """The names that an invoice keeps; None before it is issued."""
    for told in (each.event for each in history):
        if isinstance(told, Invoice.Issued):
            return Named(
                told.customer_email,
                told.customer_first_name,
                told.customer_last_name,
                told.organization_name,
            )
    return None


def _line(shown: dict[str, Any]) -> LineTold:
    """Of a line as the API shows it."""
    start, end, rate = (shown[name] for name in ("period_start", "period_end", "tax_rate"))
    names = ("description", "unit_amount", "quantity", "amount", "tax", "tax_behavior")
    return LineTold(
        **{name: shown[name] for name in names},
        discount=shown.get("discount") or 0,
        tax_rate=None if rate is None else Decimal(rate),
        period_start=None if start is None else datetime.fromisoformat(start),
        period_end=None if end is None else datetime.fromisoformat(end),
    )


def _late_since(history: Sequence[Envelope]) -> datetime | None:
    for each in history:
        told = each.event
        if isinstance(told, Invoice.PastDue):
            return told.past_due_at
        if isinstance(told, Invoice.PaymentFailed) and told.past_due:
            return told.failed_at
    return None
