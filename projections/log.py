"""Reads the account's log as envelopes: a stretch of it, or the stream of one aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.identifiers import typed_id
from projections import arrays
from projections.catalogue import PREFIXES
from projections.envelope import Envelope
from store.codec import TypedMapper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    Cursor = psycopg.Cursor[tuple[Any, ...]]

_COLUMNS = """position, event_id, topic, state, originator_id, originator_version,
       actor, reason, channel, recorded_at, wall_at, document_number"""
_STRETCH = f"""
SELECT {_COLUMNS}
  FROM stored_events
 WHERE account_id = %(account)s AND position > %(after)s AND position <= %(until)s
   AND topic = ANY (%(topics)b)
 ORDER BY position"""
_STREAMS = f"""
SELECT {_COLUMNS}
  FROM stored_events
 WHERE account_id = %(account)s AND originator_id = ANY (%(originators)b)
   AND position <= %(until)s
 ORDER BY position"""
# What was recorded before a test account's clock was set counts as there from the beginning.
_POSITION_AT = """
SELECT coalesce(max(e.position), 0)
  FROM stored_events e
 WHERE e.account_id = %(account)s AND e.originator_id = ANY (%(originators)b)
   AND (e.recorded_at <= %(at)s OR e.position < (
       SELECT h.monotone_from FROM heads h WHERE h.account_id = %(account)s))"""
_to_event = TypedMapper().event


def read_stretch(
    cursor: Cursor, account_id: UUID, after: int, until: int, topics: Sequence[str]
) -> list[Envelope]:
    """The events of these topics in `(after, until]`, in the order of the log."""
    wanted = arrays.array_of(arrays.TEXT, topics)
    bound = {"account": account_id, "after": after, "until": until, "topics": wanted}
    return envelopes(cursor.execute(_STRETCH, bound, binary=True).fetchall())


def read_streams(
    cursor: Cursor, account_id: UUID, originators: Sequence[UUID], until: int
) -> list[Envelope]:
    """All events of some aggregates up to a position, in the order of the log."""
    bound = {"account": account_id, "originators": _uuids(originators), "until": until}
    return envelopes(cursor.execute(_STREAMS, bound, binary=True).fetchall())


def position_at(cursor: Cursor, account_id: UUID, originators: Sequence[UUID], at: datetime) -> int:
    """The last position that these aggregates had reached at an instant; 0 for none."""
    bound = {"account": account_id, "originators": _uuids(originators), "at": at}
    row = cursor.execute(_POSITION_AT, bound, binary=True).fetchone()
    return int(row[0]) if row else 0


def _uuids(values: Sequence[UUID]) -> bytes:
    return arrays.array_of(arrays.UUIDS, values)


def envelopes(rows: Iterable[tuple[Any, ...]]) -> list[Envelope]:
    """Of rows with the columns of the log, in their order here."""
    return [
        Envelope(
            position,
            event_id,
            topic,
            _to_event(originator, version, topic, state, recorded_at, number),
            typed_id(PREFIXES[topic], originator),
            version,
            actor,
            reason,
            channel,
            recorded_at,
            wall_at,
        )
        for (
            position,
            event_id,
            topic,
            state,
            originator,
            version,
            actor,
            reason,
            channel,
            recorded_at,
            wall_at,
            number,
        ) in rows
    ]
