"""The phases a subscription has had, has and will have: one row each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.subscriptions.states import ENDED, Status
from domain.subscriptions.subscription import Subscription
from projections.rendering import instant
from projections.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from domain.subscriptions.phases import Booked, Phase
    from projections.envelope import Envelope
    from projections.table import Rows, Work


@dataclass(slots=True)
class PhaseRow:
    """`booked`: its start is to come, and it may still be dropped or moved."""

    subscription_id: str
    id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime
    booked: bool


TABLE = Table("subscription_phases", PhaseRow, key=("subscription_id", "id"))


class Shelf:
    """The phases that a batch touches; those dropped are remembered until they are deleted."""

    def __init__(self, work: Work, events: Sequence[Envelope]) -> None:
        known = {each.subject for each in events if _looks_back(each.event)}
        self.rows: dict[tuple[str, str], PhaseRow] = {
            TABLE.key_of(row): row for row in TABLE.load_by(work, "subscription_id", sorted(known))
        }
        self.changed: dict[tuple[str, str], PhaseRow] = {}
        self.dropped: set[tuple[str, str]] = set()

    def put(self, subject: str, phase: Phase, *, booked: bool = False) -> None:
        row = PhaseRow(subject, phase.id, phase.terms.plan_id, phase.start, phase.end, booked)
        key = TABLE.key_of(row)
        self.rows[key] = self.changed[key] = row
        self.dropped.discard(key)

    def expect(self, subject: str, upcoming: Iterable[Booked]) -> None:
        """These are the phases to come, and no others."""
        waiting = [row for row in self.rows.values() if row.subscription_id == subject]
        for row in waiting:
            if row.booked:
                key = TABLE.key_of(row)
                self.rows.pop(key)
                self.changed.pop(key, None)
                self.dropped.add(key)
        for each in upcoming:
            self.put(subject, each.phase, booked=True)

    def cut(self, subject: str, at: datetime) -> None:
        """The running phase ends here: another plan's begins."""
        begun = [
            row for row in self.rows.values() if row.subscription_id == subject and not row.booked
        ]
        last = max(begun, key=lambda row: (row.starts_at, row.id), default=None)
        if last is not None:
            last.ends_at = at
            self.changed[TABLE.key_of(last)] = last


def _created(shelf: Shelf, subject: str, told: Subscription.Created) -> None:
    """A gift has no term until it is redeemed."""
    if told.gift is None:
        shelf.put(subject, told.phase)


def _put(shelf: Shelf, subject: str, told: Any) -> None:
    shelf.put(subject, told.phase)


def _moved(shelf: Shelf, subject: str, told: Any) -> None:
    shelf.put(subject, told.phase)
    shelf.expect(subject, told.upcoming)


def _activated(shelf: Shelf, subject: str, told: Subscription.Activated) -> None:
    if told.phase is not None:
        shelf.put(subject, told.phase)
    if told.upcoming is not None:
        shelf.expect(subject, told.upcoming)


def _phase_booked(shelf: Shelf, subject: str, told: Subscription.PhaseBooked) -> None:
    if told.replaces:
        shelf.expect(subject, [told.booked])
    else:
        shelf.put(subject, told.booked.phase, booked=True)


def _plan_changed(shelf: Shelf, subject: str, told: Subscription.PlanChanged) -> None:
    shelf.cut(subject, told.phase.start)
    _moved(shelf, subject, told)


def _canceled(shelf: Shelf, subject: str, _: Subscription.Canceled) -> None:
    shelf.expect(subject, [])


_HANDLERS: dict[type[Any], Callable[[Shelf, str, Any], None]] = {
    Subscription.Created: _created,
    Subscription.Rescheduled: _put,
    Subscription.Activated: _activated,
    Subscription.Renewed: _put,
    Subscription.Restarted: _put,
    Subscription.GiftRedeemed: _put,
    Subscription.PhaseBooked: _phase_booked,
    Subscription.PlanChanged: _plan_changed,
    Subscription.Extended: _moved,
    Subscription.Canceled: _canceled,
}
_LOOKING_BACK = frozenset({
    Subscription.PhaseBooked, Subscription.PlanChanged, Subscription.Extended,
    Subscription.Canceled,
})  # fmt: skip
"""What may drop or move phases that stand already."""


def _looks_back(told: Any) -> bool:
    kind = type(told)
    return kind in _LOOKING_BACK or (kind is Subscription.Activated and told.upcoming is not None)


class PhasesView:
    """A phase that is moved is written again under its id."""

    name = "subscription_phases"
    tables = (TABLE,)
    topics = frozenset(kind.TOPIC for kind in _HANDLERS)

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        shelf = Shelf(work, events)
        for each in events:
            _HANDLERS[type(each.event)](shelf, each.subject, each.event)
        TABLE.delete(work, sorted(shelf.dropped))
        TABLE.upsert(work, shelf.changed.values())


def phases_of(rows: Rows, subscription_ids: Sequence[str]) -> dict[str, list[PhaseRow]]:
    """By subscription, in the order of their start."""
    found: dict[str, list[PhaseRow]] = {}
    for phase in TABLE.load_by(rows, "subscription_id", subscription_ids):
        found.setdefault(phase.subscription_id, []).append(phase)
    for phases in found.values():
        phases.sort(key=lambda phase: (phase.starts_at, phase.booked, phase.ends_at))
    return found


def render(phases: Sequence[PhaseRow], current_id: str, status: str) -> list[dict[str, Any]]:
    return [
        {
            "id": phase.id,
            "plan_id": phase.plan_id,
            "start": instant(phase.starts_at),
            "end": instant(phase.ends_at),
            "status": _status(phase, current_id, status),
        }
        for phase in phases
    ]


def _status(phase: PhaseRow, current_id: str, status: str) -> str:
    """Of a scheduled subscription even the first phase has not begun."""
    if phase.booked or (phase.id == current_id and status == Status.SCHEDULED):
        return "upcoming"
    return "current" if phase.id == current_id and status not in ENDED else "past"


VIEW = PhasesView()
