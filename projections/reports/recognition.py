"""The closed form of earning, in SQL: what a segment has earned and still defers at a day.

The same arithmetic as `domain.ledger.segments`, on integers of 64 bits: twice an amount below 10^13
times the days of a century stays inside them. Division in SQL cuts towards zero, so adding half the
divisor with the amount's sign rounds halves away from zero.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.ledger.segments import HELD_FROM
from projections.reports.report import Basis, in_currency


class Dates(NamedTuple):
    """SQL: from when a segment is in the books, earns, and is stopped, on a basis."""

    booked: str
    earning: str
    stopped: str


DATES = {
    Basis.POSTING: Dates("s.posted_on", "s.booked_from", "s.stop_posted_on"),
    Basis.EFFECTIVE: Dates(
        "s.effective_on", "greatest(s.start_date, s.effective_on)", "s.stopped_on"
    ),
}


def earned(day: str, basis: Basis, known: str | None = None) -> str:
    """SQL: what segment `s` earned by the end of `day`, as known at the position, and, with a day
    until when facts are `known`, at its end: what will be earned by a later day."""
    stopped = _stopped(known or day, basis)
    frozen = f"CASE WHEN {stopped} THEN least({day}, s.stopped_on - 1) ELSE {day} END"
    return (
        f"CASE WHEN s.stop_position IS NULL THEN {_through(day, basis)}"
        f" ELSE {_through(f'({frozen})', basis)} END"
    )


def deferred(day: str, basis: Basis) -> str:
    """SQL: what of segment `s` is in the books and not earned at the end of `day`."""
    return (
        f"CASE WHEN {day} < {DATES[basis].booked} OR {_stopped(day, basis)} THEN 0"
        f" ELSE s.amount - {_through(day, basis)} END"
    )


def deferred_before_end(day: str, basis: Basis) -> str:
    """The same for a segment that is in the books and ends after `day`: fewer comparisons."""
    return (
        f"CASE WHEN {_stopped(day, basis)} THEN 0 WHEN {day} < {DATES[basis].earning} THEN s.amount"
        f" ELSE s.amount - {_share(day)} END"
    )


def _stopped(day: str, basis: Basis) -> str:
    # Null while nothing stopped it: fit for a WHEN, not for a NOT.
    return f"s.stop_position <= %(position)s AND {DATES[basis].stopped} <= {day}"


def _through(day: str, basis: Basis) -> str:
    return (
        f"CASE WHEN {day} < {DATES[basis].earning} THEN 0 WHEN {day} >= s.end_date THEN s.amount"
        f" ELSE {_share(day)} END"
    )


def _share(day: str) -> str:
    days = "(s.end_date - s.start_date)"
    half = f"CASE WHEN s.amount < 0 THEN -{days} ELSE {days} END"
    return f"(2 * s.amount * ({day} - s.start_date + 1) + {half}) / (2 * {days})"


KNOWN_DAYS = f"s.start_date < DATE '{HELD_FROM}'"
"""SQL: not held for days that nobody knows yet, which the calendar's last ones stand for."""


def monthly(basis: Basis, methods: str) -> str:
    """SQL of two CTEs ending in `monthly`: a row for each line and month in which it earned.

    `methods` lists the segments' methods in SQL. `ends` is the month's last day or `until`.
    """
    dates = DATES[basis]
    visible = (
        "s.account_id = %(account)s AND s.generation = %(generation)s"
        f" AND s.from_position <= %(position)s AND s.method IN ({methods}) AND {in_currency('s')}"
    )
    in_period = f"sum({earned('m.ends', basis)} - {earned('m.before', basis)})"
    return f"""
span AS (
    SELECT s.invoice_id, s.line, min({dates.earning}) AS first_day, max(greatest(
               s.end_date - 1, {dates.earning},
               CASE WHEN s.stop_position <= %(position)s THEN {dates.stopped} END)) AS last_day
      FROM segments AS s
     WHERE {visible}
     GROUP BY s.invoice_id, s.line
), monthly AS (
    SELECT p.invoice_id, p.line, m.starts, m.ends, min(s.from_position) AS from_position,
           min(s.start_date) AS first_day,
           max(s.end_date) FILTER (WHERE {KNOWN_DAYS}) - 1 AS last_day,
           {in_period}::bigint AS in_period,
           sum({earned("m.ends", basis)})::bigint AS to_date,
           sum({deferred("m.ends", basis)})::bigint AS deferred_balance
      FROM span AS p
     CROSS JOIN LATERAL (
           SELECT g.month::date AS starts, greatest(g.month::date, %(since)s::date) - 1 AS before,
                  least((g.month + interval '1 month')::date - 1, %(until)s::date) AS ends
             FROM generate_series(
                      date_trunc('month', greatest(p.first_day, %(since)s::date)::timestamp),
                      least(p.last_day, %(until)s::date)::timestamp,
                      interval '1 month') AS g (month)) AS m
      JOIN segments AS s ON s.invoice_id = p.invoice_id AND s.line = p.line AND {visible}
     GROUP BY p.invoice_id, p.line, m.starts, m.ends
    HAVING {in_period} <> 0
)"""
