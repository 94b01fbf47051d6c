"""What receipts and credit notes say on paper, read in one snapshot."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from domain.invoicing.credit_note import CreditNote
from domain.invoicing.invoice import Invoice
from domain.payments.payment import Payment, Status
from domain.shared.errors import Conflict, NotFound
from papers.told import CreditNoteTold, LineTold, ReceiptTold
from projections import credit_notes, invoices
from projections.paper_movements import Money
from projections.papers import histories_of, named_of
from projections.parties import Directory
from projections.rendering import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.credit_notes import CreditNoteRow
    from projections.envelope import Envelope
    from projections.invoices import InvoiceRow
    from projections.payments import PaymentRow
    from projections.reading import Reading

_CAME = (Invoice.PaymentSucceeded, Invoice.Recovered)


def receipts_told(reading: Reading, refs: Sequence[str]) -> list[ReceiptTold]:
    """Raises NotFound; Conflict `payment_not_succeeded` for money that did not come."""
    money = Money(reading, refs)
    told = []
    for ref in refs:
        row = money.payments.get(ref)
        if row is None:
            raise NotFound(detail=f"there is no payment {ref}")
        told.append(_receipt(reading, row, money))
    return told


def _receipt(reading: Reading, row: PaymentRow, money: Money) -> ReceiptTold:
    if row.status != Status.SUCCEEDED:
        raise Conflict("payment_not_succeeded", f"the payment is {row.status}: no money came")
    refs = [row.id, *([row.invoice_id] if row.invoice_id else [])]
    histories = histories_of(reading, refs)
    created = histories[row.id][0]
    invoice = invoices.TABLE.load(reading, refs[1:]).get(row.invoice_id or "")
    description = created.event.description if isinstance(created.event, Payment.Created) else None
    return ReceiptTold(
        number=row.id, currency=row.currency,
        parties=Directory(reading, [row.customer_id]).parties(
            row.customer_id, created.position, named_of(histories.get(row.invoice_id or "", [])),
        ),
        payment=money.came(row, row.amount, row.settled_at or row.started_at),
        description=description,
        invoice_number=None if invoice is None else invoice.number,
        to_balance=row.amount - _taken(histories[row.invoice_id], row.id) if row.invoice_id else 0,
    )  # fmt: skip


def _taken(invoice: Sequence[Envelope], payment_id: str) -> int:
    """What an invoice took of a payment."""
    came = (each.event for each in invoice if isinstance(each.event, _CAME))
    return sum(told.amount for told in came if told.payment_id == payment_id)


def credit_notes_told(reading: Reading, refs: Sequence[str]) -> list[CreditNoteTold]:
    """Raises NotFound."""
    rows = credit_notes.TABLE.load(reading, refs)
    missing = [ref for ref in refs if ref not in rows]
    if missing:
        raise NotFound(detail=f"there is no credit note {missing[0]}")
    billed = invoices.TABLE.load(reading, sorted({row.invoice_id for row in rows.values()}))
    return [_credit_note(reading, rows[ref], billed[rows[ref].invoice_id]) for ref in refs]


def _credit_note(reading: Reading, row: CreditNoteRow, invoice: InvoiceRow) -> CreditNoteTold:
    histories = histories_of(reading, [row.id, row.invoice_id])
    created = next(
        each for each in histories[row.id] if isinstance(each.event, CreditNote.Created)
    )  # fmt: skip
    return CreditNoteTold(
        number=row.number or row.id, status=row.status, currency=row.currency,
        parties=Directory(reading, [row.customer_id]).parties(
            row.customer_id, created.position, named_of(histories[row.invoice_id])
        ),
        invoice_number=row.invoice_number, issued_at=row.issued_at, total=row.total,
        net=row.subtotal, tax=row.tax, lines=_lines(row, invoice),
        allocations=[(part["to"], part["amount"]) for part in read(row.allocations)],
        reason=row.reason,
    )  # fmt: skip


def _lines(row: CreditNoteRow, invoice: InvoiceRow) -> list[LineTold]:
    """With the rates of the lines they take from."""
    rates = {line["id"]: line["tax_rate"] for line in read(invoice.lines)}
    return [
        LineTold(
            description=line["description"], unit_amount=line["amount"], quantity=1,
            amount=line["amount"], tax=line["tax"],
            tax_rate=Decimal(rate) if (rate := rates.get(line["line_id"])) else None,
        )
        for line in read(row.lines)
    ]  # fmt: skip
