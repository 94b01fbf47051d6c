"""The billing policies of plans when terms begin: which one counts, and what follows when it fails.

Where a rule fails nothing is charged. The subscription waits, the plan tells, both in one append.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.application import Group
from domain.catalog.plan import Plan
from domain.commands.billing import RuleFailed, Usage
from domain.shared.period import Interval, boundary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from domain.application import Books
    from domain.subscriptions.phases import Phase
    from domain.subscriptions.subscription import Subscription


class Rules:
    """The plans of a bulk run's subscriptions, and what failed by them."""

    def __init__(self, books: Books, subscriptions: Iterable[Subscription]) -> None:
        wanted = {phase.terms.plan_id for each in subscriptions for phase in _phases(each)}
        loaded = books.load_many(Plan, sorted(wanted))
        self._plans = {plan.ref: plan for plan in loaded.values()}
        self._failed: dict[str, list[Subscription]] = {}

    def in_force(self, phase: Phase) -> Phase:
        """The phase as it begins now: billed by the plan's policy of today."""
        policy = self._plans[phase.terms.plan_id].terms.policy
        if policy == phase.terms.policy:
            return phase
        return replace(phase, terms=replace(phase.terms, policy=policy))

    def fail(
        self, subscription: Subscription, phase: Phase, failed: RuleFailed, at: datetime,
        *, again: bool = True,
    ) -> None:  # fmt: skip
        """Nothing is charged; `again`: it is tried the next day."""
        plan = self._plans[phase.terms.plan_id]
        retry = boundary(at, subscription.timezone, Interval.DAY, 1, 1) if again else None
        note_failure(plan, subscription, phase, failed, at, retry)
        self._failed.setdefault(plan.ref, []).append(subscription)

    def failures(self) -> list[Group]:
        """A plan with all that failed by it: recorded together."""
        return [Group([self._plans[ref], *each]) for ref, each in self._failed.items()]


def _phases(subscription: Subscription) -> list[Phase]:
    return [subscription.phase, *(booked.phase for booked in subscription.upcoming[:1])]


def note_failure(
    plan: Plan,
    subscription: Subscription,
    phase: Phase,
    failed: RuleFailed,
    at: datetime,
    retry_at: datetime | None,
) -> None:
    policy = phase.terms.policy or subscription.phase.terms.policy
    version = 0 if policy is None else policy.version
    subscription.note_rule_failed(version, failed.code, failed.detail, at, retry_at)
    plan.note_rule_failed(subscription.ref, version, failed.code, failed.detail, at)


def usage_of(subscription: Subscription) -> Usage | None:
    """What the current term brought, where that is what is billed."""
    if not subscription.phase.in_arrears or not subscription.usage:
        return None
    return Usage(subscription.phase, subscription.usage)
