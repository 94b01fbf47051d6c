"""The types of fields as the decoder wants them, read from annotations."""

from __future__ import annotations

from dataclasses import MISSING, Field
from datetime import datetime
from functools import reduce
from operator import or_
from threading import Lock
from types import UnionType
from typing import Annotated, Any, Literal, TypedDict, Union, get_args, get_origin

import msgspec

_Zoned = Annotated[datetime, msgspec.Meta(tz=True)]
_one_at_a_time = Lock()


def state_type(types: dict[str, Any], *, total: bool) -> Any:
    """A TypedDict made at run time: decoding to it gives the `__dict__` of an object at once."""
    make: Any = TypedDict
    return make("State", types, total=total)


def reader(types: dict[str, Any], *, total: bool) -> msgspec.json.Decoder[dict[str, Any]]:
    """Of such a state. What msgspec knows of a nested dataclass is seen by other threads before it
    is whole, and a reader of half of it takes the process down (0.22.0): one is made at a time.
    """
    with _one_at_a_time:
        return msgspec.json.Decoder(state_type(types, total=total))


def typed(hint: Any) -> Any:
    """The annotation as decoded: instants must name their zone, and nothing is a float.

    Any stands for plain JSON; a value that JSON does not give back as it is is refused.
    """
    if hint is datetime:
        return _Zoned
    if hint is float:
        raise TypeError(f"{hint} has no exact form in the log")
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return typed(inner[0])
    if origin is None or origin is Literal:
        return hint
    if origin in (Union, UnionType):
        return reduce(or_, map(typed, inner))
    return origin[tuple(part if part is Ellipsis else typed(part) for part in inner)]


def holds_instant(hint: Any) -> bool:
    return hint is _Zoned or _Zoned in get_args(hint)


def default_of(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    if field.default is MISSING:
        raise ValueError(f"no {field.name}, and no default for it")
    return field.default
