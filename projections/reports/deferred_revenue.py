"""Deferred revenue of every customer at the end of a day, named as on their last invoice."""

from __future__ import annotations

from projections.reports.party import PARTY, party_of
from projections.reports.recognition import DATES, deferred_before_end
from projections.reports.report import (
    Basis,
    Report,
    amount,
    code,
    day,
    in_currency,
    of_customer,
)

UNTIL = "%(until)s::date"


def _running(basis: Basis) -> str:
    """SQL: the segments that may defer something at the end of the day.

    One that has ended was in the books before it ended, or is earned whole on the day it came.
    """
    return (
        f"s.method = 'daily' AND s.end_date > {UNTIL} AND {DATES[basis].booked} <= {UNTIL}"
        f" AND s.from_position <= %(position)s AND {in_currency('s')} AND {of_customer('s')}"
    )


def _source(basis: Basis) -> str:
    balance = f"sum({deferred_before_end(UNTIL, basis)})"
    return f"""
WITH owed AS (
    SELECT s.customer_id, s.currency, {balance}::bigint AS deferred_balance
      FROM segments AS s
     WHERE s.account_id = %(account)s AND s.generation = %(generation)s AND {_running(basis)}
     GROUP BY s.customer_id, s.currency
    HAVING {balance} <> 0
)
SELECT o.customer_id, p.email, p.first_name, p.last_name, p.organization_name, o.currency,
       o.deferred_balance, {UNTIL} AS as_of
  FROM owed AS o
{party_of("o")}"""


DEFERRED_REVENUE = Report(
    "deferred_revenue",
    (
        *PARTY,
        code("currency", "currency"),
        amount("deferred_balance", "deferred_balance"),
        day("as_of", "as_of"),
    ),
    _source,
    # Without the prefix that all ids share: what PostgreSQL sorts by first are eight bytes.
    "substr(r.customer_id, 5), r.currency",
)
