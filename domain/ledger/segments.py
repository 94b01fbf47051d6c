"""Revenue earned over time: a stretch of days and the one formula that says how much by when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.shared.money import round_half_away

METHOD_VERSION = 1
"""Of the daily method's arithmetic; stored on every segment."""

_DAY = timedelta(days=1)
HELD_FROM, HELD_UNTIL = date.max - _DAY, date.max
"""Stand for days that are not known yet: what is held until then is never earned by itself."""


class Method(StrEnum):
    DAILY = "daily"
    AT_ONCE = "at_once"


class PostingDay(NamedTuple):
    """When a fact happened and when the books take it: the same day unless its month is closed."""

    effective: date
    posting: date


@dataclass(frozen=True, slots=True)
class Segment:
    """`amount` earned evenly over the days `[start, end)`, none of it before `booked_from`.

    Days before `booked_from` are earned on it. `stopped_on` freezes what was earned by the day
    before. The method `at_once` marks what was booked as revenue straight away: never unearned.
    """

    amount: int
    start: date
    end: date
    booked_from: date
    stopped_on: date | None = None
    method: Method = Method.DAILY


def open_segment(amount: int, start: date, end: date, day: PostingDay) -> Segment:
    """A segment booked on `day`. Raises ValueError when there is no day between start and end."""
    if start >= end:
        raise ValueError(f"no day from {start} to {end}")
    return Segment(amount, start, end, max(start, day.posting))


def earn_at_once(amount: int, day: PostingDay) -> Segment:
    """What is earned whole on the day it is booked."""
    posted = day.posting
    return Segment(amount, posted, posted + _DAY, posted, method=Method.AT_ONCE)


def held_segment(amount: int) -> Segment:
    """Deferred whole until its service is moved to the days that it is delivered on."""
    return Segment(amount, HELD_FROM, HELD_UNTIL, HELD_FROM)


def earned_through(segment: Segment, day: date) -> int:
    """Earned by the end of `day`, rounded half away from zero on the cumulative figure."""
    if segment.stopped_on is not None:
        day = min(day, segment.stopped_on - _DAY)
    if day < segment.booked_from:
        return 0
    if day >= segment.end:
        return segment.amount
    days = (day - segment.start).days + 1
    return round_half_away(segment.amount * days, (segment.end - segment.start).days)


def unearned(segment: Segment, day: date) -> int:
    """Still deferred at the end of `day`; nothing from the day of a stop on."""
    if segment.stopped_on is not None and day >= segment.stopped_on:
        return 0
    return segment.amount - earned_through(segment, day)


def unearned_before(segment: Segment, day: date) -> int:
    """What a stop on `day` would take out: the day itself belongs to what follows."""
    if segment.stopped_on is not None or segment.method is Method.AT_ONCE:
        return 0
    return unearned(segment, day - _DAY)


def stop(segment: Segment, taken: int, day: PostingDay) -> tuple[Segment, ...]:
    """The segment frozen on `day`, followed by what goes on after `taken` was reversed.

    On the day it is booked nothing of it has been earned: what goes on keeps its days, those before
    that day too. Where its days were over before, what goes on is earned on `day` itself.
    """
    rest = unearned_before(segment, day.effective) - taken
    frozen = replace(segment, stopped_on=day.effective)
    if rest == 0:
        return (frozen,)
    if day.effective <= segment.booked_from:
        onward = replace(segment, amount=rest, booked_from=max(segment.booked_from, day.posting))
        return frozen, onward
    start = max(day.effective, segment.start)
    return frozen, open_segment(rest, start, max(segment.end, start + _DAY), day)


def posting_date(effective: date, first_open_day: date | None = None) -> date:
    """The day the books take a fact: its own, or the first open day once its month is closed."""
    return effective if first_open_day is None else max(effective, first_open_day)
