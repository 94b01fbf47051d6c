"""Recognised revenue by line and month: what was earned, and what is left to earn."""

from __future__ import annotations

from projections.reports.recognition import monthly
from projections.reports.report import Basis, Column, Kind, Report, own


def _statement(basis: Basis) -> str:
    # No month can be closed yet: nothing is earned late, every adjustment is zero.
    return f"""
WITH {monthly(basis, "'daily', 'at_once'")}
SELECT to_char(m.starts, 'YYYY-MM'), l.invoice_id, l.invoice_number, l.line_id,
       l.customer_id, l.customer_email, l.subscription_id, l.product_id, l.product_name,
       l.plan_id, l.plan_name, l.currency, l.amount, m.first_day, m.last_day,
       m.in_period, 0::bigint, m.to_date, m.deferred_balance, l.strategy, l.entitlement
  FROM monthly AS m
  JOIN accounting_lines AS l ON {own("l")} AND l.invoice_id = m.invoice_id AND l.line = m.line
 ORDER BY m.starts, l.invoice_id, l.line"""


RECOGNIZED_REVENUE = Report(
    "recognized_revenue",
    (
        Column("period"),
        Column("invoice.id"),
        Column("invoice.number"),
        Column("line.id"),
        Column("customer.id"),
        Column("customer.email"),
        Column("subscription.id"),
        Column("product.id"),
        Column("product.name"),
        Column("plan.id"),
        Column("plan.name"),
        Column("currency"),
        Column("line.amount", Kind.AMOUNT),
        Column("recognition_start", Kind.DATE),
        Column("recognition_end", Kind.DATE),
        Column("recognized_in_period", Kind.AMOUNT),
        Column("prior_period_adjustment", Kind.AMOUNT),
        Column("recognized_to_date", Kind.AMOUNT),
        Column("deferred_balance", Kind.AMOUNT),
        Column("strategy"),
        Column("plan.entitlement"),
    ),
    _statement,
)
