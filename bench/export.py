"""A CSV export of many invoices, beside a bare COPY of the columns that it shows, as stored."""

from __future__ import annotations

import os
from functools import partial
from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID

import psutil
import psycopg

from bench.figures import at_least, at_most, plain, timed
from bench.peaks import MEGABYTE
from projections import lists
from projections.exports import write_csv
from projections.groups import RESOURCES
from projections.invoice_resource import INVOICES
from projections.reading import reading
from store.connections import Connections
from store.operations import open_account

if TYPE_CHECKING:
    from bench.figures import Figure
    from projections.reading import Reading

ACCOUNT = UUID("01900000-0000-7000-8000-0000bebecafe")
TARGET = 0.6
GROWTH_MB = 20
"""Of this process, from the first piece of the file to its last: flat, whatever its length."""

_CUSTOMERS = """
INSERT INTO customers (account_id, generation, id, version, created_at, updated_at, email,
                       first_name, last_name, metadata)
SELECT %(account)s, 1, 'cus_' || lpad(i::text, 26, '0'), 1, now(), now(),
       'reader' || i || '@example.com', 'Ada', 'Number ' || i, '{}'
  FROM generate_series(0, %(rows)s / 10) AS i"""
_INVOICES = """
INSERT INTO invoices (account_id, generation, id, version, created_at, updated_at, number, status,
                      customer_id, subscription_id, currency, collection_method, billing_reason,
                      subtotal, tax, total, amount_paid, balance_applied, amount_remaining,
                      issued_at, due_at, paid_at, current_period_start, current_period_end,
                      revenue_recognition_strategy, metadata, lines)
SELECT %(account)s, 1, 'inv_' || lpad(i::text, 26, '0'), 4, d.at, d.at,
       'INV-' || lpad(i::text, 6, '0'), 'paid', 'cus_' || lpad((i / 10)::text, 26, '0'),
       'sub_' || lpad((i / 10)::text, 26, '0'), 'USD', 'charge_automatically',
       'subscription_renewal', a.net, a.net / 5, a.net + a.net / 5, a.net + a.net / 5, 0, 0,
       d.at, d.at, d.at, d.at, d.at + interval '1 month', 'invoice_creation', '{}', %(lines)s
  FROM generate_series(1, %(rows)s) AS i
 CROSS JOIN LATERAL (SELECT 1000 + i %% 20000 AS net) AS a
 CROSS JOIN LATERAL (SELECT timestamptz '2023-01-01' + i * interval '5 minutes' AS at) AS d"""
_LINES = (
    b'[{"id":"1","description":"Monthly","unit_amount":1000,"quantity":1,"amount":1000,'
    b'"tax":200,"tax_rate":"0.2","tax_behavior":"exclusive","plan_id":"pln_01h455vb4pex5vsknk08",'
    b'"product_id":"prd_01h455vb4pex5vsknk084","period_start":"2025-01-01T00:00:00Z",'
    b'"period_end":"2025-02-01T00:00:00Z"}]'
)
_BARE = """
COPY (SELECT t.id, t.number, t.status, t.customer_id, c.email, t.subscription_id, t.currency,
             t.subtotal, t.tax, t.total, t.amount_paid, t.balance_applied, t.amount_remaining,
             t.issued_at, t.due_at, t.paid_at, t.current_period_start, t.current_period_end,
             t.purchase_order, t.notes, t.revenue_recognition_strategy
        FROM invoices t
        LEFT JOIN customers c ON c.account_id = t.account_id
         AND c.generation = t.generation AND c.id = t.customer_id
       WHERE t.account_id = %(account)s AND t.generation = 1
       ORDER BY t.created_at DESC, t.id DESC) TO STDOUT (FORMAT csv, HEADER)"""


def export(conninfo: str, rows: int = 300_000, rounds: int = 5) -> list[Figure]:
    """`conninfo` is the owner's: the rows are put into the tables as they are."""
    _fill(conninfo, rows)
    connections = Connections(conninfo, size=1)
    ours, bare, growths, length = [], [], [], 0
    with reading(connections, ACCOUNT, RESOURCES) as now:
        for _ in range(rounds):
            bare.append(timed(partial(_bare, now)))
            before = _resident()
            ours.append(timed(partial(_export, now)))
            growths.append(_resident() - before)
        length = _export(now)
    connections.close()
    mine, raw = median(ours), median(bare)
    grown = max(growths) / MEGABYTE
    return [
        plain("invoices exported", f"{rows:,}, {length / MEGABYTE:.0f} MB"),
        plain("bare COPY TO STDOUT of the columns", f"{rows / raw:,.0f} rows/s"),
        at_least(
            "CSV export", f"{rows / mine:,.0f} rows/s", raw / mine, TARGET,
            f"{raw / mine:.2f} × bare COPY",
        ),
        at_most("memory grown meanwhile", f"{grown:.1f} MB", grown, GROWTH_MB),
    ]  # fmt: skip


def _fill(conninfo: str, rows: int) -> None:
    values = {"account": ACCOUNT, "rows": rows, "lines": _LINES.decode()}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        open_account(connection, ACCOUNT, livemode=True)
        connection.execute(_CUSTOMERS, values)
        connection.execute(_INVOICES, values)
        connection.execute("VACUUM (ANALYZE) customers, invoices")


def _export(now: Reading) -> int:
    filters = lists.parse(INVOICES.listing, {}, "UTC")
    return sum(len(piece) for piece in write_csv(now, INVOICES.exported, filters))


def _bare(now: Reading) -> int:
    with now.cursor.copy(_BARE, {"account": ACCOUNT}) as out:
        return sum(len(row) for row in out)


def _resident() -> int:
    return int(psutil.Process(os.getpid()).memory_info().rss)
