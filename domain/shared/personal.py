"""Marks fields that name a person, so that they can be told apart in every stored event."""

from __future__ import annotations

from typing import Annotated, TypeVar, get_type_hints

_T = TypeVar("_T")


class PersonalMark:
    """Found in a field's annotation by `personal_fields`."""


Personal = Annotated[_T, PersonalMark()]


def personal_fields(kind: type) -> frozenset[str]:
    """The names of a class's fields annotated `Personal[...]`."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(
        name
        for name, hint in hints.items()
        if any(isinstance(mark, PersonalMark) for mark in getattr(hint, "__metadata__", ()))
    )
