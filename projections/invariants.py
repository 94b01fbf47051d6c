"""What must hold of the books at every date under every position; each breach is a finding.

Every sum is reached by two ways that share no table or no arithmetic: postings against segments,
balances against documents, sums kept against lines kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from projections.accounting_rows import POSITIONS_A_BLOCK
from projections.document_invariants import AT_ITS_POSITION
from projections.reports.recognition import DATES, deferred, earned
from projections.reports.report import Asked, Basis, bound, join_by_hash, position_of
from projections.reports.trial_balance import UNTIL, balances

if TYPE_CHECKING:
    from projections.reading import Reading

_BASIS = Basis.POSTING
_POSTED = DATES[_BASIS].booked


class Finding(NamedTuple):
    """`rule` is what should hold; `subject` where it does not (a position, currency, line …)."""

    rule: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}, {self.subject}: {self.detail}"


_ENTRIES = """
SELECT j.position || ' ' || j.currency, sum(j.amount)::bigint || ' left over'
  FROM journal_lines AS j
 WHERE j.account_id = %(account)s AND j.generation = %(generation)s AND j.position <= %(position)s
 GROUP BY j.position, j.currency HAVING sum(j.amount) <> 0
 ORDER BY j.position, j.currency"""

_TRIAL_BALANCE = f"""
WITH {balances(_BASIS)}
SELECT b.currency, sum(b.amount)::bigint || ' left over'
  FROM balance AS b GROUP BY b.currency HAVING sum(b.amount) <> 0 ORDER BY b.currency"""

_DEFERRED = f"""
WITH {balances(_BASIS)}, unearned AS (
    SELECT s.currency, sum({deferred(UNTIL, _BASIS)})::bigint AS amount
      FROM segments AS s
     WHERE s.account_id = %(account)s AND s.generation = %(generation)s AND s.method = 'daily'
       AND s.from_position <= %(position)s
     GROUP BY s.currency
)
SELECT currency, 'ledger ' || coalesce(-b.amount, 0) || ', segments ' || coalesce(u.amount, 0)
  FROM (SELECT * FROM balance WHERE ledger_account = 'deferred_revenue') AS b
  FULL JOIN unearned AS u USING (currency)
 WHERE coalesce(-b.amount, 0) <> coalesce(u.amount, 0)
 ORDER BY currency"""

_LINES = f"""
WITH earning AS (
    SELECT s.invoice_id, s.line, min(s.from_position) AS booked_at,
           sum({earned(UNTIL, _BASIS)})::bigint AS earned,
           sum({deferred(UNTIL, _BASIS)})::bigint AS deferred
      FROM segments AS s
     WHERE s.account_id = %(account)s AND s.generation = %(generation)s
       AND s.from_position <= %(position)s AND {_POSTED} <= {UNTIL}
     GROUP BY s.invoice_id, s.line
), taken AS (
    SELECT j.line_id, e.booked_at,
           sum(j.amount) FILTER (WHERE j.ledger_account = 'deferred_revenue') AS unearned,
           sum(j.amount) FILTER (WHERE j.ledger_account NOT IN
               ('deferred_revenue', 'recognized_revenue')) AS contra
      FROM earning AS e
      JOIN accounting_lines AS l ON l.account_id = %(account)s AND l.generation = %(generation)s
       AND l.invoice_id = e.invoice_id AND l.line = e.line
      JOIN journal_lines AS j ON j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.line_id = l.line_id AND j.position > e.booked_at
     WHERE j.position <= %(position)s AND j.posting_date <= {UNTIL}
     GROUP BY j.line_id, e.booked_at
)
SELECT l.line_id, 'billed ' || l.amount || ', earned ' || e.earned || ', deferred ' || e.deferred
       || ', reversed ' || coalesce(t.unearned, 0) || ', contra ' || coalesce(t.contra, 0)
  FROM earning AS e
  JOIN accounting_lines AS l ON l.account_id = %(account)s AND l.generation = %(generation)s
   AND l.invoice_id = e.invoice_id AND l.line = e.line
  LEFT JOIN taken AS t ON t.line_id = l.line_id
 WHERE l.amount <> e.earned + e.deferred + coalesce(t.unearned, 0)
    OR abs(coalesce(t.contra, 0)) > abs(e.earned) OR coalesce(t.contra, 0) * e.earned < 0
 ORDER BY l.line_id"""

_SUMS = f"""
WITH kept AS (
    SELECT t.block, t.ledger_account, t.currency, t.posting_date, t.amount
      FROM ledger_sums AS t
     WHERE t.account_id = %(account)s AND t.generation = %(generation)s
       AND t.block < (%(position)s::bigint + 1) / {POSITIONS_A_BLOCK}
), added AS (
    SELECT j.position / {POSITIONS_A_BLOCK} AS block, j.ledger_account, j.currency, j.posting_date,
           sum(j.amount)::bigint AS amount
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.position / {POSITIONS_A_BLOCK} < (%(position)s::bigint + 1) / {POSITIONS_A_BLOCK}
     GROUP BY 1, 2, 3, 4
)
SELECT block || ' ' || ledger_account || ' ' || currency || ' ' || posting_date,
       'kept ' || coalesce(k.amount, 0) || ', lines ' || coalesce(a.amount, 0)
  FROM kept AS k FULL JOIN added AS a USING (block, ledger_account, currency, posting_date)
 WHERE k.amount IS DISTINCT FROM a.amount
 ORDER BY block, ledger_account, currency, posting_date"""

_EVENTS = """
SELECT j.position::text, 'names event ' || j.event_id || ', the log has '
       || coalesce(e.event_id::text, 'none')
  FROM journal_lines AS j
  LEFT JOIN stored_events AS e ON e.account_id = %(account)s AND e.position = j.position
 WHERE j.account_id = %(account)s AND j.generation = %(generation)s AND j.position <= %(position)s
   AND (e.event_id IS DISTINCT FROM j.event_id OR e.topic IS DISTINCT FROM j.event_type)
 ORDER BY j.position, j.line"""

AT_ANY_TIME = {
    "every entry balances": _ENTRIES,
    "the trial balance is zero": _TRIAL_BALANCE,
    "deferred revenue is what segments have not earned": _DEFERRED,
    "of every line billed = earned + deferred + reversed, contra within what was earned": _LINES,
    "the sums of whole blocks are those of their lines": _SUMS,
}
"""Of any date and any position the projection has passed."""

WITH_THE_LOG = {"every journal line names its event": _EVENTS}


def findings(reading: Reading, asked: Asked) -> list[Finding]:
    """What does not hold at a day and position; documents only where the projection stands."""
    rules = dict(AT_ANY_TIME)
    if position_of(reading, asked) == reading.position:
        rules |= AT_ITS_POSITION
    return _broken(reading, asked, rules)


def findings_in_the_log(reading: Reading, asked: Asked) -> list[Finding]:
    """Whether the journal's events are those of the log."""
    return _broken(reading, asked, WITH_THE_LOG)


def _broken(reading: Reading, asked: Asked, rules: dict[str, Any]) -> list[Finding]:
    join_by_hash(reading)
    values = bound(reading, asked)
    return [
        Finding(rule, *row) for rule, sql in rules.items() for row in reading.select(sql, values)
    ]
