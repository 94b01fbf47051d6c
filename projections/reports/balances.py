"""What customers have as credit with us at the end of a day, by currency, from the postings."""

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


def _source(basis: Basis) -> str:
    date = "posting_date" if basis is Basis.POSTING else "effective_date"
    return f"""
WITH kept AS (
    SELECT j.customer_id, j.currency, sum(-j.amount)::bigint AS balance
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.ledger_account = 'customer_balance' AND j.position <= %(position)s
       AND j.{date} <= {UNTIL} AND {in_currency("j")} AND {of_customer("j")}
     GROUP BY j.customer_id, j.currency
    HAVING sum(j.amount) <> 0
)
SELECT k.customer_id, p.email, p.first_name, p.last_name, p.organization_name, k.currency,
       k.balance, {UNTIL} AS as_of
  FROM kept AS k
{party_of("k")}"""


BALANCES = Report(
    "balances",
    (
        *PARTY,
        code("currency", "currency"),
        amount("balance", "balance"),
        day("as_of", "as_of"),
    ),
    _source,
    "r.customer_id, r.currency",
)
