"""Recognised revenue by line and month: what was earned, and what is left to earn."""

from __future__ import annotations

from projections.reports.recognition import monthly
from projections.reports.report import Basis, Report, amount, code, day, prose


def _source(basis: Basis) -> str:
    # No month can be closed yet: nothing is earned late, every adjustment is zero.
    return f"""
WITH {monthly(basis, "'daily', 'at_once'")}
SELECT to_char(m.starts, 'YYYY-MM') AS period, l.*, m.first_day, m.last_day, m.in_period,
       0::bigint AS adjustment, m.to_date, m.deferred_balance
  FROM monthly AS m
  JOIN accounting_lines AS l ON l.account_id = %(account)s AND l.generation = %(generation)s
   AND l.invoice_id = m.invoice_id AND l.line = m.line"""


RECOGNIZED_REVENUE = Report(
    "recognized_revenue",
    (
        code("period", "period"),
        code("invoice.id", "invoice_id"),
        code("invoice.number", "invoice_number"),
        code("line.id", "line_id"),
        code("customer.id", "customer_id"),
        prose("customer.email", "customer_email"),
        code("subscription.id", "subscription_id"),
        code("product.id", "product_id"),
        prose("product.name", "product_name"),
        code("plan.id", "plan_id"),
        prose("plan.name", "plan_name"),
        code("currency", "currency"),
        amount("line.amount", "amount"),
        day("recognition_start", "first_day"),
        day("recognition_end", "last_day"),
        amount("recognized_in_period", "in_period"),
        amount("prior_period_adjustment", "adjustment"),
        amount("recognized_to_date", "to_date"),
        amount("deferred_balance", "deferred_balance"),
        code("strategy", "strategy"),
        prose("plan.entitlement", "entitlement"),
    ),
    _source,
    "r.period, r.invoice_id, r.line",
)
