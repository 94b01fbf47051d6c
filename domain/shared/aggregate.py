"""The base of every aggregate: the library's mechanics without its wall clock and random ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing import domain as library

from domain.shared.errors import StaleVersion
from domain.shared.identifiers import typed_id

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_YET_RECORDED = datetime(1, 1, 1, tzinfo=UTC)
"""Stands in an event's `timestamp` until the store gives it its `recorded_at`."""


class Aggregate(library.Aggregate):
    """Facts about one thing, in order. `prefix` is its typed-id prefix at the edge (`sub`)."""

    prefix: str = ""

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

    def require_version(self, version: int | None) -> None:
        """Raises StaleVersion unless `version` is absent or the current one."""
        if version is not None and version != self.version:
            raise StaleVersion(detail=f"version is {self.version}")

    def facts(self) -> Sequence[library.CanMutateAggregate[UUID]]:
        """The events triggered and not yet saved, oldest first."""
        return tuple(self.pending_events)
