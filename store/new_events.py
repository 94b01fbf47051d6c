"""Events on their way into the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import StoredEvent

if TYPE_CHECKING:
    from datetime import datetime

    from domain.shared.aggregate import Aggregate
    from store.event_codec import Encoded, EventCodec

_new = object.__new__


@dataclass(frozen=True)
class NewEvent(StoredEvent):
    """An event on its way into the log; `series` asks for a document number.

    `event` is as it will be read back, but for what the store gives it. `private` is to be sealed
    by the key named; `key_is_new`: there is none of this name yet.
    """

    series: str | None
    event: Any = None
    private: bytes | None = None
    key_name: str | None = None
    key_is_new: bool = False


def just_recorded(new: NewEvent, recorded_at: datetime, document_number: str | None) -> Any:
    """A new event, once it has been appended, as it is read back."""
    given = new.event.__dict__
    given["timestamp"] = recorded_at
    if "number" in given:
        given["number"] = document_number
    return new.event


def boxed(event: NewEvent, state: bytes) -> NewEvent:
    """The same event, with what is private in its state."""
    made = _new(NewEvent)
    made.__dict__.update(event.__dict__, state=state, private=None)
    return made


def new_event(
    codec: EventCodec, event: Any, encoded: Encoded, whose: Aggregate | None = None
) -> NewEvent:
    values = event.__dict__
    identity, version = values["originator_id"], values["originator_version"]
    made = _new(NewEvent)
    made.__dict__.update(
        originator_id=identity,
        originator_version=version,
        topic=codec.topic,
        state=encoded.state,
        series=values[codec.series_field] if codec.series_field else None,
        event=codec.event(encoded.read, identity, version),
    )
    if whose is not None and encoded.private is not None:
        own = whose.PERSONAL_OF is not None and whose.PERSONAL_OF[0] == "ref"
        made.__dict__.update(
            private=encoded.private,
            key_name=whose.personal_key,
            key_is_new=own and whose.pending_events[0].originator_version == 1,
        )
    return made
