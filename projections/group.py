"""Views that are projected together: under one lease, at one position, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from projections import arrays
from projections.view import ResourceView, ref_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eventsourcing.persistence import StoredEvent

    from projections.envelope import Envelope
    from projections.table import Table, Work
    from projections.view import View


class Group:
    """Only events whose topic one of its views asks for are decoded. `blind` are topics of whose
    personal data none of them shows anything: it stays sealed.
    """

    def __init__(
        self,
        name: str,
        views: Sequence[View],
        blind: frozenset[str] = frozenset(),
        *,
        shown_by_writers: bool = False,
    ) -> None:
        self.name = name
        self.blind = blind
        self.shown_by_writers = shown_by_writers
        self.views = tuple(views)
        self.topics = sorted(frozenset[str]().union(*(view.topics for view in views)))
        self.wanted = arrays.array_of(arrays.TEXT, self.topics)
        self.tables: tuple[Table[Any], ...] = tuple(
            table for view in views for table in view.tables
        )
        self._kept_by = {
            topic: view for view in views if isinstance(view, ResourceView) for topic in view.topics
        }
        self._places = {
            topic: tuple(at for at, view in enumerate(views) if topic in view.topics)
            for topic in self.topics
        }

    def shows(self, topic: str) -> bool:
        """Whether one of its views asks for such events."""
        return topic in self._places

    def changed(self, events: Iterable[StoredEvent]) -> list[tuple[Table[Any], str]]:
        """The rows, by their keys, that these change: of aggregates that were there before."""
        begun, keys = set(), {}
        for event in events:
            view, identity = self._kept_by.get(event.topic), event.originator_id
            if event.originator_version == 1:
                begun.add(identity)
            elif view is not None and identity not in begun:
                keys[identity] = view.table, ref_of(view.aggregate, identity)
        return list(keys.values())

    def fold(self, work: Work, events: Sequence[Envelope]) -> None:
        """Give each view its events, in the order of the log."""
        shares: list[list[Envelope]] = [[] for _ in self.views]
        for envelope in events:
            for at in self._places[envelope.topic]:
                shares[at].append(envelope)
        for view, share in zip(self.views, shares, strict=True):
            if share:
                view.fold(work, share)
