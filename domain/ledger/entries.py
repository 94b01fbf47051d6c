"""What posting rules share: entries that balance, and lines as a reversal or a move leaves them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.ledger.books import Booking, LineBook, Posting
from domain.ledger.chart import Account
from domain.ledger.segments import PostingDay, Segment, open_segment, stop, unearned_before
from domain.ledger.shares import shares
from domain.ledger.taking import Remains, taken_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from domain.ledger.books import PutBack

Entry = tuple[Posting, ...]


def entry(*postings: Posting) -> Entry:
    """The lines that move something. Raises ValueError for an entry that does not balance."""
    moved = tuple(posting for posting in postings if posting.amount)
    if sum(posting.amount for posting in moved):
        raise ValueError(f"entry does not balance: {moved}")
    return moved


def reversal(
    lines: Sequence[LineBook],
    taken: Sequence[Remains],
    contra: Account,
    tax_account: Account,
) -> Iterable[Posting]:
    for line, (deferred, earned, _, _) in zip(lines, taken, strict=True):
        yield Posting(Account.DEFERRED_REVENUE, deferred, line.line_id)
        yield Posting(contra, earned, line.line_id)
    yield Posting(tax_account, sum(tax for _, _, tax, _ in taken))
    yield Posting(Account.RECOVERIES, sum(forgone for *_, forgone in taken))


def reversed_lines(
    lines: Sequence[LineBook], taken: Sequence[Remains], day: PostingDay
) -> tuple[LineBook, ...]:
    return tuple(
        replace(
            line,
            segments=_stopped(line.segments, deferred, day),
            net_reversed=line.net_reversed + deferred + earned,
            tax_reversed=line.tax_reversed + tax,
            forgone=line.forgone - forgone,
        )
        for line, (deferred, earned, tax, forgone) in zip(lines, taken, strict=True)
        if deferred or earned or tax or forgone
    )


def mirrored(parts: Sequence[PutBack], amount: int, contra: Account) -> Iterable[Posting]:
    """What a reversal of `amount` had taken out, put back."""
    tax = 0
    beyond = amount - sum(part.unearned + part.earned + part.tax for part in parts)
    for part in parts:
        yield Posting(Account.DEFERRED_REVENUE, -part.unearned, part.line_id)
        yield Posting(contra, -part.earned, part.line_id)
        tax += part.tax
    yield Posting(Account.TAX_PAYABLE, -tax)
    yield Posting(Account.RECOVERIES, -beyond)


def restored_lines(
    lines: Iterable[LineBook], parts: Sequence[PutBack], day: PostingDay
) -> tuple[LineBook, ...]:
    """Each with what is unearned again as a segment of its own."""
    by_line = {line.line_id: line for line in lines}
    for part in parts:
        line = by_line[part.line_id]
        onward: tuple[Segment, ...] = ()
        if part.unearned:
            onward = (open_segment(part.unearned, part.start, part.end, day),)
        by_line[part.line_id] = replace(
            line, segments=(*line.segments, *onward), tax_reversed=line.tax_reversed - part.tax,
            net_reversed=line.net_reversed - part.unearned - part.earned,
            forgone=line.forgone + part.forgone,
        )  # fmt: skip
    return tuple(by_line[part.line_id] for part in parts)


def forgone_back(
    lines: Iterable[LineBook], parts: Sequence[PutBack], amount: int, contra: Account
) -> Booking:
    """Tax and expense undone line by line, what was expensed beyond the lines too; the deferral
    that was forgone is recovered."""
    by_line = {line.line_id: line for line in lines}
    income = sum(part.unearned + part.forgone for part in parts)
    tax = sum(part.tax for part in parts)
    beyond = amount - income - tax - sum(part.earned for part in parts)
    postings = entry(
        Posting(Account.CASH_ONLINE, amount),
        Posting(Account.TAX_PAYABLE, -tax),
        *(Posting(contra, -part.earned, part.line_id) for part in parts),
        Posting(contra, -beyond),
        Posting(Account.RECOVERIES, -income),
    )
    after = (
        replace(
            by_line[part.line_id],
            net_reversed=by_line[part.line_id].net_reversed - part.earned,
            tax_reversed=by_line[part.line_id].tax_reversed - part.tax,
            forgone=by_line[part.line_id].forgone + part.unearned + part.forgone,
        )
        for part in parts
        if part.unearned or part.earned or part.tax or part.forgone
    )
    return Booking(postings, tuple(after))


def moved(line: LineBook, start: date, end: date, day: PostingDay) -> LineBook | None:
    kept, rest = [], 0
    for segment in line.segments:
        unearned = unearned_before(segment, day.effective)
        rest += unearned
        kept.append(replace(segment, stopped_on=day.effective) if unearned else segment)
    if tuple(kept) == line.segments:
        return None
    first = max(start, day.effective)
    onward = (open_segment(rest, first, max(end, first + timedelta(days=1)), day),) if rest else ()
    return replace(line, segments=(*kept, *onward))


def _stopped(segments: tuple[Segment, ...], taken: int, day: PostingDay) -> tuple[Segment, ...]:
    """Those with something unearned stop and what is left of them goes on behind the others."""
    rest = [unearned_before(segment, day.effective) for segment in segments]
    kept, going_on = list(segments), []
    for at, share in enumerate(shares(taken, rest)):
        if share:
            kept[at], *onward = stop(segments[at], share, day)
            going_on += onward
    return (*kept, *going_on)


def taken_back(
    lines: Sequence[LineBook],
    amount: int,
    contra: Account,
    day: PostingDay,
    policy: str,
    given: tuple[Posting, ...],
) -> Booking:
    """As far as the lines go. What is beyond them came back by a won dispute, as income of its own:
    that is undone."""
    remains = [line.remains(day.effective) for line in lines]
    borne = min(amount, max(sum(map(sum, remains)), 0))
    taken = taken_of(borne, remains, policy)
    taken_out = reversal(lines, taken, contra, Account.TAX_PAYABLE)
    beyond = Posting(Account.RECOVERIES, amount - borne)
    return Booking(entry(*taken_out, beyond, *given), reversed_lines(lines, taken, day))
