"""What is booked for what moves customers' balances; read as part of the posting rules."""

from __future__ import annotations

from domain.ledger.books import Posting
from domain.ledger.chart import Account
from domain.ledger.entries import Entry, entry

CASH = {"online": Account.CASH_ONLINE, "offline": Account.CASH_OFFLINE}
"""A payment's source to the account its money arrives on."""


def balance_funded(amount: int, source: str) -> Entry:
    """A card charged into the balance, or offline money without an invoice."""
    return entry(Posting(CASH[source], amount), Posting(Account.CUSTOMER_BALANCE, -amount))


def unapplied_returned(amount: int) -> Entry:
    """Money on an invoice recognised by payment that will never be paid in full."""
    return _to_balance(Account.UNAPPLIED_PAYMENTS, amount)


def unapplied_forgone(amount: int) -> Entry:
    """Such money that its bank had taken back when the invoice ended: the customer has it, so it
    is no loss of ours and no debt either."""
    return entry(
        Posting(Account.UNAPPLIED_PAYMENTS, amount), Posting(Account.DISPUTE_LOSSES, -amount)
    )


def receivable_returned(amount: int) -> Entry:
    """Money counted on an invoice that a job voids: what it had settled is owed again."""
    return _to_balance(Account.ACCOUNTS_RECEIVABLE, amount)


def balance_credited(amount: int, source: str) -> Entry:
    """A credit to a customer's balance, by where it came from. Raises KeyError for a new source.

    That of a negative or a void invoice, a refund or a credit note is posted with the invoice.
    """
    if source in CASH:
        return balance_funded(amount, source)
    if source in {"invoice", "void", "refund", "credit_note"}:
        return ()
    returned = {
        "unapplied": unapplied_returned,
        "receivable": receivable_returned,
        "refund_failed": refund_kept,
        "dispute_won": refund_kept,
    }
    return returned[source](amount)


def balance_adjusted(amount: int) -> Entry:
    """Goodwill or a correction up; a write-off or a correction down."""
    if amount > 0:
        return _to_balance(Account.GOODWILL_CREDITS, amount)
    return _to_balance(Account.BALANCE_WRITE_OFFS, amount)


def balance_refunded(amount: int, to: str) -> Entry:
    """Credit given back as money: `to` a card, or offline."""
    account = {"card": Account.CASH_ONLINE, "offline": Account.CASH_OFFLINE}[to]
    return entry(Posting(Account.CUSTOMER_BALANCE, amount), Posting(account, -amount))


def balance_disputed(amount: int) -> Entry:
    """A bank took back what had become credit."""
    return balance_refunded(amount, "card")


def refund_kept(amount: int) -> Entry:
    """The gateway refused what a note or a cancellation gives back: it is the customer's credit."""
    return _to_balance(Account.CASH_ONLINE, amount)


def _to_balance(account: Account, amount: int) -> Entry:
    return entry(Posting(account, amount), Posting(Account.CUSTOMER_BALANCE, -amount))
