"""A coupon as it was redeemed: how much it takes off, and of how many terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from decimal import Decimal  # noqa: TC003 - as above
from typing import TYPE_CHECKING

from domain.shared.money import allocate, round_decimal, round_half_away
from domain.shared.period import Interval, boundary

if TYPE_CHECKING:
    from collections.abc import Sequence

ONCE, REPEATING, FOREVER = "once", "repeating", "forever"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """`percent` (above 0, at most 100) of what is billed, or an `amount` of minor units off it.

    A repeating one counts for so many `periods`, or for those that begin within so many months of
    the first; `used` and `until` say how far it has come, `through` is the end of the last of them.
    """

    coupon_id: str
    code: str
    percent: Decimal | None = None
    amount: int | None = None
    currency: str | None = None
    duration: str = ONCE
    duration_in_months: int | None = None
    periods: int | None = None
    used: int = 0
    until: datetime | None = None
    through: datetime | None = None

    def covers(self, start: datetime) -> bool:
        """Whether the next term, beginning then, is cheaper."""
        if self.duration == ONCE:
            return self.used == 0
        if self.periods is not None:
            return self.used < self.periods
        return self.until is None or start < self.until

    def covers_change(self, at: datetime) -> bool:
        """Whether another plan from then on, within a term it counted for, is cheaper too."""
        return self.duration != ONCE and self.through is not None and at < self.through

    def after(self, start: datetime, end: datetime, timezone: str) -> Discount:
        """As it stands once the term `[start, end)` was billed with it."""
        until, months = self.until, self.duration_in_months
        if self.duration == REPEATING and months is not None and self.used == 0:
            until = boundary(start, timezone, Interval.MONTH, months, 1)
        return replace(self, used=self.used + 1, until=until, through=end)

    def off(self, amounts: Sequence[int], share: tuple[int, int] = (1, 1)) -> list[int]:
        """What it takes off each of the amounts; those that are credits keep theirs.

        Rounded once over all of them and split by largest remainder. `share` of a whole term is
        what the amounts are for: it counts for a fixed amount only.
        """
        billed = [max(each, 0) for each in amounts]
        if not any(billed):
            return [0 for _ in amounts]
        if self.percent is not None:
            whole = round_decimal(sum(billed) * self.percent / 100)
        else:
            whole = round_half_away((self.amount or 0) * share[0], share[1])
        return allocate(min(whole, sum(billed)), billed)
