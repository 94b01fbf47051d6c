"""`member.subscription_updated`: what each member is told when their subscription changes.

Nothing is stored for it. A change is one event of the subscription; whom it concerned are the
members who were open at its position, and what they are told is the subscription as its events up
to there leave it. So ten thousand members cost the change nothing, and the same facts come out
whenever they are asked for: by the outbox in pages, or by one member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from domain.shared.identifiers import typed_id, uuid_of
from domain.subscriptions.subscription import Subscription
from projections import arrays, resources
from projections.plans import PLANS
from projections.rendering import instant
from projections.subscription_resource import SUBSCRIPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from projections.memberships import MemberRow
    from projections.reading import Reading

TYPE = "member.subscription_updated"
AFFECTING = frozenset(
    kind.TOPIC
    for kind in (
        Subscription.Renewed,
        Subscription.PhaseBooked,
        Subscription.PlanChanged,
        Subscription.Extended,
        Subscription.Canceled,
        Subscription.Reactivated,
        Subscription.Expired,
        Subscription.Restarted,
    )
)
"""The events of a subscription that its members are told of."""

_OPEN_THEN = """
SELECT t.id, t.first_name, t.last_name FROM memberships t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.subscription_id = %(subscription)s AND t.id > %(after)s
   AND t.invited_in < %(position)s AND (t.removed_in IS NULL OR t.removed_in > %(position)s)
 ORDER BY t.id LIMIT %(limit)s"""
_CHANGES = """
SELECT e.position, e.event_id, e.topic, e.recorded_at FROM stored_events e
 WHERE e.account_id = %(account)s AND e.originator_id = %(subscription)s
   AND e.position > %(first)s AND e.position < %(last)s AND e.topic = ANY (%(topics)b)
 ORDER BY e.position DESC LIMIT %(limit)s"""
_EVER = 2**63 - 1
_OF_PLAN = ("id", "name", "amount", "currency", "interval", "interval_count")
_OF_SUBSCRIPTION = ("id", "status", "metadata", "renews_at", "expires_at", "auto_renew")


@dataclass(frozen=True, slots=True)
class Change:
    """An event of a subscription that its members are told of."""

    subscription_id: str
    position: int
    event_id: UUID
    topic: str
    recorded_at: datetime


def told_of(
    reading: Reading, change: Change, *, after: str = "", limit: int = 1000
) -> Iterator[dict[str, Any]]:
    """What each member concerned is told, by member id, those behind `after` only."""
    bound = {
        "subscription": change.subscription_id, "position": change.position, "after": after,
        "limit": limit,
    }  # fmt: skip
    members = reading.select(_OPEN_THEN, bound)
    common = _subscriptions(reading, [change]) if members else {}
    for member in members:
        yield _update(change, common[change.position], *member)


def of_member(reading: Reading, member: MemberRow, limit: int) -> list[dict[str, Any]]:
    """What one member was told, newest first."""
    bound = {
        "subscription": uuid_of(member.subscription_id), "first": member.invited_in,
        "last": member.removed_in or _EVER, "limit": limit,
        "topics": arrays.array_of(arrays.TEXT, sorted(AFFECTING)),
    }  # fmt: skip
    changes = [Change(member.subscription_id, *row) for row in reading.select(_CHANGES, bound)]
    common = _subscriptions(reading, changes) if changes else {}
    return [
        _update(each, common[each.position], member.id, member.first_name, member.last_name)
        for each in changes
    ]


def _subscriptions(reading: Reading, changes: Sequence[Change]) -> dict[int, dict[str, Any]]:
    """One subscription as each of its changes left it, by position, with its plan of then."""
    positions = [each.position for each in changes]
    ref = changes[0].subscription_id
    shown = resources.as_of_each(reading, SUBSCRIPTIONS, ref, positions)
    by_plan: dict[str, list[int]] = {}
    for position, each in shown.items():
        by_plan.setdefault(each["plan_id"], []).append(position)
    plans = {
        position: plan
        for ref, those in by_plan.items()
        for position, plan in resources.as_of_each(reading, PLANS, ref, those).items()
    }
    return {
        position: {
            **{name: each[name] for name in _OF_SUBSCRIPTION},
            "plan": {name: plans[position][name] for name in _OF_PLAN},
        }
        for position, each in shown.items()
    }


def _update(
    change: Change,
    subscription: dict[str, Any],
    member_id: str,
    first_name: str | None,
    last_name: str | None,
) -> dict[str, Any]:
    return {
        "id": typed_id("evt", uuid5(change.event_id, f"{TYPE}:{member_id}")),
        "object": "member_update",
        "type": TYPE,
        "member": {"id": member_id, "first_name": first_name, "last_name": last_name},
        "subscription": subscription,
        "event_type": change.topic,
        "event_id": typed_id("evt", change.event_id),
        "position": change.position,
        "timestamp": instant(change.recorded_at),
    }
