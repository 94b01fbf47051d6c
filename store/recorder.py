"""The library's application recorder over one account's log: appends, and its reading interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import psycopg
from eventsourcing.persistence import Notification

from domain.shared.errors import DocumentIssued, NotFound
from domain.shared.recording import (
    NO_CONDITIONS,
    BooksRecorder,
    Claim,
    Conditions,
    Context,
    Head,
    History,
    Recorded,
)
from store import snapshots
from store.append import append
from store.bindings import text_array
from store.refusals import refusal
from store.streams import read_histories, read_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from eventsourcing.persistence import StoredEvent

    from domain.shared.aggregate import Aggregate
    from store.codec import RecordedEvent, TypedMapper
    from store.connections import Connection, Connections

_HEAD = """
    SELECT position, recorded_at, livemode, coalesce(clock, clock_timestamp()), chain
      FROM heads WHERE account_id = %b"""
_NOTIFICATIONS = """
    SELECT position, originator_id, originator_version, topic, state
      FROM stored_events
     WHERE account_id = %b AND position >= %b AND position <= %b
       AND (%b::text[] IS NULL OR topic = ANY (%b::text[]))
     ORDER BY position LIMIT %b"""
_OWNERS = """
    SELECT value, owner FROM claims
     WHERE account_id = %b AND kind = %b AND value = ANY (%b::text[])"""
_CLAIMANTS = """
    SELECT owner FROM claims WHERE account_id = %b AND kind = %b ORDER BY value LIMIT %b"""
_HOLD = "SELECT position FROM heads WHERE account_id = %b FOR UPDATE"
_DOCUMENTED = "SELECT series FROM document_series WHERE account_id = %b LIMIT 1"
_HAS_BESIDES = """
    SELECT EXISTS (SELECT FROM stored_events
                    WHERE account_id = %b AND split_part(topic, '.', 1) <> ALL (%b::text[]))"""
_CLAIMS_IN = """
    SELECT kind, value, owner FROM claims
     WHERE account_id = %b AND kind = ANY (%b::text[]) ORDER BY kind, value"""
_LAST_POSITION = 2**63 - 1


class AccountRecorder(BooksRecorder):
    """Cheap to construct: it holds no connection between calls."""

    def __init__(
        self,
        account_id: UUID,
        connections: Connections,
        mapper: TypedMapper,
        new_id: Callable[[], UUID],
        turn: AbstractContextManager[None],
    ) -> None:
        self.account_id = account_id
        self._connections = connections
        self._mapper = mapper
        self._new_id = new_id
        self._turn = turn

    def append(
        self, events: Sequence[StoredEvent], by: Context, given: Conditions = NO_CONDITIONS
    ) -> Recorded:
        conditions = None if given is NO_CONDITIONS else given
        try:
            with self._turn, self._connections.connection() as connection:
                if given.undocumented:
                    return self._append_undocumented(connection, events, by, given)
                return append(connection, self.account_id, events, self._new_id(), by, conditions)
        except psycopg.Error as error:
            refused = refusal(error)
            if refused is None:
                raise
            raise refused from None

    def _append_undocumented(
        self, connection: Connection, events: Sequence[StoredEvent], by: Context, given: Conditions
    ) -> Recorded:
        """The head is held from the look at the documents to the commit."""
        with connection.transaction():
            connection.execute(_HOLD, [self.account_id])
            if connection.execute(_DOCUMENTED, [self.account_id]).fetchone():
                raise DocumentIssued
            return append(connection, self.account_id, events, self._new_id(), by, given)

    def histories(
        self, kind: type[Aggregate], ids: Sequence[UUID], until: int | None = None
    ) -> dict[UUID, History]:
        with self._connections.connection() as connection:
            return read_histories(connection, self._mapper, self.account_id, kind, ids, until)

    def claim_owners(self, kind: str, values: Sequence[str]) -> dict[str, UUID]:
        with self._connections.connection() as connection:
            rows = connection.execute(
                _OWNERS, (self.account_id, kind, text_array(values)), prepare=True, binary=True
            ).fetchall()
        return dict(rows)

    def claimants(self, kind: str, limit: int) -> list[UUID]:
        with self._connections.connection() as connection:
            rows = connection.execute(
                _CLAIMANTS, (self.account_id, kind, limit), prepare=True, binary=True
            ).fetchall()
        return [owner for (owner,) in rows]

    def has_besides(self, nouns: Sequence[str]) -> bool:
        arguments = (self.account_id, text_array(nouns))
        with self._connections.connection() as connection:
            (found,) = connection.execute(_HAS_BESIDES, arguments, binary=True).fetchall()
        return bool(found[0])

    def claims_in(self, kinds: Sequence[str]) -> list[Claim]:
        with self._connections.connection() as connection:
            rows = connection.execute(
                _CLAIMS_IN, (self.account_id, text_array(kinds)), prepare=True, binary=True
            ).fetchall()
        return [Claim._make(row) for row in rows]

    def snapshot(self, aggregate: Aggregate) -> snapshots.Snapshot:
        return snapshots.take(aggregate)

    def keep_snapshots(self, taken: Sequence[snapshots.Snapshot]) -> None:
        snapshots.keep(self._connections, self.account_id, taken)

    def head(self) -> Head:
        with self._connections.connection() as connection:
            row = connection.execute(_HEAD, [self.account_id], prepare=True, binary=True).fetchone()
        if row is None:
            raise NotFound(detail="there is no such account")
        return Head._make(row)

    # The library's interface.

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Needs `by=Context(…)`; takes `given=Conditions(…)`."""
        recorded = self.append(stored_events, kwargs["by"], kwargs.get("given", NO_CONDITIONS))
        return range(recorded.first_position, recorded.last_position + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        with self._connections.connection() as connection:
            return read_stream(
                connection,
                self.account_id,
                cast("UUID", originator_id),
                gt or 0,
                lte,
                desc=desc,
                limit=limit,
            )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        first = (start or 0) + (0 if inclusive_of_start else 1)
        last = _LAST_POSITION if stop is None else stop
        wanted = text_array(topics) if topics else None
        with self._connections.connection() as connection:
            rows = connection.execute(
                _NOTIFICATIONS,
                (self.account_id, first, last, wanted, wanted, limit),
                prepare=True,
                binary=True,
            ).fetchall()
        return [
            Notification(
                id=position, originator_id=id_, originator_version=version, topic=topic, state=state
            )
            for position, id_, version, topic, state in rows
        ]

    def max_notification_id(self) -> int | None:
        return self.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        raise NotImplementedError("projections poll heads; nothing listens")
