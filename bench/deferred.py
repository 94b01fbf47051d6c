"""Deferred revenue per customer over many segments, beside a bare scan of the index it reads.

Two years of business, eight monthly terms for each yearly one, every customer with ten of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from bench.figures import at_most, in_turns, plain
from projections.reading import Reading
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.report import Asked

if TYPE_CHECKING:
    from bench.figures import Figure

ACCOUNT = UUID("01900000-0000-7000-8000-0000bebecafe")
POSITION = 10_000_000
UNTIL = date(2026, 6, 30)
TARGET = 2

# Ids begin with their time, as real ones do: a customer about every ten minutes.
_ID = "'cus_01k' || lpad(to_hex(n.number::bigint * 630000), 9, '0') || 'r5e8v2w4y6z7a3'"
_SEGMENTS = f"""
INSERT INTO segments (account_id, generation, invoice_id, line, seq, customer_id, currency, amount,
                      start_date, end_date, booked_from, effective_on, posted_on, from_position,
                      method, method_version)
SELECT %(account)s, 1, 'inv_' || lpad(i::text, 26, '0'), 1, 1,
       c.id, 'USD', 1000 + i %% 20000,
       d.day, d.day + CASE WHEN i %% 9 = 0 THEN 365 ELSE 30 END, d.day, d.day, d.day, i, 'daily', 1
  FROM generate_series(1, %(segments)s) AS i
 CROSS JOIN LATERAL (SELECT %(until)s::date - (i %% 730)::integer AS day) AS d
 CROSS JOIN LATERAL (SELECT i %% %(customers)s AS number) AS n
 CROSS JOIN LATERAL (SELECT {_ID} AS id) AS c"""
_PARTIES = f"""
INSERT INTO accounting_parties (account_id, generation, customer_id, from_position, email,
                                first_name, last_name)
SELECT %(account)s, 1, {_ID}, i + 1, 'reader' || i || '@example.com',
       'Ada', 'Number ' || i
  FROM generate_series(0, %(customers)s - 1) AS i
 CROSS JOIN LATERAL (SELECT i AS number) AS n"""
_BARE = """
SELECT count(*), sum(s.amount) FROM segments AS s
 WHERE s.account_id = %(account)s AND s.generation = 1 AND s.method = 'daily'"""
_BARE_RUNNING = f"{_BARE} AND s.end_date > %(until)s"


def deferred(
    conninfo: str, segments: int = 1_000_000, customers: int = 100_000, rounds: int = 5
) -> list[Figure]:
    """`conninfo` is the owner's, for VACUUM."""
    values = {
        "account": ACCOUNT, "segments": segments, "customers": customers, "until": UNTIL,
    }  # fmt: skip
    with (
        psycopg.connect(conninfo, autocommit=True) as connection,
        connection.cursor(binary=True) as cursor,
    ):
        for statement in (_SEGMENTS, _PARTIES):
            cursor.execute(statement, values)
        cursor.execute("VACUUM (ANALYZE) segments, accounting_parties")
        return _figures(cursor, values, rounds)


def _figures(cursor: psycopg.Cursor[Any], values: dict[str, Any], rounds: int) -> list[Figure]:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    shown = Reading(cursor, ACCOUNT, 1, POSITION, POSITION, livemode=False, now=now, stopped=False)
    asked = Asked(UNTIL)
    bare, running, report = in_turns(
        rounds,
        lambda: cursor.execute(_BARE, values).fetchall(),
        lambda: cursor.execute(_BARE_RUNNING, values).fetchall(),
        lambda: DEFERRED_REVENUE.tuples(shown, asked),
    )
    rows = len(DEFERRED_REVENUE.tuples(shown, asked))
    return [
        plain("segments, customers with a balance", f"{values['segments']:,}, {rows:,}"),
        plain("bare scan of the whole index", f"{bare * 1000:,.0f} ms"),
        plain("bare scan of what the day needs", f"{running * 1000:,.0f} ms"),
        at_most(
            "deferred revenue per customer", f"{report * 1000:,.0f} ms", report / bare, TARGET,
            f"{report / bare:.2f} × bare scan of the whole index",
        ),
    ]  # fmt: skip
