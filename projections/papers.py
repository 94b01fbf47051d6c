"""What invoices say on paper, read from the log and the projections in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.invoicing.invoice import Invoice
from domain.shared.errors import NotFound
from domain.shared.identifiers import uuid_of
from papers.told import InvoiceTold, LineTold, Movement
from projections import invoices, log, payment_methods, payments
from projections.parties import Directory, Named
from projections.rendering import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from projections.envelope import Envelope
    from projections.invoices import InvoiceRow
    from projections.payment_methods import PaymentMethodRow
    from projections.payments import PaymentRow
    from projections.reading import Reading


def invoices_told(reading: Reading, refs: Sequence[str]) -> list[InvoiceTold]:
    """In the order of the refs. Raises NotFound."""
    found = invoices.TABLE.load(reading, refs)
    missing = [ref for ref in refs if ref not in found]
    if missing:
        raise NotFound(detail=f"there is no invoice {missing[0]}")
    histories = _histories(reading, refs)
    directory = Directory(reading, [row.customer_id for row in found.values()])
    money = Money(reading, [each for history in histories.values() for each in history])
    return [_told(found[ref], histories[ref], directory, money) for ref in refs]


def _histories(reading: Reading, refs: Sequence[str]) -> dict[str, list[Envelope]]:
    histories: dict[str, list[Envelope]] = defaultdict(list)
    ids = [uuid_of(ref) for ref in refs]
    for each in log.read_streams(reading.cursor, reading.account_id, ids, reading.position):
        histories[each.subject].append(each)
    return histories


class Money:
    """Payments, and the cards they came from."""

    def __init__(self, reading: Reading, events: Sequence[Envelope]) -> None:
        named = {getattr(each.event, "payment_id", None) for each in events}
        refs = sorted(ref for ref in named if ref)
        self.payments: dict[str, PaymentRow] = payments.TABLE.load(reading, refs)
        cards = sorted({row.payment_method_id or "" for row in self.payments.values()} - {""})
        self.cards: dict[str, PaymentMethodRow] = payment_methods.TABLE.load(reading, cards)

    def came(self, payment: PaymentRow, amount: int, at: datetime) -> Movement:
        card = self.cards.get(payment.payment_method_id or "")
        return Movement(
            at=at, amount=amount,
            method=payment.category or "card",
            reference=payment.reference or payment.id,
            brand=None if card is None else card.brand,
            last4=None if card is None else card.last4,
        )  # fmt: skip


def _told(
    row: InvoiceRow, history: Sequence[Envelope], directory: Directory, money: Money
) -> InvoiceTold:
    issued = next((each for each in history if isinstance(each.event, Invoice.Issued)), None)
    position = None if issued is None else issued.position
    named = Named() if issued is None else _named(issued.event)
    return InvoiceTold(
        number=row.number, status=row.status, currency=row.currency,
        parties=directory.parties(row.customer_id, position, named),
        lines=[_line(line) for line in read(row.lines)],
        subtotal=row.subtotal, tax=row.tax, total=row.total, amount_paid=row.amount_paid,
        balance_applied=row.balance_applied, credited=row.credited,
        amount_remaining=row.amount_remaining, issued_at=row.issued_at, due_at=row.due_at,
        paid_at=row.paid_at, late_since=_late_since(history),
        period_start=row.current_period_start, period_end=row.current_period_end,
        purchase_order=row.purchase_order, notes=row.notes,
        payments=list(_payments(history, money)), credits=list(_credits(history)),
        refunds=list(_refunds(history)),
    )  # fmt: skip


def _named(told: Invoice.Issued) -> Named:
    return Named(
        told.customer_email,
        told.customer_first_name,
        told.customer_last_name,
        told.organization_name,
    )


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


def _payments(history: Sequence[Envelope], money: Money) -> Iterator[Movement]:
    for told in (each.event for each in history):
        if not isinstance(told, Invoice.PaymentSucceeded) or told.source == "none":
            continue
        payment = money.payments.get(told.payment_id or "")
        if payment is None:
            yield Movement(at=told.paid_at, amount=told.amount, method="balance")
        else:
            yield money.came(payment, told.amount, told.paid_at)


def _credits(history: Sequence[Envelope]) -> Iterator[Movement]:
    for told in (each.event for each in history):
        if isinstance(told, Invoice.Credited):
            yield Movement(
                at=told.credited_at, amount=told.amount, method="credit_note",
                reference=told.credit_note_id,
            )  # fmt: skip


def _refunds(history: Sequence[Envelope]) -> Iterator[Movement]:
    for told in (each.event for each in history):
        if isinstance(told, Invoice.Refunded):
            yield Movement(
                at=told.refunded_at, amount=told.amount, method=told.to, reference=told.refund_id
            )
