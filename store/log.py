"""Reads an account's log in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from eventsourcing.persistence import Notification

from store.bindings import text_array

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
_NOTIFICATIONS = """
    SELECT position, originator_id, originator_version, topic, state
      FROM stored_events
     WHERE account_id = %b AND position >= %b AND position <= %b
       AND (%b::text[] IS NULL OR topic = ANY (%b::text[]))
     ORDER BY position LIMIT %b"""
_HAS_BESIDES = """
    SELECT EXISTS (SELECT FROM stored_events
                    WHERE account_id = %b AND split_part(topic, '.', 1) <> ALL (%b::text[]))"""
_LAST_POSITION = 2**63 - 1
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


def notifications(
    connection: Connection,
    account_id: UUID,
    first: int,
    last: int | None,
    topics: Sequence[str],
    limit: int,
) -> list[Notification]:
    """Events as the library tells of them; no topics stand for all."""
    wanted = text_array(topics) if topics else None
    until = _LAST_POSITION if last is None else last
    bound = (account_id, first, until, wanted, wanted, limit)
    rows = connection.execute(_NOTIFICATIONS, bound, prepare=True, binary=True).fetchall()
    return [
        Notification(
            id=position, originator_id=id_, originator_version=version, topic=topic, state=state
        )
        for position, id_, version, topic, state in rows
    ]


def has_besides(connection: Connection, account_id: UUID, nouns: Sequence[str]) -> bool:
    """Whether there are events whose topics begin otherwise."""
    bound = (account_id, text_array(nouns))
    (found,) = connection.execute(_HAS_BESIDES, bound, binary=True).fetchall()
    return bool(found[0])


def _logged(_cursor: object) -> Callable[[Sequence[Any]], LoggedEvent]:
    return LoggedEvent._make
