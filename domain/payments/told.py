"""Texts as somebody outside told them, made fit to be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class Told:
    """What a gateway told. Its `TEXTS` are cleaned and cut to their length when it is made, whoever
    made it: nobody holds a gateway to our rules, and no database takes a null character."""

    __slots__ = ()
    TEXTS: ClassVar[Mapping[str, int]] = {}

    def __post_init__(self) -> None:
        for name, longest in self.TEXTS.items():
            value: object = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, cleaned(value, longest))


def cleaned(value: object, longest: int) -> str:
    """Without null characters, and with ? for halves of characters."""
    return str(value).replace("\x00", "").encode(errors="replace").decode()[:longest]
