"""Aggregates kept between uses, so that bulk work does not load them again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from domain.shared.aggregate import Aggregate


class Kept:
    """Those used last, up to `size`; for one thread. By the ids' numbers, which hash faster."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._aggregates: OrderedDict[int, Aggregate] = OrderedDict()

    def get(self, aggregate_id: UUID) -> Aggregate | None:
        """None too for one that decided what it never recorded: it is no longer what is stored."""
        number = aggregate_id.int
        known = self._aggregates.get(number)
        if known is None or known.pending_events:
            return None
        self._aggregates.move_to_end(number)
        return known

    def put(self, aggregate: Aggregate) -> None:
        number = aggregate.id.int
        self._aggregates[number] = aggregate
        self._aggregates.move_to_end(number)
        if len(self._aggregates) > self._size:
            self._aggregates.popitem(last=False)

    def forget(self, aggregates: Iterable[Aggregate]) -> None:
        for each in aggregates:
            self._aggregates.pop(each.id.int, None)
