"""Periods come from the anchor, on the account's wall clock, through every calendar oddity."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.period import (
    Interval,
    accounting_date,
    add_months,
    boundary,
    days_after,
    instant_of,
    midnight,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata"]
walls = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))


def test_a_month_end_comes_back_after_a_shorter_month():
    anchor = datetime(2026, 1, 31, tzinfo=UTC)
    ends = [boundary(anchor, "UTC", Interval.MONTH, 1, at).date() for at in range(4)]
    assert ends == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_a_leap_day_comes_back_in_leap_years():
    anchor = datetime(2024, 2, 29, tzinfo=UTC)
    days = [boundary(anchor, "UTC", Interval.YEAR, 1, at).date() for at in range(5)]
    assert days == [
        date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28),
        date(2028, 2, 29),
    ]  # fmt: skip


@given(walls, st.integers(-4800, 4800))
def test_months_agree_with_an_independent_calendar(wall, months):
    if 1 < (wall + relativedelta(years=0)).year + months / 12 < 9000:
        assert add_months(wall, months) == wall + relativedelta(months=months)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, 12), datetime(2011, 12, 30, 22, tzinfo=UTC)),
    ],
)
def test_missing_wall_times_move_on_and_doubled_ones_are_the_first(zone, wall, instant):
    assert instant_of(wall, zone) == instant


@given(
    walls, st.sampled_from(ZONES), st.sampled_from(list(Interval)), st.integers(1, 12),
    st.integers(0, 60),
)  # fmt: skip
def test_periods_never_overlap_and_never_run_backwards(wall, zone, interval, count, index):
    anchor = instant_of(wall, zone)
    start = boundary(anchor, zone, interval, count, index)
    assert start < boundary(anchor, zone, interval, count, index + 1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(ZONES))
def test_a_day_begins_on_its_own_date(day, zone):
    begins = midnight(day, zone)
    if zone == "Pacific/Apia" and day == date(2011, 12, 30):
        return
    assert accounting_date(begins, zone) == day
    assert accounting_date(begins - timedelta(microseconds=1), zone) < day


@pytest.mark.parametrize(
    ("zone", "instant", "days", "later"),
    [
        ("Europe/Berlin", datetime(2026, 9, 30, 22), 30, datetime(2026, 10, 30, 23)),
        ("Europe/Berlin", datetime(2026, 3, 28, 1, 30), 1, datetime(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", datetime(2026, 10, 24, 0, 30), 1, datetime(2026, 10, 25, 0, 30)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30), 0, datetime(2026, 10, 25, 1, 30)),
        ("America/New_York", datetime(2026, 3, 7, 7, 30), 1, datetime(2026, 3, 8, 7, 30)),
        ("Pacific/Apia", datetime(2011, 12, 29, 22), 1, datetime(2011, 12, 30, 22)),
    ],
)
def test_days_later_clocks_show_the_same_time_where_there_is_one(zone, instant, days, later):
    assert days_after(instant.replace(tzinfo=UTC), days, zone) == later.replace(tzinfo=UTC)


@given(walls, st.sampled_from(ZONES), st.integers(1, 400))
def test_days_later_is_that_many_days_later_on_the_calendar(wall, zone, days):
    instant = wall.replace(tzinfo=UTC)
    if zone != "Pacific/Apia":
        first, later = (accounting_date(each, zone) for each in
                        (instant, days_after(instant, days, zone)))  # fmt: skip
        assert later - first == timedelta(days=days)
