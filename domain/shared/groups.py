"""Bulk work: groups of aggregates that share an append and are refused one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.shared.errors import ConcurrentChange
from domain.shared.recording import NO_CONDITIONS, Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from domain.shared.aggregate import Aggregate
    from domain.shared.errors import DomainError

AGGREGATES_AN_APPEND = 500
"""Bulk work holds the account's head no longer than this many aggregates take."""


class Group(NamedTuple):
    """Aggregates of bulk work that are recorded together or not at all."""

    aggregates: Sequence[Aggregate]
    given: Conditions = NO_CONDITIONS


class Lost(NamedTuple):
    """A group that was refused; its aggregates have to be loaded again."""

    group: Group
    error: DomainError


def joined(groups: Iterable[Group]) -> list[Group]:
    """Those that change the same thing, as one customer's credit, are recorded together or not at
    all: each was decided by what the one before it left."""
    by_thing: dict[int, int] = {}
    found: list[Group] = []
    for group in groups:
        places = {by_thing[id(each)] for each in group.aggregates if id(each) in by_thing}
        if places:
            whole = [found[place] for place in sorted(places)] + [group]
            things = {id(each): each for part in whole for each in part.aggregates}
            merged = Group(list(things.values()), conditions_of_all([part.given for part in whole]))
            for place in places:
                found[place] = Group([])
            group = merged  # noqa: PLW2901 - it stands for all of them
        for each in group.aggregates:
            by_thing[id(each)] = len(found)
        found.append(group)
    return [group for group in found if group.aggregates]


def batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """As many groups as one append takes; asks for the next only when the last is done with."""
    batch: list[Group] = []
    size = 0
    for group in groups:
        if batch and size + len(group.aggregates) > AGGREGATES_AN_APPEND:
            yield batch
            batch, size = [], 0
        batch.append(group)
        size += len(group.aggregates)
    if batch:
        yield batch


def refuse_entangled(groups: Sequence[Group]) -> None:
    """Each group decided without the others: none may change what another's decision rests on."""
    if not any(given.guards or given.forbidden_claims for _, given in groups):
        return
    writers = {
        each.id: at
        for at, group in enumerate(groups)
        for each in group.aggregates
        if each.pending_events
    }
    claimers = {(claim.kind, at) for at, group in enumerate(groups) for claim in group.given.claims}
    for at, (_, given) in enumerate(groups):
        guarded = any(writers.get(guard.aggregate_id, at) != at for guard in given.guards)
        forbidden = given.forbidden_claims and any(
            kind in given.forbidden_claims and claimer != at for kind, claimer in claimers
        )
        if guarded or forbidden:
            raise ConcurrentChange(detail="groups of one append rest on each other")


def conditions_of_all(conditions: Sequence[Conditions]) -> Conditions:
    """The conditions of many groups as those of one append."""
    special = [each for each in conditions if each is not NO_CONDITIONS]
    if not special:
        return NO_CONDITIONS
    if len(conditions) == 1:
        return conditions[0]
    if any(each.key or each.completes_key or each.clock for each in special):
        raise ValueError("a request's key or the clock belongs to an append of its own")
    return Conditions(
        claims=[claim for each in special for claim in each.claims],
        releases=[claim for each in special for claim in each.releases],
        forbidden_claims=sorted({kind for each in special for kind in each.forbidden_claims}),
        guards=list(dict.fromkeys(guard for each in special for guard in each.guards)),
    )
