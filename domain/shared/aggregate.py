"""The base of every aggregate: library mechanics kept, wall clock and random ids taken out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from eventsourcing import domain as library

from domain.shared.identifiers import typed_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

NOT_YET_RECORDED = datetime(1, 1, 1, tzinfo=UTC)
"""Stands in an event's `timestamp` until the store gives it its `recorded_at`."""


class Aggregate(library.Aggregate):
    """Facts about one thing, in order. `prefix` is its typed-id prefix at the edge (`sub`).

    A kind with long histories declares `SNAPSHOT`, a TypedDict of its attributes; its state is
    then kept each time its version passes a multiple of `SNAPSHOT_EVERY`. When a mutator comes to
    mean something else, raise `SNAPSHOT_VERSION`: older snapshots are no longer loaded.
    """

    TOPIC: ClassVar[str] = ""
    prefix: ClassVar[str] = ""
    SNAPSHOT: ClassVar[type[Any] | None] = None
    SNAPSHOT_EVERY: ClassVar[int] = 20
    SNAPSHOT_VERSION: ClassVar[int] = 1

    class Event(library.Aggregate.Event):
        @staticmethod
        def create_timestamp() -> datetime:
            return NOT_YET_RECORDED

    class Created(Event, library.Aggregate.Created):
        pass

    @staticmethod
    def create_id(*_: Any, **__: Any) -> UUID:
        raise NotImplementedError("ids are given by the command, never drawn by the domain")

    @property
    def ref(self) -> str:
        """The typed text id, `sub_01h…`."""
        return typed_id(self.prefix, self.id)

    def facts(self) -> Sequence[library.CanMutateAggregate[UUID]]:
        """The events triggered and not yet saved, oldest first."""
        return tuple(self.pending_events)

    def recorded(self, at: datetime) -> None:
        """The pending events are stored: takes over their time and forgets them."""
        if self._pending_events[0].originator_version == self.INITIAL_VERSION:
            self._created_on = at
        self._modified_on = at
        self._pending_events.clear()
