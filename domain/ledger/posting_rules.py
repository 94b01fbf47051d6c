"""What is booked for each fact: one function per row of the bookkeeping rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.ledger.books import Booking, Charge, LineBook, Posting
from domain.ledger.chart import Account
from domain.ledger.segments import (
    Method,
    PostingDay,
    Segment,
    earn_at_once,
    open_segment,
    stop,
    unearned_before,
)
from domain.ledger.shares import shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Entry = tuple[Posting, ...]

CASH = {"online": Account.CASH_ONLINE, "offline": Account.CASH_OFFLINE}
"""A payment's source to the account its money arrives on."""


def invoice_issued(charges: Sequence[Charge], day: PostingDay) -> Booking:
    """Receivable against deferral (or revenue, without service period) and tax.

    A total below zero is credit that we owe: it goes to the customer's balance.
    """
    total = sum(charge.net + charge.tax for charge in charges)
    owed = Account.ACCOUNTS_RECEIVABLE if total >= 0 else Account.CUSTOMER_BALANCE
    lines = _booked(charges, day)
    return Booking(_entry(Posting(owed, total), *_billed(lines)), lines)


def payment_received(amount: int, source: str) -> Entry:
    """Card or offline money on an invoice booked at issue.

    A total of nothing or less was settled by its issue: what marks it as paid moves nothing.
    """
    if amount <= 0:
        return ()
    return _entry(Posting(CASH[source], amount), Posting(Account.ACCOUNTS_RECEIVABLE, -amount))


def part_payment_received(amount: int, source: str) -> Entry:
    """Money on an invoice recognised by payment that leaves something to pay."""
    return _entry(Posting(CASH[source], amount), Posting(Account.UNAPPLIED_PAYMENTS, -amount))


def fully_paid(
    charges: Sequence[Charge], unapplied: int, amount: int, source: str, day: PostingDay
) -> Booking:
    """The last part arrived: all that was unapplied and `amount` become deferral and tax.

    A total below zero is settled by the customer's balance, a total of nothing by nothing.
    """
    lines = _booked(charges, day)
    arrived = CASH[source] if amount > 0 else Account.CUSTOMER_BALANCE
    received = (Posting(arrived, amount), Posting(Account.UNAPPLIED_PAYMENTS, unapplied))
    return Booking(_entry(*received, *_billed(lines)), lines)


def invoice_voided(
    lines: Sequence[LineBook], outstanding: int, balance_applied: int, day: PostingDay
) -> Booking:
    """Everything left of every line is taken back; balance that was applied returns."""
    taken = [line.remains(day.effective) for line in lines]
    reversal = _reversal(lines, taken, Account.VOIDS, Account.TAX_PAYABLE)
    counterpart = (
        Posting(Account.ACCOUNTS_RECEIVABLE, -outstanding),
        Posting(Account.CUSTOMER_BALANCE, -balance_applied),
    )
    return Booking(_entry(*reversal, *counterpart), _reversed(lines, taken, day))


def marked_uncollectible(
    lines: Sequence[LineBook], outstanding: int, day: PostingDay, *, tax_relief: bool
) -> Booking:
    """The outstanding share of every line is given up; without relief its tax is an expense too."""
    remains = [line.remains(day.effective) for line in lines]
    parts = shares(outstanding, [sum(each) for each in remains])
    taken = [_split(part, each) for part, each in zip(parts, remains, strict=True)]
    tax_account = Account.TAX_PAYABLE if tax_relief else Account.BAD_DEBT
    reversal = _reversal(lines, taken, Account.BAD_DEBT, tax_account)
    given_up = Posting(Account.ACCOUNTS_RECEIVABLE, -outstanding)
    return Booking(_entry(*reversal, given_up), _reversed(lines, taken, day))


def balance_funded(amount: int, source: str) -> Entry:
    """A card charged into the balance, or offline money without an invoice."""
    return _entry(Posting(CASH[source], amount), Posting(Account.CUSTOMER_BALANCE, -amount))


def unapplied_returned(amount: int) -> Entry:
    """Money on an invoice recognised by payment that will never be paid in full."""
    return _to_balance(Account.UNAPPLIED_PAYMENTS, amount)


def receivable_returned(amount: int) -> Entry:
    """Money counted on an invoice that a job voids: what it had settled is owed again."""
    return _to_balance(Account.ACCOUNTS_RECEIVABLE, amount)


def balance_credited(amount: int, source: str) -> Entry:
    """A credit to a customer's balance, by where it came from. Raises KeyError for a new source.

    That of a negative invoice is posted with the invoice.
    """
    if source in CASH:
        return balance_funded(amount, source)
    if source == "invoice":
        return ()
    return {"unapplied": unapplied_returned, "receivable": receivable_returned}[source](amount)


def _to_balance(account: Account, amount: int) -> Entry:
    return _entry(Posting(account, amount), Posting(Account.CUSTOMER_BALANCE, -amount))


def _booked(charges: Iterable[Charge], day: PostingDay) -> tuple[LineBook, ...]:
    return tuple(
        LineBook(charge.line_id, charge.net, charge.tax, _segments(charge, day))
        for charge in charges
    )


def _segments(charge: Charge, day: PostingDay) -> tuple[Segment, ...]:
    if charge.net == 0:
        return ()
    if charge.start is None or charge.end is None:
        return (earn_at_once(charge.net, day),)
    # A service within one day has one accounting date for both its ends.
    end = max(charge.end, charge.start + timedelta(days=1))
    return (open_segment(charge.net, charge.start, end, day),)


def _billed(lines: Iterable[LineBook]) -> Iterable[Posting]:
    tax = 0
    for line in lines:
        for segment in line.segments:
            at_once = segment.method is Method.AT_ONCE
            account = Account.RECOGNIZED_REVENUE if at_once else Account.DEFERRED_REVENUE
            yield Posting(account, -segment.amount, line.line_id)
        tax += line.tax
    yield Posting(Account.TAX_PAYABLE, -tax)


def _split(part: int, remains: tuple[int, int, int]) -> tuple[int, int, int]:
    deferred, earned, tax = shares(part, remains)
    return deferred, earned, tax


def _reversal(
    lines: Sequence[LineBook],
    taken: Sequence[tuple[int, int, int]],
    contra: Account,
    tax_account: Account,
) -> Iterable[Posting]:
    for line, (deferred, earned, _) in zip(lines, taken, strict=True):
        yield Posting(Account.DEFERRED_REVENUE, deferred, line.line_id)
        yield Posting(contra, earned, line.line_id)
    yield Posting(tax_account, sum(tax for _, _, tax in taken))


def _reversed(
    lines: Sequence[LineBook], taken: Sequence[tuple[int, int, int]], day: PostingDay
) -> tuple[LineBook, ...]:
    return tuple(
        replace(
            line,
            segments=_stopped(line.segments, deferred, day),
            net_reversed=line.net_reversed + deferred + earned,
            tax_reversed=line.tax_reversed + tax,
        )
        for line, (deferred, earned, tax) in zip(lines, taken, strict=True)
        if deferred or earned or tax
    )


def _stopped(segments: tuple[Segment, ...], taken: int, day: PostingDay) -> tuple[Segment, ...]:
    """Those with something unearned stop and what is left of them goes on behind the others."""
    rest = [unearned_before(segment, day.effective) for segment in segments]
    kept, going_on = list(segments), []
    for at, share in enumerate(shares(taken, rest)):
        if share:
            kept[at], *onward = stop(segments[at], share, day)
            going_on += onward
    return (*kept, *going_on)


def _entry(*postings: Posting) -> Entry:
    """The lines that move something. Raises ValueError for an entry that does not balance."""
    moved = tuple(posting for posting in postings if posting.amount)
    if sum(posting.amount for posting in moved):
        raise ValueError(f"entry does not balance: {moved}")
    return moved
