"""Cards that were declined for good: dunning leaves them alone, and asks another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.payments.gateway import Declined
from domain.payments.payment import Payment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.application import Books
    from domain.customers.payment_method import PaymentMethod
    from domain.invoicing.invoice import Invoice


class SpentCards:
    """Of some invoices, loaded at once."""

    def __init__(self, books: Books, invoices: Iterable[Invoice]) -> None:
        refs = {ref for invoice in invoices for ref in invoice.declined_payments}
        loaded = books.load_many(Payment, sorted(refs)).values() if refs else ()
        self._payments = {payment.ref: payment for payment in loaded}

    def declined(self, invoice: Invoice, card: PaymentMethod) -> Declined | None:
        """What was said for good of a card when it was asked for this invoice, if that was."""
        for ref in invoice.declined_payments:
            payment = self._payments[ref]
            if payment.payment_method_id == card.ref and payment.hard_decline is not None:
                detail = "The card was declined for good: another one is needed."
                return Declined(payment.hard_decline, detail, hard=True)
        return None
