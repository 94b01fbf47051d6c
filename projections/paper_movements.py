"""The money that an invoice's paper tells of: what came, what was credited, what went back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.invoicing.invoice import Invoice
from papers.told import Movement
from projections import payment_methods, payments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from projections.envelope import Envelope
    from projections.payment_methods import PaymentMethodRow
    from projections.payments import PaymentRow
    from projections.reading import Reading


class Money:
    """Payments, and the cards they came from."""

    def __init__(self, reading: Reading, refs: Sequence[str]) -> None:
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


def named_in(history: Sequence[Envelope]) -> list[str]:
    """The payments that an invoice's events name."""
    named = {getattr(each.event, "payment_id", None) for each in history}
    return sorted(ref for ref in named if ref)


def paid(history: Sequence[Envelope], money: Money) -> Iterator[Movement]:
    """Recoveries too: they are money that came, if late."""
    for told in (each.event for each in history):
        if isinstance(told, Invoice.Recovered):
            at = told.recovered_at
        elif isinstance(told, Invoice.PaymentSucceeded) and told.source != "none":
            at = told.paid_at
        else:
            continue
        payment = money.payments.get(told.payment_id or "")
        if payment is None:
            yield Movement(at=at, amount=told.amount, method="balance")
        else:
            yield money.came(payment, told.amount, at)


def credited(history: Sequence[Envelope], numbers: Mapping[str, str | None]) -> Iterator[Movement]:
    """By credit notes that still stand."""
    told = [each.event for each in history]
    void = {each.credit_note_id for each in told if isinstance(each, Invoice.CreditVoided)}
    for each in told:
        if isinstance(each, Invoice.Credited) and each.credit_note_id not in void:
            yield Movement(
                at=each.credited_at, amount=each.amount, method="credit_note",
                reference=numbers.get(each.credit_note_id) or each.credit_note_id,
            )  # fmt: skip


def refunded(history: Sequence[Envelope]) -> Iterator[Movement]:
    """What went back and was not refused by the gateway."""
    told = [each.event for each in history]
    back = {each.refund_id for each in told if isinstance(each, Invoice.RefundReversed)}
    for each in told:
        if isinstance(each, Invoice.Refunded) and each.refund_id not in back:
            yield Movement(
                at=each.refunded_at, amount=each.amount, method=each.to, reference=each.refund_id
            )
