"""Events to stored events and back: the library's mapper with typed JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
)
from eventsourcing.utils import TopicError, resolve_topic

from store.boxes import Whose
from store.event_codec import EventCodec
from store.new_events import new_event

if TYPE_CHECKING:
    from datetime import datetime

    from eventsourcing.domain import CanMutateAggregate, DomainEventProtocol

    from domain.shared.aggregate import Aggregate
    from store.new_events import NewEvent


@dataclass(frozen=True)
class RecordedEvent(StoredEvent):
    """An event of the log with what the store gave it, and the key to its box."""

    recorded_at: datetime
    document_number: str | None
    key: bytes | None = None
    account_id: UUID | None = None


class TypedMapper(Mapper[UUID]):
    """The library's mapper with typed JSON; one serves all accounts."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._by_class: dict[type[Any], EventCodec] = {}
        self._by_topic: dict[str, EventCodec] = {}

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> NewEvent:
        """All of it plainly: what belongs to nobody in particular."""
        codec = self._by_class.get(type(domain_event)) or self.codec_of(type(domain_event))
        return new_event(codec, domain_event, codec.encode(domain_event))

    def stored(self, aggregate: Aggregate) -> list[StoredEvent]:
        """An aggregate's pending events, with what is personal apart."""
        events: list[StoredEvent] = []
        for event in aggregate.pending_events:
            codec = self._by_class.get(type(event)) or self.codec_of(type(event))
            if codec.private and aggregate.PERSONAL_OF is not None:
                encoded = codec.encode_apart(event)
                events.append(new_event(codec, event, encoded, aggregate))
            else:
                events.append(new_event(codec, event, codec.encode(event)))
        return events

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
            stored_event.key,
            stored_event.account_id,
        )

    def event(
        self,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        recorded_at: datetime,
        document_number: str | None,
        key: bytes | None = None,
        account_id: UUID | None = None,
    ) -> CanMutateAggregate[UUID]:
        """The event of one row of the log; without the key, what is in its box is blank."""
        codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        try:
            if key is None or account_id is None:
                values = codec.decode(state)
            else:
                whose = Whose(account_id, originator_id, originator_version, topic)
                values = codec.decode(state, key, whose)
        except Exception as error:
            raise MapperDeserialisationError(
                f"{topic} {originator_id} version {originator_version}: {error}"
            ) from error
        return codec.event(values, originator_id, originator_version, recorded_at, document_number)

    def series_of(self, topic: str, state: bytes) -> str | None:
        """The series an event takes its document number from, if it takes one."""
        codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        return codec.decode(state)[codec.series_field] if codec.series_field else None

    def replayed(
        self, originator_id: UUID, originator_version: int, topic: str, state: bytes, *rest: Any
    ) -> CanMutateAggregate[UUID]:
        """The same for a replay: a box of which the aggregate keeps nothing stays closed."""
        codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        seen = rest[:2] if codec.told_only else rest
        return self.event(originator_id, originator_version, topic, state, *seen)

    def plain(
        self,
        account_id: UUID,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        key: bytes | None,
    ) -> dict[str, Any]:
        """An event's fields as JSON tells them; null for what is in a box without its key."""
        try:
            codec = self._by_topic.get(topic) or self._codec_of_topic(topic)
        except TopicError:
            plain: dict[str, Any] = msgspec.json.decode(state)
            return plain
        whose = Whose(account_id, originator_id, originator_version, topic)
        return codec.plain(state, key, whose)

    def codec_of(self, event_class: type[Any]) -> EventCodec:
        codec = self._by_class.get(event_class)
        if codec is None:
            codec = self._by_class[event_class] = EventCodec(event_class)
        return codec

    def _codec_of_topic(self, topic: str) -> EventCodec:
        codec = self._by_topic[topic] = self.codec_of(resolve_topic(topic))
        return codec
