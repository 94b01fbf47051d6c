"""An invoice's lines as they enter the books: their segments, and what they post."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.ledger.books import Charge, LineBook, Posting
from domain.ledger.chart import Account
from domain.ledger.segments import (
    Method,
    PostingDay,
    Segment,
    earn_at_once,
    held_segment,
    open_segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def booked(charges: Iterable[Charge], day: PostingDay) -> tuple[LineBook, ...]:
    return tuple(
        LineBook(charge.line_id, charge.net, charge.tax, _segments(charge, day))
        for charge in charges
    )


def _segments(charge: Charge, day: PostingDay) -> tuple[Segment, ...]:
    if charge.net == 0:
        return ()
    if charge.held:
        return (held_segment(charge.net),)
    if charge.start is None or charge.end is None:
        return (earn_at_once(charge.net, day),)
    # A service within one day has one accounting date for both its ends.
    end = max(charge.end, charge.start + timedelta(days=1))
    return (open_segment(charge.net, charge.start, end, day),)


def billed(lines: Iterable[LineBook]) -> Iterable[Posting]:
    tax = 0
    for line in lines:
        for segment in line.segments:
            at_once = segment.method is Method.AT_ONCE
            account = Account.RECOGNIZED_REVENUE if at_once else Account.DEFERRED_REVENUE
            yield Posting(account, -segment.amount, line.line_id)
        tax += line.tax
    yield Posting(Account.TAX_PAYABLE, -tax)
