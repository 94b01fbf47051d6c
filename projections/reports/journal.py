"""The journal: the postings of recorded facts, and what each line earned in each month."""

from __future__ import annotations

from projections.reports.recognition import monthly
from projections.reports.report import (
    Basis,
    Report,
    amount,
    code,
    day,
    in_currency,
    moment,
    prose,
)


def _source(basis: Basis) -> str:
    date = "posting_date" if basis is Basis.POSTING else "effective_date"
    return f"""
WITH {monthly(basis, "'daily'")}, entries AS (
    SELECT j.position::text AS entry_id, j.posting_date, j.effective_date, j.recorded_at,
           j.event_ref, j.event_type, j.ledger_account, j.amount, j.currency, j.customer_id,
           j.invoice_id, j.subscription_id, j.description, 0 AS kind, j.position, j.line
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.position <= %(position)s AND j.{date} <= %(until)s::date
       AND (%(since)s::date IS NULL OR j.{date} >= %(since)s::date) AND {in_currency("j")}
     UNION ALL
    SELECT l.line_id || '/' || to_char(m.starts, 'YYYY-MM'), m.ends, m.ends, j.recorded_at,
           j.event_ref, j.event_type, side.ledger_account, side.sign * m.in_period, l.currency,
           l.customer_id, l.invoice_id, l.subscription_id,
           'Earned in ' || to_char(m.starts, 'YYYY-MM') || ': ' || l.description,
           1, m.from_position, 2 * l.line + side.place
      FROM monthly AS m
      JOIN accounting_lines AS l ON l.account_id = %(account)s AND l.generation = %(generation)s
       AND l.invoice_id = m.invoice_id AND l.line = m.line
      JOIN journal_lines AS j ON j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.position = m.from_position AND j.line = 1
     CROSS JOIN (VALUES ('deferred_revenue', 1, 0), ('recognized_revenue', -1, 1))
           AS side (ledger_account, sign, place)
)
SELECT e.entry_id, e.posting_date, e.effective_date, e.recorded_at, e.event_ref, e.event_type,
       e.ledger_account, c.gl_code, greatest(e.amount, 0) AS debit,
       greatest(-e.amount, 0) AS credit, e.currency, e.customer_id,
       e.invoice_id, e.subscription_id, e.description, e.kind, e.position, e.line
  FROM entries AS e
  JOIN unnest(%(ledger_accounts)s::text[], %(gl_codes)s::text[]) AS c (ledger_account, gl_code)
    ON c.ledger_account = e.ledger_account"""


JOURNAL = Report(
    "journal",
    (
        code("entry.id", "entry_id"),
        day("posting_date", "posting_date"),
        day("effective_date", "effective_date"),
        moment("recorded_at", "recorded_at"),
        code("event.id", "event_ref"),
        code("event.type", "event_type"),
        code("account", "ledger_account"),
        prose("gl_code", "gl_code"),
        amount("debit", "debit"),
        amount("credit", "credit"),
        code("currency", "currency"),
        code("customer.id", "customer_id"),
        code("invoice.id", "invoice_id"),
        code("subscription.id", "subscription_id"),
        prose("description", "description"),
    ),
    _source,
    "r.posting_date, r.kind, r.position, r.line",
)
