"""Invoice lines: amounts, tax rounded once per rate, and what each line was sold as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from decimal import Decimal  # noqa: TC003 - as above
from typing import TYPE_CHECKING

from domain.shared.errors import Invalid
from domain.shared.money import LARGEST_AMOUNT, allocate, round_half_away

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` is the net in minor units, `tax` the line's share of its rate's tax. `discount` is
    what was taken off before both, in the terms of `unit_amount`.

    `period_*` are instants; `service_start` and `service_end` (exclusive) are their accounting
    dates, absent together where nothing is delivered over time. Names and entitlements are as
    they stood at issue. `held`: it is delivered over time, from a day that is not known yet.
    """

    id: str
    description: str
    unit_amount: int
    quantity: int
    amount: int
    tax: int = 0
    tax_rate: Decimal | None = None
    tax_behavior: str = "exclusive"
    period_start: datetime | None = None
    period_end: datetime | None = None
    service_start: date | None = None
    service_end: date | None = None
    plan_id: str | None = None
    plan_name: str | None = None
    product_id: str | None = None
    product_name: str | None = None
    entitlements: tuple[str, ...] = ()
    discount: int = 0
    held: bool = False


def with_tax(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with net and tax set: tax is rounded once per rate, then split.

    Raises Invalid `amount_too_large`.
    """
    groups: dict[Decimal, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        if line.tax_rate:
            groups[line.tax_rate].append(at)
    taxed = [_untaxed(line) for line in lines]
    _refuse_too_large(taxed)
    for rate, places in groups.items():
        _tax_group(taxed, places, rate)
    _refuse_too_large(taxed)
    return tuple(taxed)


def entered(line: Line) -> int:
    """What is asked for, less its discount, before tax is put on it or taken out of it."""
    return line.unit_amount * line.quantity - line.discount


def _untaxed(line: Line) -> Line:
    amount = entered(line)
    if line.amount == amount and line.tax == 0:
        return line
    return replace(line, amount=amount, tax=0)


def _refuse_too_large(lines: Sequence[Line]) -> None:
    """Sums of day counts times amounts stay inside 64 bits only below the largest amount."""
    if sum(abs(line.amount) + abs(line.tax) for line in lines) >= LARGEST_AMOUNT:
        raise Invalid.one("lines", "amount_too_large", f"must add up to less than {LARGEST_AMOUNT}")


def _tax_group(lines: list[Line], places: list[int], rate: Decimal) -> None:
    """Gross amounts hold `rate / (1 + rate)` of themselves: net ones weigh `1 + rate` as much."""
    part, whole = rate.as_integer_ratio()
    weights = [
        lines[at].amount * (whole if _inclusive(lines[at]) else whole + part) for at in places
    ]
    charged = [max(weight, 0) for weight in weights]
    credited = [max(-weight, 0) for weight in weights]
    per = whole * (whole + part)
    back = round_half_away(sum(credited) * part, per)
    ups = allocate(round_half_away(sum(weights) * part, per) + back, charged)
    downs = allocate(back, credited)
    for at, up, down in zip(places, ups, downs, strict=True):
        share = up - down
        net = lines[at].amount - share if _inclusive(lines[at]) else lines[at].amount
        lines[at] = replace(lines[at], amount=net, tax=share)


def _inclusive(line: Line) -> bool:
    return line.tax_behavior == "inclusive"
