"""Events to JSON and back, typed by their classes' annotations."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypedDict,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
)
from eventsourcing.utils import get_topic, resolve_topic

if TYPE_CHECKING:
    from eventsourcing.domain import CanMutateAggregate, DomainEventProtocol

NOT_STATE = {"originator_id", "originator_version", "timestamp", "originator_topic", "number"}
"""What the store keeps in columns of its own, or the topic tells."""

_Zoned = Annotated[datetime, msgspec.Meta(tz=True)]
_encode = msgspec.json.Encoder().encode
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


class EventCodec:
    """The typed JSON of one event class. State is its own fields, nothing else.

    Fields added later need a default: old events get it when they are read.
    """

    def __init__(self, event_class: type[Any]) -> None:
        own = [field for field in fields(event_class) if field.name not in NOT_STATE]
        hints = get_type_hints(event_class, include_extras=True)
        types = {field.name: typed(hints[field.name]) for field in own}
        columns = {field.name for field in fields(event_class)} & NOT_STATE
        self.event_class = event_class
        self.topic = get_topic(event_class)
        self.series_field: str | None = getattr(event_class, "SERIES_FIELD", None)
        self.class_version: int = getattr(event_class, "class_version", 1)
        self._types: Any = state_type(types, total=False)
        self._decode = msgspec.json.Decoder(self._types).decode
        self._fields = own
        self._size = len(own)
        self._instants = [name for name, hint in types.items() if _holds_instant(hint)]
        self._columns = tuple(columns)
        self.originator_topic = (
            _aggregate_topic(self.topic) if "originator_topic" in columns else None
        )

    def encode(self, event: Any) -> bytes:
        """Refuses a value that would not read back as it is: it would poison the log."""
        own = event.__dict__.copy()
        for name in self._columns:
            del own[name]
        for name in self._instants:
            if own[name] is not None and own[name].tzinfo is not UTC:
                own[name] = _in_utc(own[name])
        if self.class_version > 1:
            state: bytes = _encode({**own, "class_version": self.class_version})
        else:
            state = _encode(own)
        if self._decode(state) != own:
            raise TypeError(f"{self.topic}: {own!r} is not what its annotations say")
        return state

    def decode(self, state: bytes) -> dict[str, Any]:
        """The event's own fields, as its class holds them."""
        if self.class_version > 1:
            return self._upcast(msgspec.json.decode(state))
        own: dict[str, Any] = self._decode(state)
        if len(own) != self._size:
            self._fill(own)
        return own

    def _upcast(self, raw: dict[str, Any]) -> dict[str, Any]:
        for version in range(raw.pop("class_version", 1), self.class_version):
            getattr(self.event_class, f"upcast_v{version}_v{version + 1}")(raw)
        own: dict[str, Any] = msgspec.convert(raw, self._types)
        self._fill(own)
        return own

    def _fill(self, own: dict[str, Any]) -> None:
        for field in self._fields:
            if field.name not in own:
                own[field.name] = _default(field)


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
        if document_number is not None:
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


def state_type(types: dict[str, Any], *, total: bool) -> Any:
    """A TypedDict made at run time: decoding to it gives the `__dict__` of an object at once."""
    make: Any = TypedDict
    return make("State", types, total=total)


def typed(hint: Any) -> Any:
    """The annotation as decoded: instants must name their zone, and nothing is a float.

    Any stands for plain JSON; a value that JSON does not give back as it is is refused.
    """
    if hint is datetime:
        return _Zoned
    if hint is float:
        raise TypeError(f"{hint} has no exact form in the log")
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return typed(inner[0])
    if origin is None or origin is Literal:
        return hint
    if origin in (Union, UnionType):
        return reduce(or_, map(typed, inner))
    return origin[tuple(part if part is Ellipsis else typed(part) for part in inner)]


def _holds_instant(hint: Any) -> bool:
    return hint is _Zoned or _Zoned in get_args(hint)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise TypeError(f"{instant!r} names no zone")
    return instant.astimezone(UTC)


def _aggregate_topic(event_topic: str) -> str:
    aggregate_topic = event_topic.rpartition(".")[0]
    resolve_topic(aggregate_topic)
    return aggregate_topic


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    if field.default is MISSING:
        raise ValueError(f"no {field.name}, and no default for it")
    return field.default
