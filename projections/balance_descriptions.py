"""How a transaction of a balance names its invoice: by its number, whatever its event says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections import invoices
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.balances import TransactionRow
    from projections.table import Rows

DESCRIPTION = """coalesce(replace(t.description, t.invoice_id, (SELECT n.number FROM invoices n
    WHERE n.account_id = t.account_id AND n.generation = t.generation AND n.id = t.invoice_id)),
    t.description)"""
"""What moves a balance in the append that issues an invoice names it by its id: it gets its number
there. Whoever reads is told the number."""


def said(rows: Rows, found: Sequence[TransactionRow]) -> dict[str, str]:
    """The same as `DESCRIPTION`, by transaction."""
    named = {row.id: row.invoice_id for row in found if row.invoice_id}
    rows = (rows.beside or rows) if isinstance(rows, MemoryWork) else rows
    billed = invoices.TABLE.load(rows, sorted(set(named.values())))
    numbers = {ref: billed[ref].number or ref for ref in billed}
    return {
        row.id: row.description.replace(row.invoice_id, numbers.get(row.invoice_id, row.invoice_id))
        for row in found
        if row.invoice_id
    }
