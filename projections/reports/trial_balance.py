"""The balance of every account at the end of a day, what has been earned by then included."""

from __future__ import annotations

from projections.accounting_rows import POSITIONS_A_BLOCK
from projections.reports.recognition import DATES, earned
from projections.reports.report import Basis, Report, amount, code, in_currency, prose

UNTIL = "%(until)s::date"
_BLOCKS = f"((%(position)s::bigint + 1) / {POSITIONS_A_BLOCK})"
_SUMS_AND_REST = f"""
    SELECT t.ledger_account, t.currency, t.amount FROM ledger_sums AS t
     WHERE t.account_id = %(account)s AND t.generation = %(generation)s
       AND t.posting_date <= {UNTIL} AND t.block < {_BLOCKS}
     UNION ALL
    SELECT t.ledger_account, t.currency, t.amount FROM journal_lines AS t
     WHERE t.account_id = %(account)s AND t.generation = %(generation)s
       AND t.posting_date <= {UNTIL}
       AND t.position >= {_BLOCKS} * {POSITIONS_A_BLOCK} AND t.position <= %(position)s"""
_LINES = f"""
    SELECT t.ledger_account, t.currency, t.amount FROM journal_lines AS t
     WHERE t.account_id = %(account)s AND t.generation = %(generation)s
       AND t.effective_date <= {UNTIL} AND t.position <= %(position)s"""


def balances(basis: Basis) -> str:
    """SQL of CTEs ending in `balance`: each account's by currency, debits positive.

    The sums of whole blocks of the log are kept by posting date only.
    """
    return f"""
earned AS (
    SELECT s.currency, sum({earned(UNTIL, basis)}) AS amount
      FROM segments AS s
     WHERE s.account_id = %(account)s AND s.generation = %(generation)s AND s.method = 'daily'
       AND s.from_position <= %(position)s AND {DATES[basis].booked} <= {UNTIL}
     GROUP BY s.currency
), moved AS ({_SUMS_AND_REST if basis is Basis.POSTING else _LINES}
     UNION ALL SELECT 'deferred_revenue', e.currency, e.amount FROM earned AS e
     UNION ALL SELECT 'recognized_revenue', e.currency, -e.amount FROM earned AS e
), balance AS (
    SELECT m.ledger_account, m.currency, sum(m.amount)::bigint AS amount
      FROM moved AS m
     WHERE {in_currency("m")}
     GROUP BY m.ledger_account, m.currency
)"""


def _source(basis: Basis) -> str:
    return f"""
WITH {balances(basis)}
SELECT b.ledger_account, c.gl_code, b.currency, greatest(b.amount, 0) AS debit,
       greatest(-b.amount, 0) AS credit
  FROM balance AS b
  JOIN unnest(%(ledger_accounts)s::text[], %(gl_codes)s::text[]) AS c (ledger_account, gl_code)
    ON c.ledger_account = b.ledger_account"""


TRIAL_BALANCE = Report(
    "trial_balance",
    (
        code("account", "ledger_account"),
        prose("gl_code", "gl_code"),
        code("currency", "currency"),
        amount("debit", "debit"),
        amount("credit", "credit"),
    ),
    _source,
    'r.currency, r.gl_code COLLATE "C", r.ledger_account',
)
