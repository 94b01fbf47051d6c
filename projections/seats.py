"""How many seats of a subscription are taken; shown with the subscription and its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.shared.identifiers import typed_id, uuid_of
from domain.subscriptions.seats import Seats
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.envelope import Envelope
    from projections.table import Rows


@dataclass(slots=True)
class SeatsRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    subscription_id: str
    active: int
    pending: int


def _created(envelope: Envelope) -> SeatsRow:
    told: Seats.Created = envelope.event
    return SeatsRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        subscription_id=told.subscription_id,
        active=0,
        pending=0,
    )


def _counted(row: SeatsRow, envelope: Envelope) -> None:
    row.active = envelope.event.active
    row.pending = envelope.event.pending


TABLE = Table("seats", SeatsRow)
VIEW = ResourceView(
    TABLE, Seats, created={Seats.Created: _created}, changed={Seats.Counted: _counted}
)
JOIN = """
  LEFT JOIN seats k ON k.account_id = t.account_id
   AND k.generation = t.generation AND k.subscription_id = {subscription}"""


def used(capacity: str) -> str:
    """SQL of `seats_used` beside `JOIN`: absent where there are no seats to use."""
    return f"coalesce(k.active, CASE WHEN {capacity} IS NOT NULL THEN 0 END)"


def available(capacity: str) -> str:
    """SQL of `seats_available` beside `JOIN`; absent for a capacity without limit."""
    return f"{capacity} - coalesce(k.active, 0)"


def seats_id(subscription_id: str) -> str:
    return typed_id(Seats.prefix, Seats.id_for(uuid_of(subscription_id)))


def active_of(rows: Rows, subscription_ids: Iterable[str]) -> dict[str, int]:
    """The seats used by subscription; those that never had a member are left out."""
    found = TABLE.load_by(rows, "subscription_id", list(subscription_ids))
    return {row.subscription_id: row.active for row in found}


def render(capacity: int | None, active: int | None) -> dict[str, Any]:
    """`active` is None for a subscription that never had a member."""
    taken = 0 if active is None and capacity is not None else active
    return {
        "seat_capacity": capacity,
        "seats_used": taken,
        "seats_available": None if capacity is None else capacity - (taken or 0),
    }
