"""What was read before it is asked for: handed out once, until something is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.aggregate import Aggregate
from domain.shared.identifiers import MalformedId, uuid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from domain.shared.recording import History


class Foreseen:
    """Histories of aggregates, None for one that is known not to be there; and the time."""

    def __init__(self) -> None:
        self._histories: dict[UUID, History | None] = {}
        self._now: datetime | None = None

    def wanting(
        self, refs: Iterable[str | UUID | None], known: Mapping[UUID, type[Aggregate]]
    ) -> dict[UUID, type[Aggregate]]:
        """What is to be read of those, by its kind where that is `known`."""
        ids = [found for ref in refs if (found := _id_in(ref)) is not None]
        kinds: dict[UUID, type[Aggregate]] = dict.fromkeys(ids, Aggregate)
        kinds |= known
        return {each: kind for each, kind in kinds.items() if each not in self._histories}

    def add(self, histories: Mapping[UUID, History | None], now: datetime | None = None) -> None:
        self._histories |= histories
        self._now = now or self._now

    def take(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        """The aggregates of those ids that were foreseen."""
        held = self._histories
        found = {each: held.pop(each) for each in ids if each in held} if held else {}
        return {each: history and replay(history) for each, history in found.items()}

    def take_now(self) -> datetime | None:
        now, self._now = self._now, None
        return now


def replay(history: History) -> Any:
    """The aggregate a history amounts to."""
    aggregate: Any = history.snapshot
    for event in history.events:
        aggregate = event.mutate(aggregate)
    return aggregate


def _id_in(ref: str | UUID | None) -> UUID | None:
    if not isinstance(ref, str):
        return ref
    try:
        return uuid_of(ref)
    except MalformedId:
        return None
