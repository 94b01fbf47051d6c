"""What must hold between the books and the documents that they are kept for."""

from __future__ import annotations

_DOCUMENTS = """
WITH documents AS (
    SELECT 'accounts_receivable' AS ledger_account, i.currency,
           i.total - i.paid - i.balance_applied - i.credited + i.returned AS amount
      FROM accounting_invoices AS i
     WHERE i.account_id = %(account)s AND i.generation = %(generation)s AND i.state = 'booked'
     UNION ALL
    SELECT 'unapplied_payments', i.currency, i.returned - i.paid - i.balance_applied
      FROM accounting_invoices AS i
     WHERE i.account_id = %(account)s AND i.generation = %(generation)s AND i.state = 'waiting'
     UNION ALL
    SELECT 'customer_balance', b.currency, -b.amount
      FROM accounting_balances AS b
     WHERE b.account_id = %(account)s AND b.generation = %(generation)s
     UNION ALL
    SELECT 'tax_payable', l.currency, l.tax_reversed - l.tax
      FROM accounting_lines AS l
      JOIN accounting_invoices AS i ON i.account_id = %(account)s
       AND i.generation = %(generation)s AND i.id = l.invoice_id
     WHERE l.account_id = %(account)s AND l.generation = %(generation)s
       AND (i.state = 'booked' OR EXISTS (
           SELECT FROM accounting_lines AS r
            WHERE r.account_id = %(account)s AND r.generation = %(generation)s
              AND r.invoice_id = i.id AND (r.net_reversed <> 0 OR r.tax_reversed <> 0)))
     UNION ALL
    SELECT 'tax_payable', i.currency,
           -round(i.recovered::numeric * i.relieved / i.written_off)::bigint
      FROM accounting_invoices AS i
     WHERE i.account_id = %(account)s AND i.generation = %(generation)s AND i.recovered <> 0
), owed AS (
    SELECT d.ledger_account, d.currency, sum(d.amount)::bigint AS amount
      FROM documents AS d GROUP BY d.ledger_account, d.currency
), posted AS (
    SELECT j.ledger_account, j.currency, sum(j.amount)::bigint AS amount
      FROM journal_lines AS j
     WHERE j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.ledger_account IN ('accounts_receivable', 'unapplied_payments', 'customer_balance',
                                'tax_payable')
     GROUP BY j.ledger_account, j.currency
)
SELECT ledger_account || ' ' || currency,
       'ledger ' || coalesce(p.amount, 0) || ', documents ' || coalesce(o.amount, 0)
  FROM posted AS p FULL JOIN owed AS o USING (ledger_account, currency)
 WHERE coalesce(p.amount, 0) <> coalesce(o.amount, 0)
 ORDER BY ledger_account, currency"""

_OVERDRAWN = """
SELECT b.id, b.amount || ' ' || b.currency
  FROM accounting_balances AS b
 WHERE b.account_id = %(account)s AND b.generation = %(generation)s AND b.amount < 0
 ORDER BY b.id"""

_GIVEN_TWICE = """
WITH ended AS (
    SELECT i.id, i.returned, i.paid + i.balance_applied AS came, max(j.position) AS position
      FROM accounting_invoices AS i
      JOIN journal_lines AS j ON j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.invoice_id = i.id AND j.ledger_account = 'unapplied_payments' AND j.amount > 0
     WHERE i.account_id = %(account)s AND i.generation = %(generation)s
       AND i.strategy = 'invoice_payment' AND i.state IN ('void', 'uncollectible')
     GROUP BY i.id, i.returned, i.paid, i.balance_applied
), held AS (
    SELECT e.id, e.came, e.returned,
           least(sum(j.amount) FILTER (WHERE j.position <= e.position), sum(j.amount)) AS lost
      FROM ended AS e
      JOIN journal_lines AS j ON j.account_id = %(account)s AND j.generation = %(generation)s
       AND j.invoice_id = e.id AND j.ledger_account = 'dispute_losses'
     GROUP BY e.id, e.came, e.returned
    HAVING count(*) FILTER (WHERE j.position <= e.position) > 0
)
SELECT h.id, 'of ' || h.came || ' that came ' || h.returned || ' is credit, banks hold ' || h.lost
  FROM held AS h
 WHERE h.returned + h.lost > h.came
 ORDER BY h.id"""

AT_ITS_POSITION = {
    "receivable, unapplied money, balances and tax agree with their documents": _DOCUMENTS,
    "no balance is below zero": _OVERDRAWN,
    "what waited on an invoice went back once, by us or by its bank": _GIVEN_TWICE,
}
"""Of the projection as it stands, at the end of an append."""
