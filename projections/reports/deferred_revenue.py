"""Deferred revenue of every customer at the end of a day, named as on their last invoice."""

from __future__ import annotations

from projections.reports.recognition import DATES, deferred_before_end
from projections.reports.report import (
    Basis,
    Column,
    Kind,
    Report,
    in_currency,
    of_customer,
    own,
    same_books,
)

UNTIL = "%(until)s::date"


def still_running(basis: Basis) -> str:
    """SQL: the segments that may defer something at the end of the day, by the covering index.

    One that has ended was in the books before it ended, or is earned whole on the day it came.
    """
    return (
        f"{own('s')} AND s.method = 'daily' AND s.end_date > {UNTIL}"
        f" AND {DATES[basis].booked} <= {UNTIL} AND {in_currency('s')} AND {of_customer('s')}"
    )


def _statement(basis: Basis) -> str:
    amount = f"sum({deferred_before_end(UNTIL, basis)})"
    return f"""
WITH owed AS (
    SELECT s.customer_id, s.currency, {amount}::bigint AS deferred_balance
      FROM segments AS s
     WHERE {still_running(basis)}
     GROUP BY s.customer_id, s.currency
    HAVING {amount} <> 0
), named AS (
    SELECT DISTINCT ON (p.customer_id) p.*
      FROM accounting_parties AS p
     WHERE {own("p")} AND {of_customer("p")}
     ORDER BY p.customer_id, p.from_position DESC
)
SELECT o.customer_id, n.email, n.first_name, n.last_name, n.organization_name, o.currency,
       o.deferred_balance, {UNTIL}
  FROM owed AS o
  LEFT JOIN named AS n ON n.customer_id = o.customer_id
 ORDER BY o.customer_id, o.currency"""


DEFERRED_REVENUE = Report(
    "deferred_revenue",
    (
        Column("customer.id"),
        Column("customer.email"),
        Column("customer.first_name"),
        Column("customer.last_name"),
        Column("organization.name"),
        Column("currency"),
        Column("deferred_balance", Kind.AMOUNT),
        Column("as_of", Kind.DATE),
    ),
    _statement,
)


def _explained(basis: Basis) -> str:
    return f"""
SELECT s.invoice_id, l.invoice_number, l.line_id, l.description, s.currency, s.amount, s.start_date,
       s.end_date - 1, {deferred_before_end(UNTIL, basis)}, s.from_position, e.event_id::text,
       e.topic, e.actor, e.reason
  FROM segments AS s
  JOIN accounting_lines AS l ON {same_books("l", "s")}
   AND l.invoice_id = s.invoice_id AND l.line = s.line
  LEFT JOIN stored_events AS e ON e.account_id = s.account_id AND e.position = s.from_position
 WHERE {still_running(basis)} AND {deferred_before_end(UNTIL, basis)} <> 0
 ORDER BY s.from_position, s.line, s.seq"""


DEFERRED_REVENUE_EXPLAINED = Report(
    "deferred_revenue/explain",
    (
        Column("invoice.id"),
        Column("invoice.number"),
        Column("line.id"),
        Column("description"),
        Column("currency"),
        Column("amount", Kind.AMOUNT),
        Column("recognition_start", Kind.DATE),
        Column("recognition_end", Kind.DATE),
        Column("deferred_balance", Kind.AMOUNT),
        Column("position"),
        Column("event.id"),
        Column("event.type"),
        Column("actor"),
        Column("reason"),
    ),
    _explained,
)
