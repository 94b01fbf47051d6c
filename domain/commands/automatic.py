"""Invoices charged by themselves that no subscription asks for: by hand, or of a term gone by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.billing import new_intent
from domain.commands.charging import chosen_method, kept, settle_many
from domain.commands.collecting import Case
from domain.commands.dunning import by_itself, charged_again
from domain.commands.payment_methods import method_of
from domain.commands.spent_cards import SpentCards
from domain.commands.starting import NO_CARD
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.shared.errors import Invalid
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.payment import Payment


def card_for(
    books: Books, invoice: Invoice, customer: Customer, method_ref: str | None
) -> PaymentMethod | None:
    """What is charged with the issue; None where nothing is.

    Raises Invalid `payment_method_required`, `only_charge_automatically`.
    """
    if not by_itself(invoice):
        if method_ref is not None:
            detail = "an invoice that is sent is charged by /charge"
            raise Invalid.one("payment_method_id", "only_charge_automatically", detail)
        return None
    if invoice.status not in PAYABLE:
        return None
    return method_of(books, chosen_method(method_ref, customer), customer.ref)


def intend(
    books: Books, case: Case, method: PaymentMethod, at: datetime, request_key: str | None = None
) -> Payment:
    """The intent to charge what is owed, with nobody there to confirm it."""
    invoice = case.invoice
    case.payment = new_intent(
        books, invoice, invoice.amount_remaining, method, at,
        request_key=request_key, request_ref=invoice.ref, off_session=True,
    )  # fmt: skip
    invoice.start_payment(case.payment.ref)
    return case.payment


def charge_again(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """Charge once more what was declined, with the card named at issue or the default one; for a
    term gone by with the subscription's."""
    at = books.now()
    waiting = [
        invoice
        for invoice in books.load_many(Invoice, refs).values()
        if invoice.status in PAYABLE and invoice.open_payment_id is None
        and invoice.declined_since is not None
    ]  # fmt: skip
    cards, spent = _Cards(books, waiting), SpentCards(books, waiting)
    cases = [_asked(books, account, invoice, cards.of(invoice), spent, at) for invoice in waiting]
    lost = books.record_in_bulk([Group(case.opened()) for case in cases], by=act.by)
    return lost + settle_many(books, gateways, account, kept(cases, lost), act)


def _asked(
    books: Books, account: Account, invoice: Invoice, method: PaymentMethod | None,
    spent: SpentCards, at: datetime,
) -> Case:  # fmt: skip
    case = Case(None, invoice, None)
    declined = NO_CARD if method is None else spent.declined(invoice, method)
    if method is not None and declined is None:
        intend(books, case, method, at)
    elif declined is not None:
        retry_at = charged_again(account, invoice, at, begins=False)
        invoice.decline(
            None, declined.code, declined.detail, at=at, past_due=False, retry_at=retry_at
        )  # fmt: skip
    return case


class _Cards:
    """What may be charged for some invoices, loaded at once: nothing that was deleted."""

    def __init__(self, books: Books, invoices: Sequence[Invoice]) -> None:
        loaded = books.load_many(Customer, {invoice.customer_id for invoice in invoices})
        self._defaults = {
            customer.ref: customer.default_payment_method_id for customer in loaded.values()
        }
        terms = {invoice.subscription_id for invoice in invoices if invoice.subscription_id}
        self._own = {
            each.ref: each.payment_method_id
            for each in books.load_many(Subscription, sorted(terms)).values()
        }
        named = {*map(self._named, invoices), *self._defaults.values()}
        cards = books.load_many(PaymentMethod, sorted(ref for ref in named if ref)).values()
        self._cards = {card.ref: card for card in cards if not card.deleted}

    def of(self, invoice: Invoice) -> PaymentMethod | None:
        default = self._defaults[invoice.customer_id]
        return self._cards.get(self._named(invoice) or "") or self._cards.get(default or "")

    def _named(self, invoice: Invoice) -> str | None:
        return invoice.payment_method_id or self._own.get(invoice.subscription_id or "")
