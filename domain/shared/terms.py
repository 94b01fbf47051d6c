"""What was sold: a plan's commercial terms as they stood when a customer took them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.shared.period import Interval  # noqa: TC001 - stored events are decoded by annotations
from domain.shared.policy import BillingPolicy  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXED = ("product_id", "type", "currency", "interval", "interval_count")
"""What makes a plan the plan it is."""

CHANGEABLE = (
    "amount", "trial_days", "entitlements", "seat_capacity", "shipments_per_interval",
    "tax_rate", "tax_behavior",
)  # fmt: skip
"""What may be sold differently from now on."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A snapshot of a plan and its product. `amount` is minor units per unit and interval, unless
    there is a `policy`: then that says what a term costs."""

    plan_id: str
    plan_name: str
    product_id: str
    product_name: str
    type: str
    amount: int
    currency: str
    interval: Interval
    interval_count: int
    entitlements: tuple[str, ...] = ()
    tax_rate: Decimal | None = None
    tax_behavior: str = "exclusive"
    trial_days: int = 0
    seat_capacity: int | None = None
    shipments_per_interval: int | None = None
    revenue_recognition_strategy: str = "invoice_creation"
    policy: BillingPolicy | None = None


def stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as a change states and stores them: rates as text, entitlements as a list."""
    return {name: _stated(value) for name, value in fields.items()}


def _stated(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def changed_terms(terms: Terms, changes: Mapping[str, Any]) -> Terms:
    """The terms after a stored change, which may name other things too."""
    taken = {name: changes[name] for name in CHANGEABLE if name in changes}
    if "name" in changes:
        taken["plan_name"] = changes["name"]
    if taken.get("tax_rate") is not None:
        taken["tax_rate"] = Decimal(taken["tax_rate"])
    if "entitlements" in taken:
        taken["entitlements"] = tuple(taken["entitlements"])
    return replace(terms, **taken)
