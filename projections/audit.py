"""What an event changed: its resource as it was shown before and after, field by field.

One mechanism for every resource: its own fold, run again up to the event, so that what the audit
shows is what the API showed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.shared.identifiers import uuid_of
from projections import log
from projections.groups import RESOURCES
from projections.resource import rendered
from projections.resources import BY_NAME
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from projections.envelope import Envelope
    from projections.reading import Reading
    from projections.resource import Resource

Shown = dict[str, Any]
Changes = dict[str, dict[str, Any]]
_OF_EVERY_CHANGE = frozenset({"id", "object", "created_at", "updated_at", "version", "livemode"})


def _kinds() -> dict[str, Resource[Any]]:
    """By the prefix of its ids; a resource that is a part of another aggregate has no history."""
    shown = {resource.view.aggregate.prefix: resource for resource in BY_NAME.values()}
    return {
        prefix: resource
        for prefix, resource in shown.items()
        if resource.kind == resource.view.aggregate.TOPIC
    }


KINDS = _kinds()


def add_changes(reading: Reading, events: Sequence[Shown]) -> None:
    """Puts `changes` into events as they are listed: {field: {before, after}}."""
    told = changes(reading, [(each["subject"], each["position"]) for each in events])
    for each in events:
        each["changes"] = told.get(each["position"], {})


def changes(reading: Reading, wanted: Iterable[tuple[str, int]]) -> dict[int, Changes]:
    """By position, for events named by subject and position. Those of no resource are left out."""
    subjects = {at: ref for ref, at in wanted if _kind(ref) is not None}
    if not subjects:
        return {}
    memory, told = MemoryWork(reading.account_id), dict[int, Changes]()
    for batch in _steps(_history(reading, subjects), frozenset(subjects)):
        at = batch[-1].position
        ref = subjects.get(at)
        RESOURCES.fold(memory, batch[:-1])
        before = _shown(memory, ref, livemode=reading.livemode)
        RESOURCES.fold(memory, batch[-1:])
        if ref is not None:
            told[at] = difference(before, _shown(memory, ref, livemode=reading.livemode))
    return told


def difference(before: Shown, after: Shown) -> Changes:
    """The fields that are not the same; what was not there before was null."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in dict.fromkeys([*after, *before])
        if name not in _OF_EVERY_CHANGE and before.get(name) != after.get(name)
    }


def _kind(ref: str) -> Resource[Any] | None:
    return KINDS.get(ref.rpartition("_")[0])


def _history(reading: Reading, subjects: dict[int, str]) -> list[Envelope]:
    """Everything that shows in the subjects, up to the last of the events."""
    streams: dict[UUID, None] = {}
    for ref in dict.fromkeys(subjects.values()):
        kind = _kind(ref)
        besides = () if kind is None else kind.streams(reading, ref)
        streams.update((uuid_of(each), None) for each in (ref, *besides))
    found = log.read_streams(reading.cursor, reading.account_id, list(streams), max(subjects))
    return [event for event in found if event.topic in RESOURCES.topics]


def _steps(events: Sequence[Envelope], wanted: frozenset[int]) -> Iterable[list[Envelope]]:
    """Stretches of the log that each end with an event asked about."""
    step: list[Envelope] = []
    for event in events:
        step.append(event)
        if event.position in wanted:
            yield step
            step = []


def _shown(memory: MemoryWork, ref: str | None, *, livemode: bool) -> Shown:
    kind = _kind(ref or "")
    rows = kind.table.load(memory, [ref]) if kind else {}
    if kind is None or ref not in rows:
        return {}
    row = rows[ref]
    (shown,) = rendered(memory, kind, [row], livemode=livemode)
    return {**shown, "deleted": True} if getattr(row, "deleted", False) else shown
