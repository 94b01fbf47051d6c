"""What was sold: a plan's commercial terms as they stood when a customer took them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.period import Interval  # noqa: TC001 - as above


@dataclass(frozen=True, slots=True)
class Terms:
    """A snapshot of a plan and its product. `amount` is minor units per unit and interval."""

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
