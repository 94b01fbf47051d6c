"""One recorded event as the views see it: the fact, whose it is, and who recorded it when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(slots=True)
class Envelope:
    """`subject` is the typed id of the aggregate, `version` the aggregate's after this event.

    `event` is the typed domain event. `recorded_at` is the account's time, `wall_at` the world's.
    """

    position: int
    event_id: UUID
    topic: str
    event: Any
    subject: str
    version: int
    actor: str
    reason: str | None
    channel: str
    recorded_at: datetime
    wall_at: datetime
