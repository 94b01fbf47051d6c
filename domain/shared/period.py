"""Billing periods on the account's wall clock, each computed from the anchor, never the last."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The named time zone. Raises KeyError (ZoneInfoNotFoundError) for an unknown name."""
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def add_months(wall: datetime, months: int) -> datetime:
    """`wall` moved by months, its day cut to the month's last where that month is shorter."""
    year, month0 = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month0 + 1)[1])
    return wall.replace(year=year, month=month0 + 1, day=day)


def step(wall: datetime, interval: Interval, count: int) -> datetime:
    """`wall` moved by `count` intervals on the calendar."""
    match interval:
        case Interval.DAY:
            return wall + timedelta(days=count)
        case Interval.WEEK:
            return wall + timedelta(weeks=count)
        case Interval.MONTH:
            return add_months(wall, count)
        case Interval.YEAR:
            return add_months(wall, 12 * count)


def instant_of(wall: datetime, timezone: str) -> datetime:
    """The UTC instant of a wall time: a missing one moves on by the gap, a doubled is the first."""
    there = wall.replace(tzinfo=zone(timezone), fold=0)
    return there.astimezone(UTC)


@lru_cache(maxsize=65536)
def boundary(
    anchor: datetime, timezone: str, interval: Interval, interval_count: int, index: int
) -> datetime:
    """Where period `index` begins (and period `index` - 1 ends), as a UTC instant."""
    wall = anchor.astimezone(zone(timezone)).replace(tzinfo=None)
    return instant_of(step(wall, interval, interval_count * index), timezone)


def days_after(instant: datetime, days: int, timezone: str) -> datetime:
    """The same time of so many calendar days later, as clocks there show it."""
    if days == 0:
        return instant
    wall = instant.astimezone(zone(timezone)).replace(tzinfo=None)
    return instant_of(step(wall, Interval.DAY, days), timezone)


@lru_cache(maxsize=65536)
def accounting_date(instant: datetime, timezone: str) -> date:
    """The calendar date of an instant on the account's wall clock."""
    return instant.astimezone(zone(timezone)).date()


def midnight(day: date, timezone: str) -> datetime:
    """The instant at which a calendar date begins on the account's wall clock."""
    return instant_of(datetime.combine(day, time.min), timezone)
