"""What a writer has just appended: it need not read that back to show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from domain.shared.identifiers import typed_id
from projections.catalogue import PREFIXES
from projections.envelope import Envelope
from store.new_events import just_recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.group import Group
    from store.append import Appended
    from store.new_events import NewEvent


class JustWritten:
    """The appends of one request, in their order."""

    def __init__(self) -> None:
        self._appends: list[Appended] = []

    def __len__(self) -> int:
        """How many events."""
        return sum(len(each.what.sealed.events) for each in self._appends)

    def add(self, appended: Appended) -> None:
        self._appends.append(appended)

    def ends_at(self, position: int) -> bool:
        """Whether they are the last events up to there, with nobody's in between."""
        first, last = self._appends[0].recorded, self._appends[-1].recorded
        return position == last.last_position == first.first_position + len(self) - 1

    def envelopes(self, group: Group) -> list[Envelope]:
        """As the log tells them of the topics that the group shows."""
        return [told for each in self._appends for told in _envelopes(each, group)]


def _envelopes(written: Appended, group: Group) -> list[Envelope]:
    recorded = written.recorded
    first, at, numbers = recorded.first_position, recorded.recorded_at, recorded.numbers
    event_id, by = written.what.first_event_id.int, written.what.by
    events = cast("Sequence[NewEvent]", written.what.sealed.events)
    return [
        Envelope(
            first + place,
            UUID(int=event_id + place),
            new.topic,
            just_recorded(new, at, numbers[place] if numbers else None),
            typed_id(PREFIXES[new.topic], cast("UUID", new.originator_id)),
            new.originator_version,
            by.actor,
            by.reason,
            by.channel,
            at,
            written.wall_at,
        )
        for place, new in enumerate(events)
        if group.shows(new.topic)
    ]
