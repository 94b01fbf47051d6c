"""What the service's own reports and exports say of an imported file, and where that differs."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bench.telco_check import Figures
from projections.groups import ACCOUNTING, RESOURCES
from projections.reading import reading
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.recognized_revenue import RECOGNIZED_REVENUE
from projections.reports.report import Asked
from projections.reports.trial_balance import TRIAL_BALANCE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from store.connections import Connections

END = date(2025, 12, 31)
_INVOICES = """
SELECT count(*), coalesce(sum(t.total), 0)::bigint
  FROM invoices t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.status <> 'draft'"""
_OLD_IDS = """
SELECT t.id, t.old_provider_id FROM customers t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s"""


def reported(connections: Connections, account_id: UUID) -> Figures:
    """The same figures as the independent calculation's, as the service gives them."""
    found = Figures()
    with reading(connections, account_id, RESOURCES) as now:
        found.invoices, found.billed = now.select(_INVOICES, {})[0]
        old_ids = dict(now.select(_OLD_IDS, {}))
    with reading(connections, account_id, ACCOUNTING) as now:
        for row in _records(DEFERRED_REVENUE.csv(now, Asked(END))):
            found.deferred[old_ids[row["customer.id"]]] += _cents(row["deferred_balance"])
        for row in _records(RECOGNIZED_REVENUE.csv(now, Asked(END))):
            found.recognized[row["period"]] += _cents(row["recognized_in_period"])
    return found


def differences(connections: Connections, account_id: UUID, wanted: Figures) -> Iterator[str]:
    """Every figure that is not as it was calculated from the file; none is how it should be."""
    found = reported(connections, account_id)
    for name in ("invoices", "billed"):
        if getattr(found, name) != getattr(wanted, name):
            yield f"{name}: {getattr(found, name)}, and {getattr(wanted, name)} in the file"
    yield from _unlike("recognized in", found.recognized, wanted.recognized)
    yield from _unlike("deferred for", found.deferred, wanted.deferred)
    yield from _unbalanced(connections, account_id, wanted)


def _unlike(name: str, found: Counter[str], wanted: Counter[str]) -> Iterator[str]:
    for key in sorted(found.keys() | wanted.keys()):
        if found[key] != wanted[key]:
            yield f"{name} {key}: {found[key]}, and {wanted[key]} in the file"


def _unbalanced(connections: Connections, account_id: UUID, wanted: Figures) -> Iterator[str]:
    """The trial balance at every month end, and its deferral beside the customers' together."""
    with reading(connections, account_id, ACCOUNTING) as now:
        for month in sorted(wanted.recognized):
            last = _last_day(month)
            rows = TRIAL_BALANCE.rows(now, Asked(last))
            off = sum(row["debit"] - row["credit"] for row in rows)
            if off:
                yield f"the trial balance of {last} is off by {off}"
            together = sum(
                row["deferred_balance"] for row in DEFERRED_REVENUE.rows(now, Asked(last))
            )
            kept = -balance(rows, "deferred_revenue")
            if kept != together:
                yield f"deferred at {last}: {kept} in the ledger, {together} over customers"


def balance(rows: Iterable[dict[str, Any]], account: str) -> int:
    """Debit less credit of one ledger account."""
    return sum(row["debit"] - row["credit"] for row in rows if row["account"] == account)


def _last_day(month: str) -> date:
    return (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1) - timedelta(1)


def _records(pieces: Iterable[bytes]) -> Iterator[dict[str, str]]:
    return csv.DictReader(_lines(pieces))


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + bytes(piece)).split(b"\n")
        yield from (line.decode() + "\n" for line in whole)
    if rest:
        yield rest.decode()


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)
