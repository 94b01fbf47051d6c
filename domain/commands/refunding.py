"""Money given back of paid invoices, recorded with its postings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.commands.collecting import balance_of
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.invoicing.invoice import Invoice
    from domain.payments.balance import Balance
    from domain.shared.aggregate import Aggregate


@dataclass(slots=True)
class Returns:
    """What goes back to one customer in one append."""

    books: Books
    account: Account
    at: datetime
    reason: str | None
    refunds: list[Refund] = field(default_factory=list)
    balances: dict[str, Balance] = field(default_factory=dict)

    def refund(self, invoice: Invoice, amount: int, to: str, policy: str) -> None:
        """Raises Invalid `no_card_payment` where no card paid the invoice."""
        if amount <= 0:
            return
        on = accounting_date(self.at, self.account.timezone)
        charged = self._charged(invoice) if to == "card" else None
        refund = Refund.begin(
            Refund.Created,
            id=self.books.new_id(),
            customer_id=invoice.customer_id,
            invoice_id=invoice.ref,
            amount=amount,
            currency=invoice.currency,
            to=to,
            refunded_on=on,
            payment_id=None if charged is None else charged.ref,
            gateway=None if charged is None else charged.gateway,
            subscription_id=invoice.subscription_id,
            reason=self.reason,
        )
        invoice.refund(refund.ref, amount, to, policy=policy, at=self.at, on=on, reason=self.reason)
        if to == "balance":
            self.credit(invoice, amount, "refund", f"Refund of invoice {invoice.number}")
        self.refunds.append(refund)

    def credit(self, invoice: Invoice, amount: int, source: str, description: str) -> None:
        if amount <= 0:
            return
        kept = self.balances.get(invoice.currency)
        balance = kept or balance_of(self.books, invoice.customer_id, invoice.currency)
        self.balances[invoice.currency] = balance
        balance.credit(
            typed_id("bal", self.books.new_id()), amount, source, description,
            at=self.at, on=accounting_date(self.at, self.account.timezone), invoice_id=invoice.ref,
        )  # fmt: skip

    def recorded(self) -> list[Aggregate]:
        return [*self.refunds, *self.balances.values()]

    def _charged(self, invoice: Invoice) -> Payment:
        if not invoice.payments:
            detail = "no card paid it: give it back to the balance or offline"
            raise Invalid.one("refund.to", "no_card_payment", detail)
        return self.books.load(Payment, invoice.payments[-1])
