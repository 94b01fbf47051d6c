"""Reads streams of aggregates: many in one query, from their newest snapshots if they keep any."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from domain.shared.recording import History
from store import snapshots
from store.bindings import uuid_array
from store.codec import RecordedEvent
from store.exchange import Asked, at_once
from store.personal_keys import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from eventsourcing.domain import CanMutateAggregate

    from domain.shared.aggregate import Aggregate
    from store.codec import TypedMapper
    from store.connections import Connection
    from store.exchange import Rows

_COLUMNS = f"""e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at,
    e.document_number, {KEY}, e.account_id"""
_STREAM = f"""
    SELECT {_COLUMNS}
      FROM stored_events e
     WHERE e.account_id = %b AND e.originator_id = %b
       AND e.originator_version > %b AND e.originator_version <= %b
     ORDER BY e.originator_version"""
# One is asked for by itself, where the server keeps one plan for all; many are estimated to be ten.
_ONE, _MANY = "(SELECT %(id)b::uuid)", "unnest(%(ids)b)"


# One index scan a stream, whatever the statistics say of a young account: a join would also be
# planned as one scan of the account's whole log.
def _streams(ids: str) -> str:
    return f"""
    SELECT s.*
      FROM {ids} AS i (id)
     CROSS JOIN LATERAL (
        SELECT {_COLUMNS}
          FROM stored_events e
         WHERE e.account_id = %(account)b AND e.originator_id = i.id AND e.position <= %(until)b
         ORDER BY e.originator_version) s"""


@cache
def after_snapshots(ids: str) -> str:
    return f"""
    SELECT r.*
      FROM {ids} AS i (id)
      LEFT JOIN LATERAL (
        SELECT originator_version, topic, state, modified_on, created_on
          FROM snapshots
         WHERE account_id = %(account)b AND originator_id = i.id AND topic = %(topic)b
         ORDER BY originator_version DESC LIMIT 1) s ON true
     CROSS JOIN LATERAL (
        SELECT i.id, s.originator_version, s.topic, s.state, s.modified_on, NULL::text, NULL::bytea,
               NULL::uuid, s.created_on
         WHERE s.state IS NOT NULL
         UNION ALL
       (SELECT {_COLUMNS}, NULL
          FROM stored_events e
         WHERE e.account_id = %(account)b AND e.originator_id = i.id
           AND e.originator_version > coalesce(s.originator_version, 0)
         ORDER BY e.originator_version)) r"""


_WHOLE = {ids: _streams(ids) for ids in (_ONE, _MANY)}
FEW = 4
"""So many are asked for one by one, and sent together."""
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
        return read_whole(connection, mapper, account_id, ids, until)
    (rows,) = each_answered(connection, [asked_after_snapshots(account_id, kind, ids)])
    found, outdated = histories_after_snapshots(mapper, kind, rows)
    if outdated:
        found |= read_whole(connection, mapper, account_id, outdated)
    return found


def read_whole(
    connection: Connection,
    mapper: TypedMapper,
    account_id: UUID,
    ids: Sequence[UUID],
    until: int | None = None,
) -> dict[UUID, History]:
    """From their first events, whatever snapshots there are."""
    if len(ids) <= FEW and _is_idle(connection):
        found = at_once(connection, [asked(account_id, [each], until) for each in ids])
        return histories(mapper, chain.from_iterable(found))
    sql, bound = asked(account_id, ids, until)
    return histories(mapper, connection.execute(sql, bound, prepare=True, binary=True))


def each_answered(connection: Connection, asked: Sequence[Asked]) -> list[Rows]:
    """At once, where nothing has begun on the connection."""
    if _is_idle(connection):
        return at_once(connection, asked)
    return [
        connection.execute(sql, bound, prepare=True, binary=True).fetchall() for sql, bound in asked
    ]


def _is_idle(connection: Connection) -> bool:
    return connection.pgconn.transaction_status == TransactionStatus.IDLE


def asked(account_id: UUID, ids: Sequence[UUID], until: int | None = None) -> Asked:
    """What `histories` reads the answer of."""
    which, named = _named(ids)
    position = _LAST_POSITION if until is None else until
    return Asked(_WHOLE[which], {"account": account_id, "until": position, **named})


def _named(ids: Sequence[UUID]) -> tuple[str, dict[str, Any]]:
    if len(ids) == 1:
        return _ONE, {"id": ids[0]}
    return _MANY, {"ids": uuid_array([each.int for each in ids])}


def histories(mapper: TypedMapper, rows: Iterable[tuple[Any, ...]]) -> dict[UUID, History]:
    """Of whole streams."""
    found: dict[UUID, History] = {}
    event, replayed, number = mapper.event, mapper.replayed, None
    events: list[CanMutateAggregate[UUID]] = []
    for row in rows:  # a stream's are together
        if row[0].int != number:
            number, events = row[0].int, []
            found[row[0]] = History(None, events)
        events.append(event(*row) if row[6] is None else replayed(*row))
    return found


def asked_after_snapshots(account_id: UUID, kind: type[Aggregate], ids: Sequence[UUID]) -> Asked:
    """What `histories_after_snapshots` reads the answer of."""
    which, named = _named(ids)
    bound = {"account": account_id, "topic": snapshots.snapshot_topic(kind), **named}
    return Asked(after_snapshots(which), bound)


def histories_after_snapshots(
    mapper: TypedMapper, kind: type[Aggregate], rows: Iterable[tuple[Any, ...]]
) -> tuple[dict[UUID, History], list[UUID]]:
    """And those whose snapshot has an older shape: the whole stream tells them."""
    found: dict[UUID, History] = {}
    outdated: list[UUID] = []
    event, replayed, number = mapper.event, mapper.replayed, None
    events: list[CanMutateAggregate[UUID]] = []
    for *row, created_on in rows:  # a stream's are together, its snapshot first
        if row[0].int != number:
            snapshot = None if created_on is None else snapshots.restore(kind, row, created_on)
            if created_on is not None and snapshot is None:
                outdated.append(row[0])
            number, events = row[0].int, []
            found[row[0]] = History(snapshot, events)
        if created_on is None:
            events.append(event(*row) if row[6] is None else replayed(*row))
    return found, outdated
