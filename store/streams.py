"""Reads streams of aggregates: many in one query, from their newest snapshots if they keep any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.recording import History
from store import snapshots
from store.bindings import uuid_array
from store.codec import RecordedEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from domain.shared.aggregate import Aggregate
    from store.codec import TypedMapper
    from store.connections import Connection

_COLUMNS = "originator_id, originator_version, topic, state, recorded_at, document_number"
_STREAM = f"""
    SELECT {_COLUMNS}
      FROM stored_events
     WHERE account_id = %b AND originator_id = %b
       AND originator_version > %b AND originator_version <= %b
     ORDER BY originator_version"""
_STREAMS = f"""
    SELECT {_COLUMNS}
      FROM stored_events
     WHERE account_id = %b AND originator_id = ANY (%b) AND position <= %b
     ORDER BY originator_id, originator_version"""
_STREAMS_AFTER_SNAPSHOTS = """
    WITH newest AS (
        SELECT DISTINCT ON (originator_id)
               originator_id, originator_version, topic, state, modified_on, created_on
          FROM snapshots
         WHERE account_id = %(account)b AND originator_id = ANY (%(ids)b) AND topic = %(topic)b
         ORDER BY originator_id, originator_version DESC)
    SELECT originator_id, originator_version, topic, state, modified_on, NULL, created_on
      FROM newest
     UNION ALL
    SELECT e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at,
           e.document_number, NULL
      FROM unnest(%(ids)b) AS i (id)
      LEFT JOIN newest n ON n.originator_id = i.id
      JOIN stored_events e ON e.account_id = %(account)b AND e.originator_id = i.id
       AND e.originator_version > coalesce(n.originator_version, 0)
     ORDER BY 1, 2"""
_LAST_VERSION, _LAST_POSITION = 2**31 - 1, 2**63 - 1


def read_stream(
    connection: Connection,
    account_id: UUID,
    originator_id: UUID,
    after: int,
    until: int | None,
    *,
    desc: bool,
    limit: int | None,
) -> list[RecordedEvent]:
    """One stream as the library asks for it."""
    order = (" DESC" if desc else "") + ("" if limit is None else f" LIMIT {limit:d}")
    last = _LAST_VERSION if until is None else until
    arguments = (account_id, originator_id, after, last)
    rows = connection.execute(_STREAM + order, arguments, prepare=True, binary=True)
    return [RecordedEvent(*row) for row in rows]


def read_histories(
    connection: Connection,
    mapper: TypedMapper,
    account_id: UUID,
    kind: type[Aggregate],
    ids: Sequence[UUID],
    until: int | None,
) -> dict[UUID, History]:
    """The histories of many aggregates, ready to replay; `until` is a position of the log."""
    if kind.SNAPSHOT is None or until is not None:
        return _whole(connection, mapper, account_id, ids, until)
    histories, outdated = _after_snapshots(connection, mapper, account_id, kind, ids)
    if outdated:
        histories |= _whole(connection, mapper, account_id, outdated, None)
    return histories


def _whole(
    connection: Connection,
    mapper: TypedMapper,
    account_id: UUID,
    ids: Sequence[UUID],
    until: int | None,
) -> dict[UUID, History]:
    position = _LAST_POSITION if until is None else until
    arguments = (account_id, uuid_array([each.int for each in ids]), position)
    rows = connection.execute(_STREAMS, arguments, prepare=True, binary=True)
    histories: dict[UUID, History] = {}
    event = mapper.event
    for row in rows:
        found = histories.get(row[0])
        if found is None:
            found = histories[row[0]] = History(None, [])
        found.events.append(event(*row))
    return histories


def _after_snapshots(
    connection: Connection,
    mapper: TypedMapper,
    account_id: UUID,
    kind: type[Aggregate],
    ids: Sequence[UUID],
) -> tuple[dict[UUID, History], list[UUID]]:
    arguments = {
        "account": account_id,
        "ids": uuid_array([each.int for each in ids]),
        "topic": snapshots.snapshot_topic(kind),
    }
    rows = connection.execute(_STREAMS_AFTER_SNAPSHOTS, arguments, prepare=True, binary=True)
    histories: dict[UUID, History] = {}
    outdated: list[UUID] = []
    for *row, created_on in rows:
        if created_on is not None:
            snapshot = snapshots.restore(kind, row, created_on)
            if snapshot is None:
                outdated.append(row[0])
            histories[row[0]] = History(snapshot, [])
        else:
            histories.setdefault(row[0], History(None, [])).events.append(mapper.event(*row))
    return histories, outdated
