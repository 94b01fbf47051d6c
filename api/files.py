"""Files made while they are sent: one snapshot, open until the last piece or the caller's end."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Any

from api.views import Download
from domain.shared.errors import Invalid
from projections.reading import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from api.call import Call
    from projections.group import Group
    from projections.reading import Reading

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PIECE = 1 << 16


def require_format(form: str, *more: str) -> str:
    """Raises Invalid for one that is not known."""
    known = (*CONTENT_TYPES, *more)
    if form not in known:
        raise Invalid.one("format", "not_allowed", f"one of {', '.join(known)}")
    return form


def streamed(
    call: Call, group: Group, name: str, form: str, write: Callable[[Reading], Iterable[bytes]]
) -> Download:
    """The first piece is made at once, so that what cannot be read is told as a problem."""
    opened = ExitStack()
    try:
        now = opened.enter_context(reading(call.services.connections, call.account_id, group))
        pieces = iter(write(now))
        first = next(pieces, b"")
    except BaseException:
        opened.close()
        raise
    sent = _Pieces(chain([first], pieces), opened)
    return Download(CONTENT_TYPES[form], f"{name}.{form}", sent, now.position, now.head)


class _Pieces:
    """What WSGI sends and, whatever happens meanwhile, closes."""

    def __init__(self, pieces: Iterator[bytes], opened: ExitStack) -> None:
        self._pieces = pieces
        self._opened = opened

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        self._opened.close()


def of_file(source: Any) -> Iterator[bytes]:
    with source:
        while piece := source.read(_PIECE):
            yield piece
