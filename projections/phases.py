"""The terms a subscription has had and has: one row each, written when it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.subscriptions.subscription import Subscription
from projections.rendering import instant
from projections.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.subscriptions.phases import Phase
    from projections.envelope import Envelope
    from projections.table import Rows, Work


@dataclass(slots=True)
class PhaseRow:
    subscription_id: str
    id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime


TABLE = Table("subscription_phases", PhaseRow, key=("subscription_id", "id"))


class PhasesView:
    """A phase whose first payment re-dates it is written again under its id."""

    name = "subscription_phases"
    tables = (TABLE,)
    topics = frozenset(
        {
            Subscription.Created.TOPIC,
            Subscription.Activated.TOPIC,
            Subscription.Renewed.TOPIC,
        }
    )

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        told = ((each.subject, each.event.phase) for each in events)
        rows = (_row(subject, phase) for subject, phase in told if phase is not None)
        TABLE.upsert(work, {row.id: row for row in rows}.values())


def _row(subject: str, phase: Phase) -> PhaseRow:
    return PhaseRow(subject, phase.id, phase.terms.plan_id, phase.start, phase.end)


def phases_of(rows: Rows, subscription_ids: Sequence[str]) -> dict[str, list[PhaseRow]]:
    """By subscription, in the order of their start."""
    found: dict[str, list[PhaseRow]] = {}
    for phase in TABLE.load_by(rows, "subscription_id", subscription_ids):
        found.setdefault(phase.subscription_id, []).append(phase)
    for phases in found.values():
        phases.sort(key=lambda phase: phase.starts_at)
    return found


def render(phases: Sequence[PhaseRow], current_id: str, *, ended: bool) -> list[dict[str, Any]]:
    """Those before the current phase are past, those after it upcoming."""
    current_start = next((each.starts_at for each in phases if each.id == current_id), None)
    return [
        {
            "id": phase.id,
            "plan_id": phase.plan_id,
            "start": instant(phase.starts_at),
            "end": instant(phase.ends_at),
            "status": _status(phase, current_id, current_start, ended=ended),
        }
        for phase in phases
    ]


def _status(
    phase: PhaseRow, current_id: str, current_start: datetime | None, *, ended: bool
) -> str:
    if phase.id == current_id:
        return "past" if ended else "current"
    upcoming = current_start is not None and phase.starts_at > current_start
    return "upcoming" if upcoming else "past"


VIEW = PhasesView()
