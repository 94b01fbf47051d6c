"""What reports call a customer who was erased: nothing but their id, on days of the past too."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from projections.accounting_rows import LINES, PARTIES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from projections.accounting_rows import PartyRow
    from projections.table import Work


def forget_names(work: Work, customers: Collection[str]) -> None:
    """The rows become those that a rebuild makes, which cannot read the names any more.

    A customer's lines are found by reading all: who was erased before a rebuild has none named.
    """
    known: dict[str, list[PartyRow]] = defaultdict(list)
    for row in PARTIES.load_by(work, "customer_id", sorted(customers)) if customers else ():
        known[row.customer_id].append(row)
    named = sorted(ref for ref, rows in known.items() if any(map(_is_named, rows)))
    if not named:
        return
    lines = LINES.load_by(work, "customer_id", named)
    for line in lines:
        line.customer_email = None
    LINES.upsert(work, lines)
    for ref in named:
        _merge(work, known[ref])


def _merge(work: Work, rows: Sequence[PartyRow]) -> None:
    """A row for each change of what is left of them: their organisation."""
    kept: list[PartyRow] = []
    gone = []
    for row in sorted(rows, key=lambda each: each.from_position):
        row.email = row.first_name = row.last_name = row.until_position = None
        if kept and kept[-1].organization_name == row.organization_name:
            gone.append((row.customer_id, row.from_position))
            continue
        if kept:
            kept[-1].until_position = row.from_position
        kept.append(row)
    PARTIES.upsert(work, kept)
    if gone:
        PARTIES.delete(work, gone)


def _is_named(row: PartyRow) -> bool:
    return any((row.email, row.first_name, row.last_name))
