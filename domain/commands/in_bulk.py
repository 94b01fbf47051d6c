"""Many of the same command at once: each is accepted or refused by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from domain.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from domain.application import Books, Group
    from domain.commands.act import Act

N = TypeVar("N")
T = TypeVar("T")


class Refused(NamedTuple):
    """Which of the many, by its place, and why."""

    place: int
    error: DomainError


def decide_each(new: Sequence[N], decide: Callable[[N], T]) -> tuple[dict[int, T], list[Refused]]:
    """What was decided by place, and what was refused."""
    decided, refused = {}, []
    for index, each in enumerate(new):
        try:
            decided[index] = decide(each)
        except DomainError as error:
            refused.append(Refused(index, error))
    return decided, refused


def record_each(books: Books, groups: Mapping[int, Group], act: Act) -> list[Refused]:
    """Record groups by place in appends of many; what was refused, by place."""
    places = {id(group): index for index, group in groups.items()}
    lost = books.record_in_bulk(groups.values(), by=act.by)
    return [Refused(places[id(loss.group)], loss.error) for loss in lost]
