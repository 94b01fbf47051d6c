"""The balance of every account at the end of a day, what has been earned by then included."""

from __future__ import annotations

from projections.accounting_rows import POSITIONS_A_BLOCK
from projections.reports.recognition import DATES, earned
from projections.reports.report import Basis, Column, Kind, Report, in_currency, own

UNTIL = "%(until)s::date"
_BLOCKS = f"((%(position)s::bigint + 1) / {POSITIONS_A_BLOCK})"


def _stored(basis: Basis) -> str:
    """SQL: postings up to the day. Sums of whole blocks of the log, single lines after them."""
    scoped = "t.account_id = %(account_id)s AND t.generation = %(generation)s"
    day, first = ("posting_date", f"{_BLOCKS} * {POSITIONS_A_BLOCK}")
    if basis is Basis.EFFECTIVE:  # the sums are kept by posting date only
        day, first = ("effective_date", "0")
    lines = f"""
    SELECT t.ledger_account, t.currency, t.amount FROM journal_lines AS t
     WHERE {scoped} AND t.{day} <= {UNTIL}
       AND t.position >= {first} AND t.position <= %(position)s"""
    sums = f"""
    SELECT t.ledger_account, t.currency, t.amount FROM ledger_sums AS t
     WHERE {scoped} AND t.posting_date <= {UNTIL} AND t.block < {_BLOCKS}
     UNION ALL"""
    return lines if basis is Basis.EFFECTIVE else sums + lines


def _statement(basis: Basis) -> str:
    return f"""
WITH earned AS (
    SELECT s.currency, sum({earned(UNTIL, basis)}) AS amount
      FROM segments AS s
     WHERE {own("s")} AND s.method = 'daily' AND {DATES[basis].booked} <= {UNTIL}
     GROUP BY s.currency
), moved AS ({_stored(basis)}
     UNION ALL SELECT 'deferred_revenue', currency, amount FROM earned
     UNION ALL SELECT 'recognized_revenue', currency, -amount FROM earned
), balance AS (
    SELECT m.ledger_account, m.currency, sum(m.amount)::bigint AS amount
      FROM moved AS m WHERE {in_currency("m")} GROUP BY m.ledger_account, m.currency
)
SELECT b.ledger_account, c.gl_code, b.currency, greatest(b.amount, 0), greatest(-b.amount, 0)
  FROM balance AS b
  JOIN unnest(%(ledger_accounts)s::text[], %(gl_codes)s::text[]) AS c (ledger_account, gl_code)
    ON c.ledger_account = b.ledger_account
 ORDER BY b.currency, c.gl_code, b.ledger_account"""


TRIAL_BALANCE = Report(
    "trial_balance",
    (
        Column("account"),
        Column("gl_code"),
        Column("currency"),
        Column("debit", Kind.AMOUNT),
        Column("credit", Kind.AMOUNT),
    ),
    _statement,
)
