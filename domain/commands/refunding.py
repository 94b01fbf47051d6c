"""What goes back to one customer in one append: refunds, credit, and the notes that say why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.commands.collecting import balance_of
from domain.commands.earning import books_of
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.invoicing.credit_note import CreditNote
    from domain.invoicing.invoice import Invoice
    from domain.payments.balance import Balance
    from domain.shared.aggregate import Aggregate


@dataclass(slots=True)
class Returns:
    """`falls_to` and `request_key` are the refunds': see there. `within` is where the request's
    fields are nested."""

    books: Books
    account: Account
    at: datetime
    reason: str | None
    falls_to: str = "balance"
    request_key: str | None = None
    within: str = ""
    refunds: list[Refund] = field(default_factory=list)
    balances: dict[str, Balance] = field(default_factory=dict)
    notes: list[CreditNote] = field(default_factory=list)

    @property
    def on(self) -> date:
        return accounting_date(self.at, self.account.timezone)

    def refund(
        self, invoice: Invoice, amount: int, to: str, policy: str, *, overflow: bool = False
    ) -> None:
        """Money of the invoice, to where it is asked for; with `overflow` what cards did not pay
        goes to the balance.

        Raises Invalid `no_card_payment` or `amount_exceeds_card_payments`.
        """
        if overflow and to == "card":
            by_card = min(amount, sum(invoice.cards.values()))
            self.refund(invoice, amount - by_card, "balance", policy)
            amount = by_card
        if amount <= 0:
            return
        ways: Mapping[str | None, int] = {None: amount}
        if to == "card":
            ways = cards_for(invoice, amount, self.within)
        *_, last = ways
        for payment_id, part in ways.items():
            answers = self._answering() if payment_id == last else {}
            refund = self.pay(invoice, part, to, payment_id, policy=policy, **answers)
            invoice.refund(
                refund.ref, part, to, policy=policy, at=self.at, on=self.on, reason=self.reason,
                payment_id=payment_id,
            )  # fmt: skip
        if to == "balance":
            self.credit(invoice, amount, "refund", f"Refund of invoice {invoice.number}")
        books_of(invoice)  # what the posting rules could not book raises before it is recorded

    def pay(
        self, invoice: Invoice, amount: int, to: str, payment_id: str | None, **more: Any
    ) -> Refund:
        """The record of money on its way back; to a card, the one that made the payment."""
        charged = None if payment_id is None else self.books.load(Payment, payment_id)
        refund = Refund.begin(
            Refund.Created,
            id=self.books.new_id(),
            customer_id=invoice.customer_id,
            invoice_id=invoice.ref,
            amount=amount,
            currency=invoice.currency,
            to=to,
            refunded_on=self.on,
            payment_id=payment_id,
            gateway=None if charged is None else charged.gateway,
            subscription_id=invoice.subscription_id,
            reason=self.reason,
            falls_to=self.falls_to,
            **more,
        )
        self.refunds.append(refund)
        return refund

    def _answering(self) -> dict[str, Any]:
        return {} if self.request_key is None else answering(self.request_key, self.refunds)

    def credit(self, invoice: Invoice, amount: int, source: str, description: str) -> None:
        if amount <= 0:
            return
        kept = self.balances.get(invoice.currency)
        balance = kept or balance_of(self.books, invoice.customer_id, invoice.currency)
        self.balances[invoice.currency] = balance
        balance.credit(
            typed_id("bal", self.books.new_id()), amount, source, description,
            at=self.at, on=self.on, invoice_id=invoice.ref,
        )  # fmt: skip

    def recorded(self) -> list[Aggregate]:
        return [*self.refunds, *self.notes, *self.balances.values()]


def answering(key: str, others: Sequence[Refund]) -> dict[str, Any]:
    """Of a request's last refund: it is asked after the others, and answers for all of them."""
    beside = tuple(each.ref for each in others)
    return {"request_key": key, "request_ref": beside[0] if beside else None, "beside": beside}


def cards_for(invoice: Invoice, amount: int, within: str = "") -> dict[str | None, int]:
    """The card payments that so much goes back to, the latest first.

    Raises Invalid `no_card_payment` or `amount_exceeds_card_payments`.
    """
    left = {ref: kept for ref, kept in reversed(invoice.cards.items()) if kept > 0}
    if not invoice.cards:
        detail = "no card paid it: give it back to the balance or offline"
        raise Invalid.one(f"{within}to", "no_card_payment", detail)
    if amount > sum(left.values()):
        detail = f"{sum(left.values())} of what cards paid can go back to them"
        raise Invalid.one(f"{within}amount", "amount_exceeds_card_payments", detail)
    found: dict[str | None, int] = {}
    for ref, kept in left.items():
        part = min(kept, amount - sum(found.values()))
        if part:
            found[ref] = part
    return found
