"""The typed JSON of one event class."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import msgspec
from eventsourcing.utils import get_topic, resolve_topic

from store.boxes import BOXED, Whose, opened, unboxed
from store.private_fields import PrivateFields
from store.shapes import default_of, holds_instant, reader, typed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from eventsourcing.domain import CanMutateAggregate

NOT_STATE = {"originator_id", "originator_version", "timestamp", "originator_topic", "number"}
"""What the store keeps in columns of its own, or the topic tells."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""In JSON; not where a backslash that is itself a character stands before `u0000`."""

_encode = msgspec.json.Encoder().encode
_new = object.__new__
_set = object.__setattr__


class Encoded(NamedTuple):
    """`state` is what anybody may read, `private` what has to be sealed, if there is anything.

    `read` are the event's own fields as both of them are read back.
    """

    state: bytes
    private: bytes | None
    read: dict[str, Any]


class EventCodec:
    """State is the event's own fields, nothing else; those that are personal in a box.

    Fields added later need a default: old events get it when they are read. Events from before
    there were boxes hold everything plainly.
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
        self._private = PrivateFields(event_class, self.topic)
        self.private = self._private.any
        self.told_only: bool = getattr(event_class, "TOLD_ONLY", False)
        self._decode = reader(types, total=False).decode
        self._fields = own
        self._size = len(own)
        self._instants = [name for name, hint in types.items() if holds_instant(hint)]
        self._columns = tuple(columns)
        self.numbered = "number" in columns
        self.originator_topic = (
            _aggregate_topic(self.topic) if "originator_topic" in columns else None
        )

    def encode(self, event: Any) -> Encoded:
        """All of it plainly. Refuses a value that would not read back as it is: it would poison
        the log."""
        return self._encoded(self._own(event))

    def encode_apart(self, event: Any) -> Encoded:
        """The same, with what is personal apart."""
        own = self._own(event)
        shown, private = self._private.split(own)
        if not private:
            return self._encoded(own)
        state, sealed = self._versioned(shown), self._storable(private)
        read: dict[str, Any] = self._decode(state)
        self._private.join(read, self._decode(sealed))
        for name, value in self._private.plain.items():
            read.setdefault(name, value)
        if read != own:
            raise TypeError(f"{self.topic}: {own!r} is not what its annotations say")
        return Encoded(state, sealed, read)

    def _own(self, event: Any) -> dict[str, Any]:
        own: dict[str, Any] = event.__dict__.copy()
        for name in self._columns:
            del own[name]
        for name in self._instants:
            if own[name] is not None and own[name].tzinfo is not UTC:
                own[name] = _in_utc(own[name])
        return own

    def _encoded(self, own: dict[str, Any]) -> Encoded:
        state = self._versioned(own)
        read: dict[str, Any] = self._decode(state)
        if read != own:
            raise TypeError(f"{self.topic}: {own!r} is not what its annotations say")
        return Encoded(state, None, read)

    def _versioned(self, own: dict[str, Any]) -> bytes:
        if self.class_version > 1:
            return self._storable({**own, "class_version": self.class_version})
        return self._storable(own)

    def _storable(self, own: dict[str, Any]) -> bytes:
        """Raises ValueError for a null character: no view could show it, so all would stand still
        at this event for ever."""
        state = _encode(own)
        if b"u0000" in state and _NUL.search(state):
            raise ValueError(f"{self.topic}: a text with a null character")
        return state

    def decode(
        self, state: bytes, key: bytes | None = None, whose: Whose | None = None
    ) -> dict[str, Any]:
        """The event's own fields, as its class holds them.

        Without the key, what is in its box is blank. Raises InvalidTag for a box that was changed.
        """
        if self.class_version > 1:
            return self._upcast(self.plain(state, key, whose))
        if not (self.private and state.startswith(BOXED)):
            own: dict[str, Any] = self._decode(state)
        elif key is None or whose is None:
            own = self._decode(unboxed(state)[1])
            self._private.blank(own)
        else:
            box, shown = unboxed(state)
            own = self._decode(shown)
            self._private.join(own, self._decode(opened(box, key, whose)))
        if len(own) != self._size:
            self._fill(own)
        return own

    def plain(self, state: bytes, key: bytes | None, whose: Whose | None) -> dict[str, Any]:
        """As JSON tells it, unchecked; null for what is in a box without its key."""
        if not (self.private and state.startswith(BOXED)):
            whole: dict[str, Any] = msgspec.json.decode(state)
            return whole
        box, shown = unboxed(state)
        raw: dict[str, Any] = msgspec.json.decode(shown)
        if key is None or whose is None:
            return {**dict.fromkeys(self._private.names), **raw}
        self._private.join(raw, msgspec.json.decode(opened(box, key, whose)))
        return raw

    def event(
        self,
        own: dict[str, Any],
        originator_id: UUID,
        originator_version: int,
        recorded_at: datetime | None = None,
        document_number: str | None = None,
    ) -> CanMutateAggregate[UUID]:
        """Of its own fields, which it keeps, and what the store gave it."""
        own["originator_id"] = originator_id
        own["originator_version"] = originator_version
        own["timestamp"] = recorded_at
        if self.originator_topic is not None:
            own["originator_topic"] = self.originator_topic
        if self.numbered:
            own["number"] = document_number
        event: CanMutateAggregate[UUID] = _new(self.event_class)
        _set(event, "__dict__", own)
        return event

    def _upcast(self, raw: dict[str, Any]) -> dict[str, Any]:
        for version in range(raw.pop("class_version", 1), self.class_version):
            getattr(self.event_class, f"upcast_v{version}_v{version + 1}")(raw)
        own: dict[str, Any] = self._decode(_encode(raw))
        self._fill(own)
        return own

    def _fill(self, own: dict[str, Any]) -> None:
        for field in self._fields:
            if field.name not in own:
                own[field.name] = default_of(field)


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise TypeError(f"{instant!r} names no zone")
    return instant.astimezone(UTC)


def _aggregate_topic(event_topic: str) -> str:
    aggregate_topic = event_topic.rpartition(".")[0]
    resolve_topic(aggregate_topic)
    return aggregate_topic
