"""Examples of ids: each of the kind that its field names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.resources import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUFFIX = "01m80my81rfv4vwsscfv9yf2pm"
_PREFIXES: Mapping[str, str] = {
    **{kind.kind: kind.prefix for kind in BY_NAME.values()},
    "event": "evt", "test_clock": "clk", "pay_link": "inv", "owner": "cus", "subject": "sub",
    "member_update": "evt",
}  # fmt: skip


def of(field: str, resource: str) -> str:
    """Of a resource's own `id`, or of what a field refers to: `latest_invoice_id` an invoice."""
    noun = resource if field == "id" else field.removesuffix("_id")
    known = [each for each in _PREFIXES if noun == each or noun.endswith(f"_{each}")]
    return f"{_PREFIXES[max(known, key=len)] if known else noun}_{_SUFFIX}"
