"""Marks the fields of events that hold personal data."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

T = TypeVar("T")


class _Mark:
    """Stands in the annotation of a personal field."""


_MARK = _Mark()

Personal = Annotated[T, _MARK]
"""`email: Personal[str | None]`: a person's data, kept so that it can be encrypted per person."""


@cache
def personal_fields(event_class: type[Any]) -> frozenset[str]:
    """The names of an event's own fields that are marked personal."""
    hints = get_type_hints(event_class, include_extras=True)
    return frozenset(
        field.name
        for field in fields(event_class)
        if _MARK in getattr(hints[field.name], "__metadata__", ())
    )
