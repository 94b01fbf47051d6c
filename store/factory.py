"""The process's event store on PostgreSQL: what the application asks for recorders and ids."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NoReturn

from domain.shared.recording import Store
from store import ids
from store.ahead import look_ahead
from store.codec import TypedMapper
from store.recorder import AccountRecorder
from store.turns import NoTurns, Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from eventsourcing.persistence import AggregateRecorder, StoredEvent

    from domain.shared.aggregate import Aggregate
    from store.ahead import Ahead
    from store.connections import Connection, Connections
    from store.kin import Kin


class PostgresStore(Store):
    """One for each process. Simulations give it seeded ids."""

    def __init__(self, connections: Connections, new_id: Callable[[], UUID] = ids.new_id) -> None:
        super().__init__({})
        self.connections = connections
        self._mapper = TypedMapper()
        self._new_id = new_id
        self._turns: Turns | NoTurns = Turns()

    def recorder_of(self, account_id: UUID) -> AccountRecorder:
        turn = self._turns.of(account_id)
        return AccountRecorder(account_id, self.connections, self._mapper, self._new_id, turn)

    def within(self, connections: Connections) -> PostgresStore:
        """This store on other connections: those of a transaction.

        From its first append on it holds the account's head. Were it to wait for a turn then, it
        would wait for a thread that waits for the head.
        """
        store = copy(self)
        store.connections = connections
        store._turns = NoTurns()  # noqa: SLF001 - a copy of ourselves
        return store

    def stored(self, aggregate: Aggregate) -> list[StoredEvent]:
        return self._mapper.stored(aggregate)

    def look_ahead(
        self,
        connection: Connection,
        key: str,
        ids: Sequence[UUID],
        kin: tuple[Kin, str] | None = None,
    ) -> Ahead:
        """What a write mostly asks first: see `store.ahead`."""
        return look_ahead(connection, self._mapper, key, ids, kin)

    def new_id(self) -> UUID:
        return self._new_id()

    def mapper(self, *_: Any, **__: Any) -> TypedMapper:  # type: ignore[override]
        return self._mapper

    def close(self) -> None:
        self.connections.close()

    # A log belongs to an account, and views keep their own positions: none of these exist here.

    def application_recorder(self) -> NoReturn:
        raise NotImplementedError("ask recorder_of(account_id)")

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        raise NotImplementedError("snapshots are read with the streams they shorten")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        raise NotImplementedError("projections keep their own positions")

    def process_recorder(self) -> NoReturn:
        raise NotImplementedError("projections keep their own positions")
