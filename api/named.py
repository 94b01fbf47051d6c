"""What a write names, known before anything is asked: mostly it is loaded next."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from api.body import read_json
from api.errors import Refused
from domain.shared.identifiers import MalformedId, uuid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from store.kin import Kin

_SHORT = frozenset({"adr", "cn", "cus", "inv", "org", "pay", "plan", "pm", "prod", "ref"})
"""Kinds of short histories; the others are loaded from snapshots."""
_MOST = 5


class Sent:
    """A request's body, read when it is first asked for, and the ids in it and in the address.

    `kin` goes with what the address names.
    """

    def __init__(self, request: Any, path: Mapping[str, str], kin: Kin | None = None) -> None:
        self._request = request
        self._path = path
        self._kin = kin

    @property
    def body(self) -> dict[str, Any]:
        """Raises Refused 400, 413 or 415."""
        if isinstance(self._read, Refused):
            raise self._read
        return self._read

    def ids(self) -> list[UUID]:
        body = {} if isinstance(self._read, Refused) else self._read
        return list(dict.fromkeys(_ids([*self._path.values(), *body.values()])))[:_MOST]

    def kin(self) -> tuple[Kin, str] | None:
        """And the id that it goes with."""
        named = self._path.get("id", "")
        return (self._kin, named) if self._kin is not None and any(_ids([named])) else None

    @cached_property
    def _read(self) -> dict[str, Any] | Refused:
        try:
            return read_json(self._request)
        except Refused as refused:
            return refused


def _ids(values: list[Any]) -> Iterator[UUID]:
    for value in values:
        if isinstance(value, str) and value.partition("_")[0] in _SHORT:
            try:
                yield uuid_of(value)
            except MalformedId:
                continue
