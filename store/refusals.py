"""What the database refuses, as the domain's errors: one table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from domain.shared.errors import (
    AlreadyRecorded,
    AnotherKey,
    ClaimHeld,
    ClaimTaken,
    ClockRefused,
    ConcurrentChange,
    DomainError,
    KeyReused,
    NotFound,
    RequestInProgress,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg


def _taken(detail: str) -> ClaimTaken:
    kind, value, _owner = json.loads(detail)
    return ClaimTaken(kind, value)


def _held(detail: str) -> ClaimHeld:
    kind, _value, _owner = json.loads(detail)
    return ClaimHeld(kind)


_REFUSALS: dict[str, Callable[[str], DomainError]] = {
    "SL001": lambda _: NotFound(detail="there is no such account"),
    "SL002": lambda changed: ConcurrentChange(detail=f"{changed} was changed meanwhile"),
    "SL003": _taken,
    "SL004": _held,
    "SL005": lambda key: KeyReused(detail=f"the key {key!r} was used for another request"),
    "SL006": lambda key: RequestInProgress(detail=f"the request {key!r} is in progress"),
    "SL007": lambda key: AlreadyRecorded(detail=f"the request {key!r} was answered"),
    "SL009": lambda name: AnotherKey(detail=f"{name} is not what it was"),
    "SL008": lambda _: ClockRefused(detail="the clock is real time, or would run backwards"),
}


def refusal(error: psycopg.Error) -> DomainError | None:
    """The DomainError an append's error stands for; None if it is none of the caller's doing."""
    if error.diag.constraint_name == "stored_events_stream":
        return ConcurrentChange(detail="the aggregate was changed meanwhile")
    make = _REFUSALS.get(error.sqlstate or "")
    return make(error.diag.message_detail or "") if make else None
