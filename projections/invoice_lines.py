"""An invoice's lines and its discount, as the API shows them and rows keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections.rendering import stored_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from domain.invoicing.lines import Line
    from domain.shared.discount import Discount
    from projections.table import Json


def shown_discount(discount: Discount) -> dict[str, Any]:
    """What a coupon takes off, as the API shows it."""
    return {
        "coupon_id": discount.coupon_id,
        "code": discount.code,
        "percent": shown_percent(discount.percent),
        "amount": discount.amount,
        "currency": discount.currency,
        "duration": discount.duration,
        "duration_in_months": discount.duration_in_months,
        "periods": discount.periods,
    }


def shown_percent(percent: Decimal | None) -> int | float | None:
    """A number: whole where it is."""
    if percent is None:
        return None
    return int(percent) if percent == percent.to_integral_value() else float(percent)


def shown_lines(lines: Sequence[Line]) -> Json:
    return stored_list([_shown(line) for line in lines])


def _shown(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "description": line.description,
        "unit_amount": line.unit_amount,
        "quantity": line.quantity,
        "discount": line.discount,
        "amount": line.amount,
        "tax": line.tax,
        "tax_rate": line.tax_rate,
        "tax_behavior": line.tax_behavior,
        "plan_id": line.plan_id,
        "product_id": line.product_id,
        "period_start": line.period_start,
        "period_end": line.period_end,
    }
