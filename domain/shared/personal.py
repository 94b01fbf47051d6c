"""Marks on the fields of events: those that name a person, and those that nobody is shown.

What names a person is sealed in the log by a key of its own, and erased by destroying the key.
"""

from __future__ import annotations

from typing import Annotated, TypeVar, get_type_hints

_T = TypeVar("_T")

PROFILE = "profile"
"""The purpose of a key: who somebody is to us."""

PARTY = "party"
"""Whom documents are written to: names and addresses that the law makes us keep longer."""

ERASED = "erased"
"""Stands where a text is needed and the key to it is destroyed."""


class PersonalMark:
    """Found in a field's annotation by `personal_fields`."""


class WithheldMark:
    """Found in a field's annotation by `withheld_fields`."""


Personal = Annotated[_T, PersonalMark()]
Withheld = Annotated[_T, WithheldMark()]
"""Needed to act, and shown to nobody: not on `/events` either."""


def key_name(ref: str, purpose: str) -> str:
    """Of the key that somebody's personal data is sealed by, `cus_01h…/profile`."""
    return f"{ref}/{purpose}"


def personal_fields(kind: type) -> frozenset[str]:
    """The names of a class's fields annotated `Personal[...]`."""
    return _marked(kind, PersonalMark)


def withheld_fields(kind: type) -> frozenset[str]:
    """The names of a class's fields annotated `Withheld[...]`."""
    return _marked(kind, WithheldMark)


def _marked(kind: type, mark: type) -> frozenset[str]:
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(
        name
        for name, hint in hints.items()
        if any(isinstance(each, mark) for each in getattr(hint, "__metadata__", ()))
    )
