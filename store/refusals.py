"""What the database refuses, as the domain's errors: one table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

from domain.shared.errors import (
    AlreadyAnswered,
    ClaimForbids,
    ClaimTaken,
    ClockRefused,
    ConcurrentChange,
    DomainError,
    KeyReused,
    NotFound,
    RequestInProgress,
)
from domain.shared.recording import Claim

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg


def _claim(detail: str) -> Claim:
    kind, value, owner = json.loads(detail)
    return Claim(kind, value, UUID(owner))


_REFUSALS: dict[str, Callable[[str], DomainError]] = {
    "SL001": lambda _: NotFound("there is no such account"),
    "SL002": lambda detail: ConcurrentChange(f"{detail} was changed meanwhile"),
    "SL003": lambda detail: ClaimTaken(_claim(detail)),
    "SL004": lambda detail: ClaimForbids(_claim(detail)),
    "SL005": lambda detail: KeyReused(f"the key {detail!r} was used for another request"),
    "SL006": lambda detail: RequestInProgress(f"the request {detail!r} is in progress"),
    "SL007": lambda detail: AlreadyAnswered(f"the request {detail!r} was answered"),
    "SL008": lambda _: ClockRefused("the clock may not be set so"),
}


def refusal(error: psycopg.Error) -> DomainError | None:
    """The DomainError an append's error stands for; None if it is none of the caller's doing."""
    if error.diag.constraint_name == "stored_events_stream":
        return ConcurrentChange("the aggregate was changed meanwhile")
    make = _REFUSALS.get(error.sqlstate or "")
    return make(error.diag.message_detail or "") if make else None
