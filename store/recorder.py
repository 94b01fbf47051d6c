"""The library's application recorder over one account's log: appends, and its reading interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import psycopg

from domain.shared.errors import AnotherKey, Conflict
from domain.shared.recording import (
    NO_CONDITIONS,
    BooksRecorder,
    Conditions,
    Context,
)
from store import claims, log, snapshots
from store.ahead import look_further
from store.append import Appending
from store.append_steps import in_steps
from store.behind import append_alone, append_with
from store.heads import Heads
from store.personal_keys import Keyring
from store.refusals import refusal
from store.streams import read_histories, read_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from uuid import UUID

    from eventsourcing.persistence import Notification, StoredEvent

    from domain.shared.aggregate import Aggregate
    from domain.shared.recording import Claim, Head, History, Recorded
    from store.api_keys import Admission
    from store.behind import Behind
    from store.codec import RecordedEvent, TypedMapper
    from store.connections import Connections
    from store.personal_keys import Sealed

_SEALED_ANEW = 3
"""Times that an append is tried where another made the first key of the same name meanwhile."""


class AccountRecorder(BooksRecorder):
    """Cheap to construct: it holds no connection between calls.

    `behind` is told of each append before it happens, see `store.behind`. Nothing is appended for
    whoever is not admitted: that raises `api_keys.Changed`.
    """

    behind: Behind | None = None
    admission: Admission | None = None

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
        self._keys = Keyring(account_id, connections)
        self._heads = Heads(account_id, connections)

    def append(
        self, events: Sequence[StoredEvent], by: Context, given: Conditions = NO_CONDITIONS
    ) -> Recorded:
        for _ in range(_SEALED_ANEW):
            sealed = self._keys.sealed(events)
            try:
                recorded = self._append(sealed, by, given)
            except AnotherKey:
                self._keys.forget(sealed)
                continue
            self._keys.took(sealed)
            self._heads.moved(recorded)
            if self.versions is not None:
                for event in events:
                    self.versions[cast("UUID", event.originator_id)] = event.originator_version
            return recorded
        raise Conflict("customer_erased", "personal data was to be kept of somebody erased")

    def _append(self, sealed: Sealed, by: Context, given: Conditions) -> Recorded:
        behind = self.behind
        what = Appending(self.account_id, sealed, self._new_id(), by, given)
        try:
            with self._turn:
                last = not in_steps(given) and (given.concludes or not self.asking)
                asked = behind.asked(sealed.events) if behind is not None and last else None
                if behind is not None and asked is not None:
                    return append_with(behind, asked, self._connections, what, self.admission)
                if self.admission is not None and not self.admission.heard:
                    self.admission.look(self._connections)
                return append_alone(self._connections, what, behind)
        except psycopg.Error as error:
            refused = refusal(error)
            if refused is None:
                raise
            raise refused from None

    def histories(
        self, kind: type[Aggregate], ids: Sequence[UUID], until: int | None = None
    ) -> dict[UUID, History]:
        with self._connections.connection() as connection:
            return read_histories(connection, self._mapper, self.account_id, kind, ids, until)

    def look_ahead(
        self, kinds: Mapping[UUID, type[Aggregate]], keys: Sequence[str]
    ) -> dict[UUID, History]:
        with self._connections.connection() as connection:
            found = look_further(connection, self._mapper, self.account_id, kinds, keys)
        self._keys.learn(keys, found.keys)
        return found.histories

    def claim_owners(self, kind: str, values: Sequence[str]) -> dict[str, UUID]:
        with self._connections.connection() as connection:
            return claims.owners(connection, self.account_id, kind, values)

    def claimants(self, kind: str, limit: int) -> list[UUID]:
        with self._connections.connection() as connection:
            return claims.claimants(connection, self.account_id, kind, limit)

    def claims_in(self, kinds: Sequence[str]) -> list[Claim]:
        with self._connections.connection() as connection:
            return claims.of_kinds(connection, self.account_id, kinds)

    def has_besides(self, nouns: Sequence[str]) -> bool:
        with self._connections.connection() as connection:
            return log.has_besides(connection, self.account_id, nouns)

    def snapshot(self, aggregate: Aggregate) -> snapshots.Snapshot:
        return snapshots.take(aggregate)

    def keep_snapshots(self, taken: Sequence[snapshots.Snapshot]) -> None:
        asked = snapshots.keeping(self.account_id, taken)
        if self.behind is None or not self.behind.takes_along(asked):
            snapshots.keep(self._connections, asked)

    def head(self) -> Head:
        return self._heads.read()

    def heard(self, head: Head) -> None:
        self._heads.heard(head)

    def now(self) -> datetime:
        return self._heads.now()

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
        with self._connections.connection() as connection:
            return log.notifications(connection, self.account_id, first, stop, topics, limit)

    def max_notification_id(self) -> int | None:
        return self.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        raise NotImplementedError("projections poll heads; nothing listens")
