"""What is booked for each fact: one function per row of the bookkeeping rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.ledger.balance_rules import CASH as CASH
from domain.ledger.balance_rules import balance_adjusted as balance_adjusted
from domain.ledger.balance_rules import balance_credited as balance_credited
from domain.ledger.balance_rules import balance_disputed as balance_disputed
from domain.ledger.balance_rules import balance_funded as balance_funded
from domain.ledger.balance_rules import balance_refunded as balance_refunded
from domain.ledger.balance_rules import receivable_returned as receivable_returned
from domain.ledger.balance_rules import refund_kept as refund_kept
from domain.ledger.balance_rules import unapplied_forgone as unapplied_forgone
from domain.ledger.balance_rules import unapplied_returned as unapplied_returned
from domain.ledger.billing_lines import billed, booked
from domain.ledger.books import Booking, Charge, LineBook, Posting
from domain.ledger.chart import Account
from domain.ledger.entries import (
    Entry,
    entry,
    forgone_back,
    mirrored,
    moved,
    restored_lines,
    reversal,
    reversed_lines,
    taken_back,
)
from domain.ledger.segments import PostingDay, unearned_before
from domain.ledger.taking import part_of_line, taken_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from domain.ledger.books import PutBack, WrittenOff

SETTLING = {**CASH, "balance": Account.CUSTOMER_BALANCE}
"""What settles an invoice, to the account it comes from: money, or the customer's credit."""

ALLOCATED = {
    "receivable": Account.ACCOUNTS_RECEIVABLE,
    "balance": Account.CUSTOMER_BALANCE,
    "card": Account.CASH_ONLINE,
    "offline": Account.CASH_OFFLINE,
}
"""Where a credit note or a refund goes, to the account that it takes from."""


def invoice_issued(charges: Sequence[Charge], day: PostingDay) -> Booking:
    """Receivable against deferral (or revenue, without service period) and tax.

    A total below zero is credit that we owe: it goes to the customer's balance.
    """
    total = sum(charge.net + charge.tax for charge in charges)
    owed = Account.ACCOUNTS_RECEIVABLE if total >= 0 else Account.CUSTOMER_BALANCE
    lines = booked(charges, day)
    return Booking(entry(Posting(owed, total), *billed(lines)), lines)


def payment_received(amount: int, source: str) -> Entry:
    """Card or offline money on an invoice booked at issue.

    A total of nothing or less was settled by its issue: what marks it as paid moves nothing.
    """
    if amount <= 0:
        return ()
    return entry(Posting(SETTLING[source], amount), Posting(Account.ACCOUNTS_RECEIVABLE, -amount))


def part_payment_received(amount: int, source: str) -> Entry:
    """Money on an invoice recognised by payment that leaves something to pay."""
    return entry(Posting(SETTLING[source], amount), Posting(Account.UNAPPLIED_PAYMENTS, -amount))


def fully_paid(
    charges: Sequence[Charge], unapplied: int, amount: int, source: str, day: PostingDay
) -> Booking:
    """The last part arrived: all that was unapplied and `amount` become deferral and tax.

    A total below zero is settled by the customer's balance, a total of nothing by nothing.
    """
    lines = booked(charges, day)
    arrived = SETTLING[source] if amount > 0 else Account.CUSTOMER_BALANCE
    received = (Posting(arrived, amount), Posting(Account.UNAPPLIED_PAYMENTS, unapplied))
    return Booking(entry(*received, *billed(lines)), lines)


def invoice_voided(
    lines: Sequence[LineBook], outstanding: int, balance_applied: int, day: PostingDay, *,
    won: bool = False,
) -> Booking:  # fmt: skip
    """Everything left of every line is taken back; balance that was applied returns. Where a
    dispute was `won`, so is the income that its deferral became."""
    taken = [line.remains(day.effective) for line in lines]
    taken_out = reversal(lines, taken, Account.VOIDS, Account.TAX_PAYABLE)
    beyond = outstanding + balance_applied - sum(map(sum, taken)) if won else 0
    counterpart = (
        Posting(Account.ACCOUNTS_RECEIVABLE, -outstanding),
        Posting(Account.CUSTOMER_BALANCE, -balance_applied),
        Posting(Account.RECOVERIES, beyond),
    )
    return Booking(entry(*taken_out, *counterpart), reversed_lines(lines, taken, day))


def marked_uncollectible(
    lines: Sequence[LineBook], outstanding: int, day: PostingDay, *, tax_relief: bool,
    won: bool = False,
) -> Booking:  # fmt: skip
    """The outstanding share of every line is given up; without relief its tax is an expense too.
    `won` as of a void."""
    remains = [line.remains(day.effective) for line in lines]
    borne = min(outstanding, sum(map(sum, remains))) if won else outstanding
    taken = taken_of(borne, remains, "proportional")
    tax_account = Account.TAX_PAYABLE if tax_relief else Account.BAD_DEBT
    taken_out = reversal(lines, taken, Account.BAD_DEBT, tax_account)
    given_up = Posting(Account.ACCOUNTS_RECEIVABLE, -outstanding)
    # Without relief the tax stays owed: none of it is reversed.
    left = [(first, then, tax if tax_relief else 0, last) for first, then, tax, last in taken]
    beyond = Posting(Account.RECOVERIES, outstanding - borne)
    return Booking(entry(*taken_out, beyond, given_up), reversed_lines(lines, left, day))


def refunded(
    lines: Sequence[LineBook], amount: int, account: Account, day: PostingDay, policy: str
) -> Booking:
    """Money paid back, from cash or to the customer's balance.

    proportional: what was earned, unearned and tax each give their share. unearned_first: tax in
    proportion, the rest out of the deferral as far as it goes.
    """
    return taken_back(lines, amount, Account.REFUNDS, day, policy, (Posting(account, -amount),))


def credited(
    lines: Sequence[LineBook], given: Mapping[str, int], day: PostingDay, policy: str
) -> Booking:
    """A credit note: as a refund, off what is owed and what beyond that was paid.

    `given` is its amount by where it goes: receivable, balance, card, offline.
    """
    amount = sum(given.values())
    return taken_back(lines, amount, Account.CREDIT_NOTES, day, policy, _allocated(given))


def lines_credited(
    lines: Sequence[LineBook],
    parts: Mapping[str, tuple[int, int]],
    given: Mapping[str, int],
    day: PostingDay,
    policy: str,
) -> Booking:
    """A credit note of single lines: of each its net and tax."""
    taken = [
        part_of_line(*parts.get(line.line_id, (0, 0)), line.remains(day.effective), policy)
        for line in lines
    ]
    taken_out = reversal(lines, taken, Account.CREDIT_NOTES, Account.TAX_PAYABLE)
    return Booking(entry(*taken_out, *_allocated(given)), reversed_lines(lines, taken, day))


def credit_note_voided(
    lines: Sequence[LineBook], parts: Sequence[PutBack], amount: int, day: PostingDay
) -> Booking:
    """The mirrored posting; what was deferred is earned over the days that are left."""
    given = Posting(Account.ACCOUNTS_RECEIVABLE, amount)
    taken_in = mirrored(parts, amount, Account.CREDIT_NOTES)
    return Booking(entry(given, *taken_in), restored_lines(lines, parts, day))


def refund_reversed(
    lines: Sequence[LineBook], parts: Sequence[PutBack], amount: int, day: PostingDay
) -> Booking:
    """The gateway refused to pay it out: the money is still there, and what it had reversed."""
    given = Posting(Account.CASH_ONLINE, amount)
    return Booking(
        entry(given, *mirrored(parts, amount, Account.REFUNDS)), restored_lines(lines, parts, day)
    )


def recovered(amount: int, source: str, lost: WrittenOff) -> Entry:
    """Money on what was given up: tax that the state gave back is owed again in proportion, bad
    debt is undone until all of it is, the rest is income."""
    before, after = lost.parted(lost.recovered), lost.parted(lost.recovered + amount)
    tax, expense, income = (now - then for now, then in zip(after, before, strict=True))
    return entry(
        Posting(CASH[source], amount),
        Posting(Account.TAX_PAYABLE, -tax),
        Posting(Account.BAD_DEBT, -expense),
        Posting(Account.RECOVERIES, -income),
    )


def disputed(lines: Sequence[LineBook], counted: int, amount: int, day: PostingDay) -> Booking:
    """A bank took `amount`. `counted` of it the lines bear as far as they go, the rest is lost."""
    borne = min(counted, max(sum(sum(line.remains(day.effective)) for line in lines), 0))
    left = Posting(Account.DISPUTE_LOSSES, amount - borne), Posting(Account.CASH_ONLINE, -amount)
    return taken_back(lines, borne, Account.DISPUTE_LOSSES, day, "proportional", left)


def dispute_won(lines: Sequence[LineBook], parts: Sequence[PutBack], amount: int) -> Booking:
    """The mirrored posting, but that deferral is not deferred again: it is income of its own."""
    return forgone_back(lines, parts, amount, Account.DISPUTE_LOSSES)


def line_credited(
    lines: Sequence[LineBook], line_id: str, net: int, tax: int, balance: int, day: PostingDay
) -> Booking:
    """The unearned rest of a line is another plan's now: a negative segment over the same days.

    The line's own segment runs on; both together earn nothing further.
    """
    (line,) = [each for each in lines if each.line_id == line_id]
    mirrored = tuple(
        replace(segment, amount=-rest, start=max(segment.start, day.effective),
                booked_from=max(segment.start, day.posting))
        for segment in line.segments if (rest := unearned_before(segment, day.effective))
    )  # fmt: skip
    postings = entry(
        Posting(Account.DEFERRED_REVENUE, net, line_id),
        Posting(Account.TAX_PAYABLE, tax),
        Posting(Account.ACCOUNTS_RECEIVABLE, balance - net - tax),
        Posting(Account.CUSTOMER_BALANCE, -balance),
    )
    after = replace(
        line, segments=(*line.segments, *mirrored), net_reversed=line.net_reversed + net,
        tax_reversed=line.tax_reversed + tax,
    )  # fmt: skip
    return Booking(postings, (after,))


def service_moved(
    lines: Sequence[LineBook], spans: Mapping[str, tuple[date, date]], day: PostingDay
) -> Booking:
    """What is unearned is earned over other days from `day` on; nothing is posted."""
    changed = (moved(line, *spans[line.line_id], day) for line in lines if line.line_id in spans)
    return Booking((), tuple(line for line in changed if line is not None))


def service_ended(lines: Sequence[LineBook], day: PostingDay) -> Booking:
    """Cancelled at once: what is left of the deferral is earned that day."""
    today = (day.effective, day.effective + timedelta(days=1))
    return service_moved(lines, {line.line_id: today for line in lines}, day)


def _allocated(given: Mapping[str, int]) -> tuple[Posting, ...]:
    return tuple(Posting(ALLOCATED[to], -amount) for to, amount in given.items())
