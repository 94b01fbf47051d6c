"""Reads an account's log in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection

_COLUMNS = """position, originator_id, originator_version, event_id, recorded_at, wall_at,
    topic, state, actor, channel, reason, request_id, idempotency_key, causation_id,
    correlation_id, document_number, chain"""
_READ = f"""
    SELECT {_COLUMNS} FROM stored_events
     WHERE account_id = %b AND position > %b ORDER BY position LIMIT %b"""
_STREAM = _READ.removesuffix(" LIMIT %b")


class LoggedEvent(NamedTuple):
    """One row of the log; `state` is the JSON as stored."""

    position: int
    originator_id: UUID
    originator_version: int
    event_id: UUID
    recorded_at: datetime
    wall_at: datetime
    topic: str
    state: bytes
    actor: str
    channel: str
    reason: str | None
    request_id: str | None
    idempotency_key: str | None
    causation_id: UUID | None
    correlation_id: UUID | None
    document_number: str | None
    chain: bytes | None


def read_log(connection: Connection, account_id: UUID, after: int, limit: int) -> list[LoggedEvent]:
    """Up to `limit` events after a position, oldest first."""
    with connection.cursor(binary=True, row_factory=_logged) as cursor:
        return cursor.execute(_READ, (account_id, after, limit), prepare=True).fetchall()


def stream_log(connection: Connection, account_id: UUID, after: int = 0) -> Iterator[LoggedEvent]:
    """All events after a position, held a few thousand at a time. Needs a transaction."""
    with connection.cursor("log", binary=True, row_factory=_logged) as cursor:
        cursor.itersize = 2000
        yield from cursor.execute(_STREAM, (account_id, after))


def _logged(_cursor: object) -> Callable[[Sequence[Any]], LoggedEvent]:
    return LoggedEvent._make
