"""One POST and its whole answer within a time: no redirect is followed, no proxy asked."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


class Silence(Exception):
    """No answer that could be read came back: it may have been heard all the same."""


def posted(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, largest: int
) -> bytes:
    """Raises Silence, also for an answer of more bytes than the `largest`."""
    where = urlsplit(url)
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    try:
        with closing(kind(where.netloc, timeout=seconds)) as connection:
            connection.connect()
            with _cut_off(connection.sock, seconds):
                connection.request("POST", path, body, dict(headers))
                answer = connection.getresponse()
                read = answer.read(largest + 1)
    except (OSError, HTTPException, ValueError):
        raise Silence from None
    if answer.status != HTTPStatus.OK or len(read) > largest:
        raise Silence
    return read


class _cut_off(Timer):  # noqa: N801 - used as a word of the sentence
    """Ends a connection after a time: a socket's own time-out begins anew with each byte."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        super().__init__(seconds, self._cut, [connection])
        self.daemon = True

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.cancel()

    @staticmethod
    def _cut(connection: socket.socket) -> None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
