"""Which of an event's fields are personal: taken out before it is stored, put back when read."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from eventsourcing.utils import TopicError, resolve_topic

from domain.shared.changes import Changes
from domain.shared.personal import ERASED, personal_fields
from store.boxes import FIELD
from store.shapes import default_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANGES = "changes"
_NEEDED = object()


class PrivateFields:
    """Of one event class: fields marked `Personal`, and of `Changes` those its aggregate names.

    What is as it would be by default is no secret. An event that says nothing else has no box.
    """

    def __init__(self, event_class: type[Any], topic: str) -> None:
        hints = get_type_hints(event_class, include_extras=True)
        marked = personal_fields(event_class)
        self._changed = _aggregate_of(topic) if hints.get(_CHANGES) == Changes else frozenset[str]()
        self._plain: dict[str, Any] = {}
        self._erased: dict[str, Any] = {}
        for field in fields(event_class):
            if field.name in marked:
                missing = field.default is MISSING and field.default_factory is MISSING
                self._plain[field.name] = _NEEDED if missing else default_of(field)
                self._erased[field.name] = _erased(hints[field.name], self._plain[field.name])
        self.plain = {name: value for name, value in self._plain.items() if value is not _NEEDED}
        self.any = bool(marked or self._changed)
        if self.any and FIELD in hints:
            raise TypeError(f"{topic}: the name {FIELD!r} stands for what is sealed")

    def split(self, own: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What anybody may read, and what is for the box."""
        shown, private = dict(own), {}
        for name, plain in self._plain.items():
            value = shown.pop(name)
            if value != plain:
                private[name] = value
        if self._changed and not self._changed.isdisjoint(own[_CHANGES]):
            named, changed = self._changed, own[_CHANGES].items()
            private[_CHANGES] = {name: value for name, value in changed if name in named}
            shown[_CHANGES] = {name: value for name, value in changed if name not in named}
        return shown, private

    def join(self, own: dict[str, Any], private: Mapping[str, Any]) -> None:
        """Puts back what was in the box."""
        if self._changed and _CHANGES in private:
            private = {_CHANGES: {**own[_CHANGES], **private[_CHANGES]}}
        own.update(private)

    def blank(self, own: dict[str, Any]) -> None:
        """Instead of what was in a box that nobody can open any more."""
        own.update(self._erased)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._plain)


def _aggregate_of(event_topic: str) -> frozenset[str]:
    try:
        aggregate = resolve_topic(event_topic.rpartition(".")[0])
    except TopicError:
        return frozenset()
    named: frozenset[str] = getattr(aggregate, "PERSONAL", frozenset())
    return named


def _erased(hint: Any, plain: Any) -> Any:
    """A default where there is one; a value of a class says itself what stands for it."""
    kinds = [hint, *get_args(hint), *(kind for each in get_args(hint) for kind in get_args(each))]
    for kind in kinds:
        if hasattr(kind, "erased"):
            return kind.erased()
    if plain is not _NEEDED:
        return plain
    if str in kinds:
        return ERASED
    raise TypeError(f"{hint} has no value that stands for what was erased")
