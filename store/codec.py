"""Events to stored events and back: the library's mapper with typed JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
)
from eventsourcing.utils import resolve_topic

from store.event_codec import EventCodec

if TYPE_CHECKING:
    from datetime import datetime

    from eventsourcing.domain import CanMutateAggregate, DomainEventProtocol

_new = object.__new__
_set = object.__setattr__


@dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event on its way into the log; `series` asks for a document number."""

    series: str | None


@dataclass(frozen=True)
class RecordedEvent(StoredEvent):
    """An event of the log with what the store gave it."""

    recorded_at: datetime
    document_number: str | None


class TypedMapper(Mapper[UUID]):
    """The library's mapper with typed JSON; one serves all accounts."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._by_class: dict[type[Any], EventCodec] = {}
        self._by_topic: dict[str, EventCodec] = {}

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> NewEvent:
        codec = self._by_class.get(type(domain_event)) or self.codec_of(type(domain_event))
        values = domain_event.__dict__
        stored = _new(NewEvent)
        stored.__dict__.update(
            originator_id=values["originator_id"],
            originator_version=values["originator_version"],
            topic=codec.topic,
            state=codec.encode(domain_event),
            series=values[codec.series_field] if codec.series_field else None,
        )
        return stored

    def to_domain_event(self, stored_event: StoredEvent) -> CanMutateAggregate[UUID]:
        if not isinstance(stored_event, RecordedEvent):
            raise TypeError("only what the store has recorded can be read as an event")
        return self.event(
            cast("UUID", stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
            stored_event.recorded_at,
            stored_event.document_number,
        )

    def event(
        self,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        recorded_at: datetime,
        document_number: str | None,
    ) -> CanMutateAggregate[UUID]:
        """The event of one row of the log."""
        codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        try:
            values = codec.decode(state)
        except Exception as error:
            raise MapperDeserialisationError(
                f"{topic} {originator_id} version {originator_version}: {error}"
            ) from error
        values["originator_id"] = originator_id
        values["originator_version"] = originator_version
        values["timestamp"] = recorded_at
        if codec.originator_topic is not None:
            values["originator_topic"] = codec.originator_topic
        if codec.numbered:
            values["number"] = document_number
        event: CanMutateAggregate[UUID] = _new(codec.event_class)
        _set(event, "__dict__", values)
        return event

    def series_of(self, topic: str, state: bytes) -> str | None:
        """The series an event takes its document number from, if it takes one."""
        codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        return codec.decode(state)[codec.series_field] if codec.series_field else None

    def codec_of(self, event_class: type[Any]) -> EventCodec:
        codec = self._by_class.get(event_class)
        if codec is None:
            codec = self._by_class[event_class] = EventCodec(event_class)
        return codec

    def _codec_of_topic(self, topic: str) -> EventCodec:
        codec = self._by_topic[topic] = self.codec_of(resolve_topic(topic))
        return codec
