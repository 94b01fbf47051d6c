"""Money that came after all for an invoice that was given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.invoicing.invoice import Invoice
from domain.payments.payment import Payment
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """No amount means all that was written off and has not come back."""

    reference: str
    category: str
    amount: int | None = None


def recover(books: Books, account: Account, ref: str, new: Recovery, act: Act) -> Done:
    """Records a payment; the invoice stays uncollectible.

    Raises Conflict `invoice_not_uncollectible`, Invalid `amount_exceeds_written_off`.
    """
    invoice, at = books.load(Invoice, ref), books.now()
    invoice.require_uncollectible()
    amount = invoice.recoverable if new.amount is None else new.amount
    payment_id, on = books.new_id(), accounting_date(at, account.timezone)
    invoice.recover(typed_id(Payment.prefix, payment_id), amount, at=at, on=on)
    payment = Payment.begin(
        Payment.Recorded,
        id=payment_id,
        customer_id=invoice.customer_id,
        amount=amount,
        currency=invoice.currency,
        category=new.category,
        reference=new.reference,
        recorded_on=on,
        started_at=at,
        invoice_id=ref,
    )
    given = act.given(payment.ref)
    return Done(payment.ref, books.record(payment, invoice, by=act.by, given=given))
