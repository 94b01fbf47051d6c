"""An answer's head and body sent at once.

Gunicorn sends the one and then the other. Between the two another thread takes the interpreter, and
the caller, who has the head, waits for the body until that thread waits for the database.
"""

from __future__ import annotations

from typing import Any

from gunicorn.http import wsgi

_COPIED = 65536
"""Octets of a body that are put behind the head; more are sent by themselves."""


class OneSend(wsgi.Response):  # type: ignore[misc]
    """Holds the head of an answer of known length until there is some of its body."""

    sock: Any

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._head = b""

    def send_headers(self) -> None:
        if self.headers_sent or self.response_length is None:
            super().send_headers()
            return
        sending, self.sock = self.sock, self
        try:
            super().send_headers()
        finally:
            self.sock = sending

    def sendall(self, head: bytes) -> None:
        """In place of the socket, while the head is made."""
        self._head += head

    def close(self) -> None:
        super().close()
        self._send_head()

    def sendfile(self, _: Any) -> bool:
        """Never: a file is read, and sent as other bodies are."""
        return False

    def _emit_body(self, data: bytes) -> None:
        if len(data) > _COPIED or self.chunked:
            self._send_head()
        head, self._head = self._head, b""
        super()._emit_body(head + data if head else data)

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head:
            self.sock.sendall(head)


def send_at_once() -> None:
    """From here on, in this process. Gunicorn asks for its class by this name and no other way."""
    wsgi.Response = OneSend
