"""Gunicorn's threaded worker, which leaves a new connection to the process that has the fewest, and
lets a thread stay with a caller who asks again at once.

A kept connection stays with the process that accepted it. With whoever woke first accepting, one of
two processes had up to 13 of 16 connections, and their requests waited for one interpreter.

Gunicorn hands each request from its poller to a thread and back, which is a third of the time that
the least answer takes.
"""

from __future__ import annotations

import mmap
import select
import time
from contextlib import suppress
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker

from cli import refusing

if TYPE_CHECKING:
    import socket

_SEATS = 256
_NOBODY = -1
_LEFT_TO_OTHERS_SECONDS = 0.002
_PATIENCE_SECONDS = 0.05
"""How long one that has more leaves what comes to the others, who may be at work just then; and how
long it then accepts all the same."""

_STAYING_MS = 2
"""How long a thread waits for what its caller asks next."""


class Seats:
    """How many connections each process has, in memory that all of them share.

    Each writes its own seat only. A number that is a little old costs a connection at the wrong
    process, nothing more.
    """

    def __init__(self) -> None:
        self._connections = memoryview(mmap.mmap(-1, 4 * _SEATS)).cast("i")
        for seat in range(_SEATS):
            self._connections[seat] = _NOBODY

    def take(self) -> int:
        """A free seat. The last one is shared where there are more processes than seats."""
        seats = range(_SEATS - 1)
        seat = next((at for at in seats if self._connections[at] == _NOBODY), _SEATS - 1)
        self._connections[seat] = 0
        return seat

    def leave(self, seat: int) -> None:
        self._connections[seat] = _NOBODY

    def tell(self, seat: int, connections: int) -> None:
        self._connections[seat] = connections

    def fewest(self) -> int:
        """Of any process; 0 where none has a seat."""
        return min((each for each in self._connections if each != _NOBODY), default=0)


SEATS = Seats()
"""Made before the fork: gunicorn loads this module for its settings."""


class EvenWorker(ThreadWorker):  # type: ignore[misc]
    """`seat` is set before the fork, by `pre_fork` of the settings."""

    seat: int
    _leaving_since = -1.0

    def accept(self, listener: socket.socket) -> None:
        """What is left to others is told again by the poller, as long as it is there."""
        SEATS.tell(self.seat, self.nr_conns)
        if self.nr_conns > SEATS.fewest() and self._is_patient():
            time.sleep(_LEFT_TO_OTHERS_SECONDS)
            return
        super().accept(listener)
        SEATS.tell(self.seat, self.nr_conns)

    def _is_patient(self) -> bool:
        now = time.monotonic()
        if now - self._leaving_since > 2 * _PATIENCE_SECONDS:
            self._leaving_since = now
        return now - self._leaving_since < _PATIENCE_SECONDS

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the base's
        """Also called after each event: what was closed since is told."""
        super().murder_keepalived(force)
        SEATS.tell(self.seat, self.nr_conns)

    def init_process(self) -> None:
        self._staying = BoundedSemaphore(max(1, self.cfg.threads // 2))
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """As the base does, and what the same caller asks within a moment, in the same thread."""
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """What is too long is told as a problem, the rest as the base does."""
        refusal = refusing.refusal_of(exc)
        if refusal is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("%s: %s", refusal.code, exc)
        with suppress(OSError):
            refusing.tell(client, refusal)

    def _asks_again(self, conn: Any) -> bool:
        """Within a moment. Half of the threads never stay, nor does one that others wait for."""
        others_wait = not self.tpool._work_queue.empty()  # noqa: SLF001 - it is told nowhere else
        if not self.alive or others_wait or not self._staying.acquire(blocking=False):
            return False
        try:
            readable = select.poll()
            readable.register(conn.sock, select.POLLIN)
            return bool(conn.parser.unreader.buf.getvalue() or readable.poll(_STAYING_MS))
        finally:
            self._staying.release()
