"""How a fact is made and applied: the library's events, without its per-call introspection.

A mutator's parameters are the fields it needs. Calling it records the whole fact, so the call
names every field of the event that has no default; on replay the mutator runs again.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from inspect import signature
from operator import itemgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any

from eventsourcing import domain as library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

_new = object.__new__
_set = object.__setattr__


class Shape:
    """The fields of one event class, read once."""

    def __init__(self, event_class: type[Any]) -> None:
        own = fields(event_class)
        self.event_class = event_class
        self.names = frozenset(field.name for field in own)
        self._defaults = {f.name: f.default for f in own if f.default is not MISSING}
        self._factories = [
            (f.name, f.default_factory) for f in own if f.default_factory is not MISSING
        ]

    def make(self, given: dict[str, Any], header: dict[str, Any]) -> Any:
        """The event. Raises TypeError for a field that is missing or unknown."""
        values = {**self._defaults, **given, **header}
        for name, factory in self._factories:
            if name not in given:
                values[name] = factory()
        if values.keys() != self.names:
            missing = sorted(self.names - values.keys())
            unknown = sorted(values.keys() - self.names)
            name = self.event_class.__qualname__
            raise TypeError(f"{name}: missing {missing}, unknown {unknown}")
        made = _new(self.event_class)
        _set(made, "__dict__", values)
        return made

    def needed_by(self, function: Callable[..., Any]) -> tuple[str, ...]:
        """The fields that the function's parameters name."""
        return tuple(name for name in signature(function).parameters if name in self.names)


_shapes: dict[type[Any], Shape] = {}
_recorded: dict[Callable[..., None], tuple[str, Callable[..., None]]] = {}
"""Each recording method to the name of its event and its mutator."""

_beginnings: dict[tuple[type[Any], type[Any]], tuple[str, ...]] = {}


def shape_of(event_class: type[Any]) -> Shape:
    shape = _shapes.get(event_class)
    if shape is None:
        shape = _shapes[event_class] = Shape(event_class)
    return shape


def event(
    event_class: type[library.CanMutateAggregate[UUID]],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The library's decorator, as it is called here: with the fields of the fact, by name."""
    decorate: Any = library.event(event_class)
    return decorate  # type: ignore[no-any-return]


def command_of(decorator: library.CommandMethodDecorator) -> Callable[..., None]:
    """The method that records the decorated mutator's event and applies it."""
    return _recorder(library.decorated_func_callers[decorator], decorator.decorated_func)


def _recorder(event_class: Any, mutator: Callable[..., None]) -> Callable[..., None]:
    shape = shape_of(event_class)
    needed = shape.needed_by(mutator)
    taken = _taking(needed)

    def apply(fact: Any, aggregate: Any) -> None:
        mutator(aggregate, *taken(fact.__dict__))

    def record(aggregate: Any, *args: Any, **given: Any) -> None:
        if args:
            given.update(zip(needed, args, strict=False))
        fact = shape.make(given, aggregate.next_header())
        fact.mutate(aggregate)
        aggregate.pending_events.append(fact)

    event_class.apply = apply
    _recorded[record] = (event_class.__name__, mutator)
    return record


def _taking(names: tuple[str, ...]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    """Takes the values of these names, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def commands_in(attributes: Iterable[tuple[str, object]]) -> dict[str, Callable[..., None]]:
    """A class's `@event` methods, by name."""
    return {
        name: command_of(attribute)
        for name, attribute in attributes
        if isinstance(attribute, library.CommandMethodDecorator) and name != "__init__"
    }


def commands_of_parts(kind: type[Any]) -> dict[str, Callable[..., None]]:
    """The `@event` methods of the parts an aggregate is put together from.

    The library gives the whole its own class of each part's event; that is what is recorded.
    """
    own = vars(kind)
    return {
        name: _recorder(own[_recorded[command][0]], _recorded[command][1])
        for part in reversed(kind.__mro__[1:])
        for name, command in vars(part).items()
        if name not in own and isinstance(command, FunctionType) and command in _recorded
    }


def needed_to_begin(kind: type[Any], event_class: type[Any]) -> tuple[str, ...]:
    """The fields of a creation event that the aggregate's `__init__` names."""
    needed = _beginnings.get((kind, event_class))
    if needed is None:
        needed = shape_of(event_class).needed_by(kind.__init__)
        _beginnings[kind, event_class] = needed
    return needed
