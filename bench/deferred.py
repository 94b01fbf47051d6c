"""Deferred revenue per customer over many segments, beside a bare scan of the index it reads.

Two years of business, eight monthly terms for each yearly one, every customer with ten of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.reading import Reading
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.report import Asked

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

ACCOUNT = UUID("01900000-0000-7000-8000-0000bebecafe")
POSITION = 10_000_000
UNTIL = date(2026, 6, 30)

_SEGMENTS = """
INSERT INTO segments (account_id, generation, invoice_id, line, seq, customer_id, currency, amount,
                      start_date, end_date, booked_from, effective_on, posted_on, from_position,
                      method, method_version)
SELECT %(account)s, 1, 'inv_' || lpad(i::text, 26, '0'), 1, 1,
       'cus_' || lpad((i %% %(customers)s)::text, 26, '0'), 'USD', 1000 + i %% 20000,
       d.day, d.day + CASE WHEN i %% 9 = 0 THEN 365 ELSE 30 END, d.day, d.day, d.day, i, 'daily', 1
  FROM generate_series(1, %(segments)s) AS i
 CROSS JOIN LATERAL (SELECT %(until)s::date - (i %% 730)::integer AS day) AS d"""
_PARTIES = """
INSERT INTO accounting_parties (account_id, generation, customer_id, from_position, email,
                                first_name, last_name)
SELECT %(account)s, 1, 'cus_' || lpad(i::text, 26, '0'), i + 1, 'reader' || i || '@example.com',
       'Ada', 'Number ' || i
  FROM generate_series(0, %(customers)s - 1) AS i"""
_BARE = """
SELECT count(*), sum(s.amount) FROM segments AS s
 WHERE s.account_id = %(account)s AND s.generation = 1 AND s.method = 'daily'"""
_BARE_RUNNING = f"{_BARE} AND s.end_date > %(until)s"
_CLEAR = (
    "DELETE FROM segments WHERE account_id = %(account)s",
    "DELETE FROM accounting_parties WHERE account_id = %(account)s",
)


@dataclass(frozen=True)
class DeferredFigures:
    """Medians in seconds. `bare_scan` reads the whole index, `bare_running` what the day needs."""

    segments: int
    running: int
    rows: int
    report: float
    bare_scan: float
    bare_running: float

    @property
    def ratio(self) -> float:
        """To the bare scan of the whole index; the target is at most 2."""
        return self.report / self.bare_scan


def deferred(
    connection: psycopg.Connection[Any],
    segments: int = 1_000_000,
    customers: int = 100_000,
    repeats: int = 5,
) -> DeferredFigures:
    """Fills, measures and clears an account of its own. Needs the owner's rights, for VACUUM."""
    values = {
        "account": ACCOUNT, "segments": segments, "customers": customers, "until": UNTIL,
    }  # fmt: skip
    with connection.cursor(binary=True) as cursor:
        for statement in (*_CLEAR, _SEGMENTS, _PARTIES):
            cursor.execute(statement, values)
        cursor.execute("VACUUM (ANALYZE) segments, accounting_parties")
        try:
            return _measured(cursor, values, repeats)
        finally:
            for statement in _CLEAR:
                cursor.execute(statement, values)


def _measured(cursor: Any, values: dict[str, Any], repeats: int) -> DeferredFigures:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    reading = Reading(
        cursor, ACCOUNT, 1, POSITION, POSITION, livemode=False, now=now, stopped=False
    )
    asked = Asked(UNTIL)
    runs = [
        (
            _timed(lambda: cursor.execute(_BARE, values).fetchone()),
            _timed(lambda: cursor.execute(_BARE_RUNNING, values).fetchone()),
            _timed(lambda: DEFERRED_REVENUE.tuples(reading, asked)),
        )
        for _ in range(repeats)
    ]
    bare, running, report = (median(each) for each in zip(*runs, strict=True))
    count = cursor.execute(_BARE_RUNNING, values).fetchone()[0]
    rows = len(DEFERRED_REVENUE.tuples(reading, asked))
    return DeferredFigures(values["segments"], count, rows, report, bare, running)


def _timed(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began
