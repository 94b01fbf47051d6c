"""What a term costs by a plan's billing policy: fixed, in steps, or by the usage it brought.

A policy is compiled from the plan's written prompt, and never changes afterwards: another prompt
makes another version. Amounts are minor units of `currency`, for a quantity of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.period import Interval  # noqa: TC001 - as above

FIXED, STEP_UP, USAGE_IN_ARREARS = "fixed", "step_up", "usage_in_arrears"


@dataclass(frozen=True, slots=True)
class Step:
    """`amount` for as many periods; without a number, for all that follow."""

    amount: int
    periods: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingPolicy:
    """`kind` says which of amount, steps and unit_amount there is. `maximum_amount` is the most
    that one invoice may ask for, tax included; `unit` is what usage counts."""

    version: int
    kind: str
    prompt: str
    currency: str
    interval: Interval
    interval_count: int = 1
    amount: int | None = None
    steps: tuple[Step, ...] = ()
    unit_amount: int | None = None
    unit: str | None = None
    maximum_amount: int | None = None
    compiled_by: str = "built-in"
    activated_at: datetime | None = None

    @property
    def in_arrears(self) -> bool:
        return self.kind == USAGE_IN_ARREARS

    def amount_in_advance(self, periods_before: int) -> int:
        """What a period costs when it begins, after so many periods of this plan."""
        if self.kind == FIXED:
            return self.amount or 0
        for step in self.steps:
            if step.periods is None or periods_before < step.periods:
                return step.amount
            periods_before -= step.periods
        return 0
