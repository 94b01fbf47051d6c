"""Files made while they are sent: one snapshot, open until the last piece or the caller's end."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING

from api.reading import LONGEST_WAIT_MS
from api.views import Download
from projections.downloads import Desk
from projections.groups import RESOURCES
from projections.reading import reading, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.call import Call
    from projections.downloads import File
    from projections.group import Group

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def desk(call: Call) -> Desk:
    """Whose files are asked for, and by what clock."""
    zone, now = call.account.timezone, call.books.now()
    return Desk(call.services.connections, call.account_id, zone, now)


def follow(call: Call, group: Group) -> None:
    """The books come up to where the log is now, or as far as they get in half a second."""
    if group is not RESOURCES:
        wait_for(call.services.connections, call.account_id, group, None, LONGEST_WAIT_MS)


def streamed(call: Call, file: File, form: str) -> Download:
    """The first piece is made at once, so that what cannot be read is told as a problem."""
    follow(call, file.group)
    opened = ExitStack()
    try:
        now = opened.enter_context(reading(call.services.connections, call.account_id, file.group))
        pieces = iter(file.write(now, form))
        first = next(pieces, b"")
    except BaseException:
        opened.close()
        raise
    sent = _Pieces(chain([first], pieces), opened)
    return Download(CONTENT_TYPES[form], f"{file.name}.{form}", sent, now.position, now.head)


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
