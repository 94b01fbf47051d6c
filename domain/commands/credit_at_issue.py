"""Customers' credit that pays for an invoice when it is issued; a card is asked for the rest only.

Only where the account says `on_issue`, only in the invoice's currency, never for what was issued
before. It leaves the balance in the append that issues: two invoices never spend the same credit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.collecting import Case, apply_credit
from domain.customers.customer import Customer
from domain.invoicing.invoice import PAYABLE
from domain.payments.balance import Balance
from domain.shared.identifiers import uuid_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.invoicing.invoice import Invoice
    from domain.shared.aggregate import Aggregate


class Credits:
    """Of customers in currencies, loaded by one query.

    `apart`: what is decided is recorded one by one, so that a balance serves the first of them.
    """

    def __init__(
        self, books: Books, account: Account, wanted: Iterable[tuple[str, str]],
        *, apart: bool = False,
    ) -> None:  # fmt: skip
        self._apart = apart
        ids = balances_of(account, wanted)
        self._found: dict[UUID, Balance] = books.load_known(Balance, sorted(ids)) if ids else {}

    def of(self, customer_ref: str, currency: str) -> Balance | None:
        """None where there is none to spend."""
        found = self._found.get(_balance_id(customer_ref, currency)) if self._found else None
        if found is None or found.amount <= 0 or (self._apart and found.pending_events):
            return None
        return found


def balances_of(account: Account, wanted: Iterable[tuple[str, str]]) -> dict[UUID, type[Aggregate]]:
    """Those of customers in currencies that are spent at an issue, if there are any."""
    asked = set(wanted) if account.balance_auto_apply == "on_issue" else set()
    return {_balance_id(*each): Balance for each in asked}


def credit_of(
    books: Books, account: Account, customer_ref: str, currency: str, moved: Balance | None = None
) -> Balance | None:
    """`moved` is the balance where what is decided with it changes it already."""
    if moved is not None:
        return moved if account.balance_auto_apply == "on_issue" and moved.amount > 0 else None
    return Credits(books, account, [(customer_ref, currency)]).of(customer_ref, currency)


def _balance_id(customer_ref: str, currency: str) -> UUID:
    return Balance.id_for(uuid_of(customer_ref, Customer.prefix), currency)


def settle_from_credit(
    books: Books, account: Account, case: Case, credit: Balance | None, at: datetime
) -> None:
    """As far as the credit goes; what is begun with the case's card is the rest. Nothing where no
    invoice was issued."""
    invoice: Invoice | None = case.invoice
    if credit is None or invoice is None or invoice.status not in PAYABLE:
        return
    case.balance = credit
    apply_credit(books, account, case, min(credit.amount, invoice.amount_remaining), at)
    if case.payment is not None:
        invoice.start_payment(case.payment.ref)
