"""Money that came by itself, recorded by hand: check, wire, transfer, cash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.act import Done
from domain.commands.collecting import Case, case_of, cases_of, receive_money
from domain.invoicing.invoice import Invoice
from domain.payments.payment import Payment
from domain.shared.errors import Invalid
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePayment:
    """Money that came by itself. No amount means all that is owed."""

    reference: str
    category: str
    amount: int | None = None
    excess_to_balance: bool = False


def mark_paid(books: Books, account: Account, ref: str, offline: OfflinePayment, act: Act) -> Done:
    """Raises Conflict for an invoice that takes no money, Invalid `amount_exceeds_outstanding`."""
    case = case_of(books, books.load(Invoice, ref), None)
    mark_case_paid(books, account, case, offline, books.now())
    return Done(ref, books.record(*case.changed(), by=act.by, given=act.given(ref)))


def mark_case_paid(
    books: Books, account: Account, case: Case, offline: OfflinePayment, at: datetime
) -> None:
    invoice = case.invoice
    invoice.require_payable()
    amount = invoice.amount_remaining if offline.amount is None else offline.amount
    if amount > invoice.amount_remaining and not offline.excess_to_balance:
        raise Invalid.one(
            "amount", "amount_exceeds_outstanding", f"{invoice.amount_remaining} is owed"
        )
    case.payment = Payment.begin(
        Payment.Recorded,
        id=books.new_id(),
        customer_id=invoice.customer_id,
        amount=amount,
        currency=invoice.currency,
        category=offline.category,
        reference=offline.reference,
        recorded_on=accounting_date(at, account.timezone),
        started_at=at,
        invoice_id=invoice.ref,
    )
    receive_money(books, account, case, amount, "offline", at)


def mark_many_paid(
    books: Books, account: Account, refs: Sequence[str], offline: OfflinePayment, act: Act
) -> list[Lost]:
    """The bulk form: each invoice fully paid by the same kind of money."""
    cases = list(cases_of(books, refs))
    at = books.now()
    for case in cases:
        mark_case_paid(books, account, case, offline, at)
    return books.record_in_bulk([Group(case.changed()) for case in cases], by=act.by)
