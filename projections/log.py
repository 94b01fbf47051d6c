"""Reads the account's log as envelopes: a stretch of it, or the stream of one aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.identifiers import typed_id
from projections import arrays
from projections.catalogue import PREFIXES
from projections.envelope import Envelope
from store.codec import TypedMapper
from store.personal_keys import KEPT_KEY, KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from projections.group import Group

    Cursor = psycopg.Cursor[tuple[Any, ...]]

_COLUMNS = """e.position, e.event_id, e.topic, e.state, e.originator_id, e.originator_version,
       e.actor, e.reason, e.channel, e.recorded_at, e.wall_at, e.document_number"""
_STRETCH = f"""
SELECT {_COLUMNS}, {KEY}
  FROM stored_events e
 WHERE e.account_id = %(account)s AND e.position > %(after)s AND e.position <= %(until)s
   AND e.topic = ANY (%(topics)b)
 ORDER BY e.position"""
_STREAMS = """
SELECT {columns}, {key}
  FROM stored_events e
 WHERE e.account_id = %(account)s AND e.originator_id = ANY (%(originators)b)
   AND e.position <= %(until)s
 ORDER BY e.position"""
_SHOWN = _STREAMS.format(columns=_COLUMNS, key=KEY)
_DOCUMENTED = _STREAMS.format(columns=_COLUMNS, key=KEPT_KEY)
# What was recorded before a test account's clock was set counts as there from the beginning.
_POSITION_AT = """
SELECT coalesce(max(e.position), 0)
  FROM stored_events e
 WHERE e.account_id = %(account)s AND e.originator_id = ANY (%(originators)b)
   AND (e.recorded_at <= %(at)s OR e.position < (
       SELECT h.monotone_from FROM heads h WHERE h.account_id = %(account)s))"""
_TELLING = """
SELECT e.originator_id
  FROM stored_events e
 WHERE e.account_id = %(account)s AND e.position > %(after)s AND e.position <= %(until)s
   AND e.topic = ANY (%(topics)b) AND e.state ->> 'transaction_id' = %(part)s
 ORDER BY e.position DESC LIMIT 1"""
_to_event = TypedMapper().event


def read_stretch(
    cursor: Cursor, account_id: UUID, after: int, until: int, group: Group
) -> list[Envelope]:
    """The events of the group's topics in `(after, until]`, in the order of the log."""
    bound = {"account": account_id, "after": after, "until": until, "topics": group.wanted}
    rows = cursor.execute(_STRETCH, bound, binary=True).fetchall()
    return envelopes(account_id, rows, group.blind)


def read_streams(
    cursor: Cursor,
    account_id: UUID,
    originators: Sequence[UUID],
    until: int,
    *,
    for_documents: bool = False,
) -> list[Envelope]:
    """All events of some aggregates up to a position, in the order of the log.

    `for_documents`: with whom they were written to, also where that is shown nowhere else any more.
    """
    bound = {"account": account_id, "originators": _uuids(originators), "until": until}
    statement = _DOCUMENTED if for_documents else _SHOWN
    return envelopes(account_id, cursor.execute(statement, bound, binary=True).fetchall())


def originator_of_part(
    cursor: Cursor, account_id: UUID, part: str, topics: Iterable[str], after: int, until: int
) -> UUID | None:
    """Whose events in `(after, until]` tell of a part, which has no stream of its own."""
    wanted = arrays.array_of(arrays.TEXT, sorted(topics))
    bound = {"account": account_id, "after": after, "until": until, "part": part, "topics": wanted}
    row = cursor.execute(_TELLING, bound, binary=True).fetchone()
    return row[0] if row else None


def position_at(cursor: Cursor, account_id: UUID, originators: Sequence[UUID], at: datetime) -> int:
    """The last position that these aggregates had reached at an instant; 0 for none."""
    bound = {"account": account_id, "originators": _uuids(originators), "at": at}
    row = cursor.execute(_POSITION_AT, bound, binary=True).fetchone()
    return int(row[0]) if row else 0


def _uuids(values: Sequence[UUID]) -> bytes:
    return arrays.array_of(arrays.UUIDS, values)


def envelopes(
    account_id: UUID, rows: Iterable[tuple[Any, ...]], blind: frozenset[str] = frozenset()
) -> list[Envelope]:
    """Of rows with the columns of the log and the key to the box, in their order here. Boxes of the
    topics in `blind` stay closed.
    """
    return [
        Envelope(
            position,
            event_id,
            topic,
            _to_event(
                originator, version, topic, state, recorded_at, number,
                None if topic in blind else key, account_id,
            ),
            typed_id(PREFIXES[topic], originator),
            version,
            actor,
            reason,
            channel,
            recorded_at,
            wall_at,
        )
        for (
            position, event_id, topic, state, originator, version, actor, reason, channel,
            recorded_at, wall_at, number, key,
        ) in rows
    ]  # fmt: skip
