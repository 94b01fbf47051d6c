"""What customers owe at the end of a day, by how long it is overdue."""

from __future__ import annotations

from projections.reports.party import PARTY, party_of
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
_BUCKETS = {
    "current": "overdue <= 0",
    "days_1_30": "overdue BETWEEN 1 AND 30",
    "days_31_60": "overdue BETWEEN 31 AND 60",
    "days_61_90": "overdue BETWEEN 61 AND 90",
    "days_over_90": "overdue > 90",
}
"""By the days that have passed since the due date."""


def _source(basis: Basis) -> str:
    """An invoice's receivable is what its postings leave; its due date is the one known then."""
    date = "posting_date" if basis is Basis.POSTING else "effective_date"
    sums = ", ".join(
        f'coalesce(sum(o.amount) FILTER (WHERE o.{when}), 0)::bigint AS "{name}"'
        for name, when in _BUCKETS.items()
    )
    return f"""
WITH owed AS (
    SELECT j.customer_id, j.currency, j.invoice_id, min(j.{date}) AS issued_on,
           sum(j.amount)::bigint AS amount
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.ledger_account = 'accounts_receivable' AND j.position <= %(position)s
       AND j.{date} <= {UNTIL} AND {in_currency("j")} AND {of_customer("j")}
     GROUP BY j.customer_id, j.currency, j.invoice_id
    HAVING sum(j.amount) <> 0
), moved AS (
    SELECT DISTINCT ON (m.invoice_id) m.invoice_id, m.due_on
      FROM accounting_due_dates AS m
     WHERE m.account_id = %(account)s AND m.generation = %(generation)s
       AND m.from_position <= %(position)s
     ORDER BY m.invoice_id, m.from_position DESC
), overdue AS (
    SELECT o.customer_id, o.currency, o.amount,
           {UNTIL} - coalesce(m.due_on, i.due_on, o.issued_on) AS overdue
      FROM owed AS o
      LEFT JOIN accounting_invoices AS i ON i.account_id = %(account)s
       AND i.generation = %(generation)s AND i.id = o.invoice_id
      LEFT JOIN moved AS m ON m.invoice_id = o.invoice_id
), aged AS (
    SELECT o.customer_id, o.currency, {sums}, sum(o.amount)::bigint AS total
      FROM overdue AS o
     GROUP BY o.customer_id, o.currency
)
SELECT a.customer_id, p.email, p.first_name, p.last_name, p.organization_name, a.currency,
       {", ".join(f'a."{name}"' for name in _BUCKETS)}, a.total, {UNTIL} AS as_of
  FROM aged AS a
{party_of("a")}"""


RECEIVABLES_AGING = Report(
    "receivables_aging",
    (
        *PARTY,
        code("currency", "currency"),
        *(amount(name, f'"{name}"') for name in _BUCKETS),
        amount("total", "total"),
        day("as_of", "as_of"),
    ),
    _source,
    "r.customer_id, r.currency",
)
