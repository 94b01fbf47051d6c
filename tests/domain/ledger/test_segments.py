"""Earning over days: the examples of the bookkeeping rules, and what holds for every segment."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.segments import (
    PostingDay,
    Segment,
    earn_at_once,
    earned_through,
    open_segment,
    posting_date,
    stop,
    unearned,
    unearned_before,
)

DAY = timedelta(days=1)
MONTH_ENDS = {month: date(2026, month + 1, 1) - DAY for month in range(1, 12)}


def on(year: int, month: int, day: int) -> PostingDay:
    return PostingDay(date(year, month, day), date(year, month, day))


def by_month(*segments: Segment, months: range) -> list[int]:
    totals = [sum(earned_through(s, MONTH_ENDS[m]) for s in segments) for m in months]
    before = sum(earned_through(s, date(2026, months[0], 1) - DAY) for s in segments)
    return [b - a for a, b in pairwise([before, *totals])]


SPRING = open_segment(10000, date(2026, 3, 1), date(2026, 6, 1), on(2026, 3, 1))


def test_a_hundred_over_three_months() -> None:
    assert by_month(SPRING, months=range(3, 6)) == [3370, 3260, 3370]


def test_a_plan_change_earns_both_plans() -> None:
    april, end = date(2026, 4, 1), date(2026, 5, 1)
    old = open_segment(3000, april, end, on(2026, 4, 1))
    given_back = open_segment(-1500, date(2026, 4, 16), end, on(2026, 4, 16))
    new = open_segment(3000, date(2026, 4, 16), end, on(2026, 4, 16))
    assert unearned(old, date(2026, 4, 15)) == 1500
    assert by_month(old, given_back, new, months=range(4, 5)) == [4500]


def test_paid_on_7_february_for_a_month() -> None:
    paid = open_segment(3000, date(2026, 2, 7), date(2026, 3, 7), on(2026, 2, 7))
    assert by_month(paid, months=range(1, 4)) == [0, 2357, 643]


def test_service_of_january_invoiced_in_february_is_earned_on_that_day() -> None:
    late = open_segment(3100, date(2026, 1, 1), date(2026, 2, 1), on(2026, 2, 1))
    assert earned_through(late, date(2026, 1, 31)) == 0
    assert earned_through(late, date(2026, 2, 1)) == 3100


def test_days_before_issue_are_earned_on_the_day_of_issue() -> None:
    segment = open_segment(3000, date(2026, 4, 1), date(2026, 5, 1), on(2026, 4, 10))
    assert earned_through(segment, date(2026, 4, 9)) == 0
    assert earned_through(segment, date(2026, 4, 10)) == 1000


def test_a_fact_of_a_closed_month_is_earned_from_the_first_open_day() -> None:
    late = PostingDay(date(2026, 3, 20), posting_date(date(2026, 3, 20), date(2026, 4, 1)))
    segment = open_segment(3000, date(2026, 3, 16), date(2026, 4, 15), late)
    assert by_month(segment, months=range(3, 5)) == [0, 3000]


def test_a_stop_freezes_at_the_day_before_and_the_rest_goes_on() -> None:
    frozen, onward = stop(SPRING, 1000, on(2026, 5, 1))
    assert earned_through(frozen, date(2026, 12, 31)) == 6630
    assert unearned(frozen, date(2026, 5, 1)) == 0
    assert (onward.amount, onward.start, onward.end) == (2370, date(2026, 5, 1), SPRING.end)


def test_a_stop_before_the_start_leaves_the_days_as_they_were() -> None:
    frozen, onward = stop(SPRING, 4000, on(2026, 2, 10))
    assert earned_through(frozen, date(2026, 12, 31)) == 0
    assert (onward.amount, onward.start, onward.booked_from) == (6000, SPRING.start, SPRING.start)


def test_a_stop_on_the_day_of_booking_leaves_the_days_before_it() -> None:
    """Half a year sold on its 79th day: none of it was earned, and a cent less of it is."""
    late = open_segment(18100, date(2026, 1, 1), date(2026, 7, 1), on(2026, 3, 20))
    frozen, onward = stop(late, 1, on(2026, 3, 20))
    assert earned_through(frozen, date(2026, 12, 31)) == 0
    assert (onward.amount, onward.start, onward.booked_from) == (
        18099, date(2026, 1, 1), date(2026, 3, 20),
    )  # fmt: skip
    assert by_month(late, months=range(3, 7)) == [9000, 3000, 3100, 3000]
    assert by_month(frozen, onward, months=range(3, 7)) == [9000, 2999, 3100, 3000]


def test_a_stop_a_day_later_leaves_what_was_earned() -> None:
    late = open_segment(18100, date(2026, 1, 1), date(2026, 7, 1), on(2026, 3, 20))
    frozen, onward = stop(late, 0, on(2026, 3, 21))
    assert (earned_through(frozen, date(2026, 12, 31)), onward.amount) == (7900, 10200)
    assert onward.start == date(2026, 3, 21)


def test_what_is_earned_at_once_is_never_unearned() -> None:
    sale = earn_at_once(500, on(2026, 4, 10))
    assert unearned_before(sale, date(2026, 4, 10)) == 0
    assert [earned_through(sale, date(2026, 4, day)) for day in (9, 10, 11)] == [0, 500, 500]


def test_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="no day"):
        open_segment(1, date(2026, 4, 1), date(2026, 4, 1), on(2026, 4, 1))


DAYS = st.integers(0, 800).map(lambda n: date(2025, 1, 1) + n * DAY)
AMOUNTS = st.integers(-(10**9), 10**9).filter(bool)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start = draw(DAYS)
    end = start + draw(st.integers(1, 800)) * DAY
    booked = draw(DAYS)
    return open_segment(draw(AMOUNTS), start, end, PostingDay(booked, booked))


@given(segments(), st.lists(DAYS, max_size=8))
def test_any_cut_into_periods_sums_to_the_amount(segment: Segment, cuts: list[date]) -> None:
    last = max(segment.end, segment.booked_from)
    days = [date(2024, 12, 31), *sorted(cuts), last]
    earned = [earned_through(segment, day) for day in days]
    assert earned[0] == 0
    assert sum(b - a for a, b in pairwise(earned)) == segment.amount


@given(segments(), DAYS)
def test_a_negative_segment_mirrors_the_positive_one(segment: Segment, day: date) -> None:
    mirror = Segment(-segment.amount, segment.start, segment.end, segment.booked_from)
    assert earned_through(mirror, day) == -earned_through(segment, day)
    assert unearned(mirror, day) == -unearned(segment, day)


@given(segments(), DAYS, DAYS)
def test_earning_never_runs_backwards(segment: Segment, a: date, b: date) -> None:
    first, second = sorted((a, b))
    earlier, later = earned_through(segment, first), earned_through(segment, second)
    assert abs(earlier) <= abs(later) <= abs(segment.amount)


@given(segments(), DAYS, st.data())
def test_a_stop_loses_nothing(segment: Segment, day: date, data: st.DataObject) -> None:
    stopped = max(day, segment.start)
    rest = unearned_before(segment, stopped)
    taken = data.draw(st.integers(min(0, rest), max(0, rest)))
    if taken == 0 or rest == 0:
        return
    parts = stop(segment, taken, PostingDay(stopped, stopped))
    finally_earned = sum(earned_through(part, date(2040, 1, 1)) for part in parts)
    assert finally_earned + taken == segment.amount
