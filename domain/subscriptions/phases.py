"""Terms of a plan in a row: the first, the next, those booked ahead, counted from an anchor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TYPE_CHECKING

from domain.shared.period import Interval, boundary
from domain.shared.terms import Terms  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BOOKED = 10
"""Phases that may wait for their start at once."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One term `[start, end)` of a plan, as sold. `index` counts periods from the anchor, `number`
    the billed periods of the plan before this one, whatever became of the anchor."""

    id: str
    index: int
    start: datetime
    end: datetime
    terms: Terms
    number: int | None = None

    @property
    def periods_before(self) -> int:
        return max(self.index, 0) if self.number is None else self.number

    @property
    def unit_amount(self) -> int:
        """What a quantity of one costs when it begins; nothing yet where usage is billed."""
        policy = self.terms.policy
        if policy is None:
            return self.terms.amount
        return policy.amount_in_advance(self.periods_before)

    @property
    def in_arrears(self) -> bool:
        """Whether it is billed by its usage, when it is over. A trial's usage is not."""
        policy = self.terms.policy
        return self.index >= 0 and policy is not None and policy.in_arrears


@dataclass(frozen=True, slots=True)
class Booked:
    """A phase that begins by itself where the one before it ends, with what was agreed for it.

    `anchor` is what its periods are counted from. `invoice_id` is set when it is billed already.
    """

    phase: Phase
    anchor: datetime
    quantity: int
    auto_renew: bool
    collection_method: str
    payment_method_id: str | None = None
    invoice_notes: str | None = None
    purchase_order: str | None = None
    billing_behavior: str = "bill_on_start_date"
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proration:
    """What a plan change left to be billed over `[start, end)`, for the whole quantity.

    `net`: the amount is net of tax whatever the terms say, as what was unearned is. `discount` is
    taken off the amount.
    """

    description: str
    amount: int
    start: datetime
    end: datetime
    terms: Terms
    net: bool = False
    discount: int = 0


def first_phase(
    phase_id: str, start: datetime, timezone: str, terms: Terms, trial_days: int | None = None
) -> Phase:
    """Period 0 of `terms` from `start`; with trial days the trial, period -1, before the anchor."""
    days = terms.trial_days if trial_days is None else trial_days
    if days:
        return Phase(phase_id, -1, start, boundary(start, timezone, Interval.DAY, days, 1), terms)
    return opening(phase_id, start, timezone, terms)


def opening(phase_id: str, start: datetime, timezone: str, terms: Terms) -> Phase:
    """Period 0 from an anchor at `start`."""
    end = boundary(start, timezone, terms.interval, terms.interval_count, 1)
    return Phase(phase_id, 0, start, end, terms)


def following(
    phase_id: str, before: Phase, anchor: datetime, timezone: str, terms: Terms | None = None
) -> tuple[Phase, datetime]:
    """The phase after `before` and its anchor: another interval counts from its own start."""
    sold = terms or before.terms
    if (sold.interval, sold.interval_count) != (before.terms.interval, before.terms.interval_count):
        return opening(phase_id, before.end, timezone, sold), before.end
    index = before.index + 1
    end = boundary(anchor, timezone, sold.interval, sold.interval_count, index + 1)
    number = _periods_before_next(before, sold)
    return Phase(phase_id, index, before.end, end, sold, number), anchor


def _periods_before_next(before: Phase, sold: Terms) -> int:
    if before.index < 0 or before.terms.plan_id != sold.plan_id:
        return 0
    return before.periods_before + 1


def moved_along(
    upcoming: Sequence[Booked], current: Phase, anchor: datetime, timezone: str
) -> tuple[Booked, ...]:
    """Booked phases in their order behind a current phase whose end or anchor moved."""
    moved: list[Booked] = []
    for booked in upcoming:
        before, since = (moved[-1].phase, moved[-1].anchor) if moved else (current, anchor)
        phase, at = following(booked.phase.id, before, since, timezone, booked.phase.terms)
        moved.append(replace(booked, phase=phase, anchor=at))
    return tuple(moved)
