"""A client that costs next to nothing: it shares the machine with the server that it measures.

The standard library's spends a third of a millisecond on a request, half of what the least answer
of the server takes.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


class Answer(NamedTuple):
    status: int
    body: bytes


class Wire:
    """One kept connection to a server that tells the length of each answer, as ours does."""

    def __init__(self, port: int, timeout: float = 60) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises ConnectionError where the server hangs up."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._socket.sendall("\r\n".join(lines).encode() + _END + body)
        return self._answer()

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> Answer:
        read = b""
        while _END not in read:
            read += self._more()
        head, _, body = read.partition(_END)
        _, _, length = head.lower().partition(_LENGTH)
        missing = int(length.partition(b"\r\n")[0] or 0) - len(body)
        parts = [body]
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return Answer(int(head[9:12]), b"".join(parts))

    def _more(self) -> bytes:
        read = self._socket.recv(65536)
        if not read:
            raise ConnectionError("the server hung up")
        return read
