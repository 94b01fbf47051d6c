"""Deferred revenue month by month: what came to it, what was earned out of it, what is left.

Months up to the day asked for show what happened; the later ones, as long as days earn something,
what will be earned if nothing else happens. A gift that waits for its recipient stays deferred.
"""

from __future__ import annotations

from projections.reports.recognition import DATES, KNOWN_DAYS, earned
from projections.reports.report import Basis, Report, amount, code, day, in_currency, of_customer

UNTIL = "%(until)s::date"
_KNOWN = f"least(m.ends, {UNTIL})"
_KNOWN_BEFORE = f"least(m.starts - 1, {UNTIL})"


_BILLING = "j.event_type IN ('invoice.issued', 'invoice.payment_succeeded')"
_DEFERRED = "j.ledger_account = 'deferred_revenue'"


def _posted(date: str) -> str:
    """SQL: what postings did to deferral and to revenue, by month."""
    return f"""
    SELECT j.currency, date_trunc('month', j.{date}::timestamp)::date AS month,
           coalesce(sum(-j.amount) FILTER (WHERE {_DEFERRED} AND {_BILLING}), 0) AS billed,
           coalesce(sum(j.amount) FILTER (WHERE {_DEFERRED} AND NOT {_BILLING}), 0) AS reversed,
           coalesce(sum(-j.amount) FILTER (WHERE NOT {_DEFERRED}), 0) AS at_once
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.ledger_account IN ('deferred_revenue', 'recognized_revenue')
       AND j.position <= %(position)s AND j.{date} <= {UNTIL}
       AND {in_currency("j")} AND {of_customer("j")}
     GROUP BY 1, 2"""


def _earning(basis: Basis) -> str:
    """SQL: what segments earn, by month."""
    dates = DATES[basis]
    last_day = (
        f"greatest(s.end_date - 1, {dates.earning},"
        f" CASE WHEN s.stop_position <= %(position)s THEN {dates.stopped} END)"
    )
    by_its_end = earned("m.ends", basis, known=_KNOWN)
    before_it = earned("(m.starts - 1)", basis, known=_KNOWN_BEFORE)
    return f"""
    SELECT s.currency, m.starts AS month, sum({by_its_end} - {before_it}) AS earned
      FROM segments AS s
     CROSS JOIN LATERAL (
           SELECT g.month::date AS starts, (g.month + interval '1 month')::date - 1 AS ends
             FROM generate_series(date_trunc('month', {dates.earning}::timestamp),
                                  ({last_day})::timestamp, interval '1 month') AS g (month)) AS m
     WHERE s.account_id = %(account)s AND s.generation = %(generation)s AND s.method = 'daily'
       AND {KNOWN_DAYS}
       AND s.from_position <= %(position)s AND {dates.booked} <= {UNTIL}
       AND {in_currency("s")} AND {of_customer("s")}
     GROUP BY 1, 2"""


_MONTHS = f"""
    SELECT r.currency, g.month::date AS month
      FROM (SELECT m.currency, min(m.month) AS first_month,
                   greatest(max(m.month), CASE WHEN sum(m.billed - m.reversed - m.earned) <> 0
                            THEN date_trunc('month', {UNTIL}::timestamp)::date END) AS last_month
              FROM moved AS m GROUP BY m.currency) AS r
     CROSS JOIN LATERAL generate_series(r.first_month::timestamp, r.last_month::timestamp,
                                        interval '1 month') AS g (month)"""
"""Every month from the first in which something moved to the last, or to the one asked for while
something is held."""


def _source(basis: Basis) -> str:
    date = "posting_date" if basis is Basis.POSTING else "effective_date"
    return f"""
WITH posted AS ({_posted(date)}
), earning AS ({_earning(basis)}
), moved AS (
    SELECT currency, month, coalesce(p.billed, 0)::bigint AS billed,
           coalesce(p.reversed, 0)::bigint AS reversed, coalesce(e.earned, 0)::bigint AS earned,
           coalesce(p.at_once, 0)::bigint AS at_once
      FROM posted AS p FULL JOIN earning AS e USING (currency, month)
     WHERE p.billed <> 0 OR p.reversed <> 0 OR e.earned <> 0 OR p.at_once <> 0
), months AS ({_MONTHS}
), flow AS (
    SELECT n.currency, n.month, coalesce(m.billed, 0) AS billed,
           coalesce(m.reversed, 0) AS reversed, coalesce(m.earned, 0) AS earned,
           coalesce(m.at_once, 0) AS at_once,
           sum(coalesce(m.billed - m.reversed - m.earned, 0))
               OVER (PARTITION BY n.currency ORDER BY n.month)::bigint AS closing
      FROM months AS n LEFT JOIN moved AS m ON m.currency = n.currency AND m.month = n.month
)
SELECT to_char(f.month, 'YYYY-MM') AS period, f.currency,
       f.closing - f.billed + f.reversed + f.earned AS opening, f.billed, f.earned, f.reversed,
       f.closing, f.at_once, {UNTIL} AS as_of
  FROM flow AS f
 WHERE (%(since)s::date IS NULL OR f.month >= date_trunc('month', %(since)s::date::timestamp))
   AND (%(ahead)s::date IS NULL OR f.month <= %(ahead)s::date)"""


REVENUE_WATERFALL = Report(
    "revenue_waterfall",
    (
        code("period", "period"),
        code("currency", "currency"),
        amount("deferred_opening", "opening"),
        amount("billed", "billed"),
        amount("recognized", "earned"),
        amount("reversed", "reversed"),
        amount("deferred_closing", "closing"),
        amount("recognized_at_once", "at_once"),
        day("as_of", "as_of"),
    ),
    _source,
    "r.currency, r.period",
    looks_ahead=True,
)
