"""Which documents have a paper: asked of all that are named before the first of them is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.payments.payment import Status
from domain.shared.errors import Conflict, NotFound
from projections import credit_notes, invoices, payments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.reading import Reading


def require_invoices(reading: Reading, refs: Sequence[str]) -> None:
    """Raises NotFound."""
    found = invoices.TABLE.load(reading, refs)
    _require("invoice", refs, {ref: row for ref, row in found.items() if not _deleted(row)})


def require_credit_notes(reading: Reading, refs: Sequence[str]) -> None:
    """Raises NotFound."""
    _require("credit note", refs, credit_notes.TABLE.load(reading, refs))


def require_receipts(reading: Reading, refs: Sequence[str]) -> None:
    """Raises NotFound; Conflict `payment_not_succeeded` for money that did not come."""
    found = payments.TABLE.load(reading, refs)
    _require("payment", refs, found)
    without = [ref for ref in refs if found[ref].status != Status.SUCCEEDED]
    if without:
        detail = f"no money came of {', '.join(without)}"
        raise Conflict("payment_not_succeeded", detail)


def _deleted(row: Any) -> bool:
    return bool(getattr(row, "deleted", False))


def _require(noun: str, refs: Sequence[str], found: Mapping[str, Any]) -> None:
    missing = [ref for ref in refs if ref not in found]
    if missing:
        raise NotFound(detail=f"there is no {noun} {', '.join(missing)}")
