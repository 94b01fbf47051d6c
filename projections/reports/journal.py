"""The journal: the postings of recorded facts, and what each line earned in each month."""

from __future__ import annotations

from projections.reports.recognition import monthly
from projections.reports.report import Basis, Column, Kind, Report, in_currency, own, same_books


def _statement(basis: Basis) -> str:
    day = "posting_date" if basis is Basis.POSTING else "effective_date"
    return f"""
WITH {monthly(basis, "'daily'")}, entries AS (
    SELECT j.position::text AS entry_id, j.posting_date, j.effective_date, j.recorded_at,
           j.event_id, j.event_type, j.ledger_account, j.amount, j.currency, j.customer_id,
           j.invoice_id, j.subscription_id, j.description, 0 AS kind, j.position, j.line
      FROM journal_lines AS j
     WHERE j.account_id = %(account_id)s AND j.generation = %(generation)s
       AND j.position <= %(position)s AND j.{day} <= %(until)s::date
       AND (%(since)s::date IS NULL OR j.{day} >= %(since)s::date) AND {in_currency("j")}
     UNION ALL
    SELECT l.line_id || '/' || to_char(m.starts, 'YYYY-MM'), m.ends, m.ends, j.recorded_at,
           j.event_id, j.event_type, side.ledger_account, side.sign * m.in_period, l.currency,
           l.customer_id, l.invoice_id, l.subscription_id,
           'Earned in ' || to_char(m.starts, 'YYYY-MM') || ': ' || l.description,
           1, m.from_position, 2 * l.line + side.place
      FROM monthly AS m
      JOIN accounting_lines AS l ON {own("l")} AND l.invoice_id = m.invoice_id AND l.line = m.line
      JOIN journal_lines AS j ON {same_books("j", "l")}
       AND j.position = m.from_position AND j.line = 1
     CROSS JOIN (VALUES ('deferred_revenue', 1, 0), ('recognized_revenue', -1, 1))
           AS side (ledger_account, sign, place)
)
SELECT e.entry_id, e.posting_date, e.effective_date, e.recorded_at, e.event_id::text, e.event_type,
       e.ledger_account, c.gl_code, greatest(e.amount, 0), greatest(-e.amount, 0), e.currency,
       e.customer_id, e.invoice_id, e.subscription_id, e.description
  FROM entries AS e
  JOIN unnest(%(ledger_accounts)s::text[], %(gl_codes)s::text[]) AS c (ledger_account, gl_code)
    ON c.ledger_account = e.ledger_account
 ORDER BY e.posting_date, e.kind, e.position, e.line"""


JOURNAL = Report(
    "journal",
    (
        Column("entry.id"),
        Column("posting_date", Kind.DATE),
        Column("effective_date", Kind.DATE),
        Column("recorded_at", Kind.INSTANT),
        Column("event.id"),
        Column("event.type"),
        Column("account"),
        Column("gl_code"),
        Column("debit", Kind.AMOUNT),
        Column("credit", Kind.AMOUNT),
        Column("currency"),
        Column("customer.id"),
        Column("invoice.id"),
        Column("subscription.id"),
        Column("description"),
    ),
    _statement,
)
