"""Four centuries of terms: every anchor comes back to its day, whatever the months between."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta

from domain.shared.period import Interval, zone
from domain.subscriptions.phases import following, opening
from tests.domain.subscriptions.test_subscription import terms

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kolkata"]
YEARS = 400


def terms_in_a_row(anchor, name, sold, count):
    phase, since = opening("ph", anchor, name, sold), anchor
    for _ in range(count):
        yield phase
        phase, since = following("ph", phase, since, name)


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
def test_a_month_s_terms_keep_the_anchor_s_day_for_400_years(day):
    anchor = datetime(2000, 1, day, 9, 30, tzinfo=UTC)
    phases = terms_in_a_row(anchor, "UTC", terms(), YEARS * 12)
    for index, phase in enumerate(phases):
        assert phase.start == anchor + relativedelta(months=index)
        assert phase.end == anchor + relativedelta(months=index + 1)


@pytest.mark.parametrize("begins", [date(2000, 2, 29), date(2001, 2, 28), date(2000, 12, 31)])
def test_a_year_s_terms_keep_a_leap_day_for_400_years(begins):
    anchor = datetime(begins.year, begins.month, begins.day, tzinfo=UTC)
    sold = terms(interval=Interval.YEAR)
    for index, phase in enumerate(terms_in_a_row(anchor, "UTC", sold, YEARS)):
        assert phase.start == anchor + relativedelta(years=index)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("hour", [0, 2])
def test_on_the_wall_clock_terms_meet_and_keep_their_hour_but_for_hours_that_do_not_exist(
    name, hour
):
    anchor = datetime(2011, 1, 30, hour, 30, tzinfo=zone(name)).astimezone(UTC)
    phases = list(terms_in_a_row(anchor, name, terms(), 12 * 25))
    assert all(before.end == after.start for before, after in pairwise(phases))
    for index, phase in enumerate(phases):
        wall = phase.start.astimezone(zone(name)).replace(tzinfo=None)
        wanted = datetime(2011, 1, 30, hour, 30) + relativedelta(months=index)
        there = wanted.replace(tzinfo=zone(name)).astimezone(UTC).astimezone(zone(name))
        exists = there.replace(tzinfo=None) == wanted
        assert wall == wanted if exists else timedelta() < wall - wanted <= timedelta(days=1)


def test_a_day_that_apia_skipped_is_no_term_of_its_own():
    """On 30 December 2011 there was no day: weekly terms go on around it."""
    anchor = datetime(2011, 12, 23, 0, 0, tzinfo=zone("Pacific/Apia")).astimezone(UTC)
    sold = terms(interval=Interval.WEEK)
    starts = [phase.start for phase in terms_in_a_row(anchor, "Pacific/Apia", sold, 4)]
    walls = [start.astimezone(zone("Pacific/Apia")).date() for start in starts]
    assert walls == [date(2011, 12, 23), date(2011, 12, 31), date(2012, 1, 6), date(2012, 1, 13)]
    assert starts == sorted(set(starts))
