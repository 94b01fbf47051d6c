"""Whose turn it is to show an account's writes, among the threads of one process.

The lease lets one show at a time anyway. Who had to wait finds its own events shown by whoever was
before it, and only reads: under load one turn shows what many wrote.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projections.tracking import Place


class Busy(Exception):
    """A turn did not come in time."""


class Turn:
    """Taken by one thread at a time. `shown` is a position that the last one's turn showed."""

    def __init__(self) -> None:
        self.shown = 0
        self._taken = Lock()

    def take_if_free(self) -> bool:
        return self._taken.acquire(blocking=False)

    def leave(self) -> None:
        self._taken.release()

    @contextmanager
    def within(self, wait_ms: int) -> Iterator[Turn]:
        """Raises Busy when the turn does not come by then."""
        if not self._taken.acquire(timeout=wait_ms / 1000):
            raise Busy
        try:
            yield self
        finally:
            self.leave()


class Turns:
    """One turn for each account and group that somebody waits for."""

    def __init__(self) -> None:
        self._making = Lock()
        self._turns: WeakValueDictionary[Place, Turn] = WeakValueDictionary()

    def of(self, place: Place) -> Turn:
        with self._making:
            turn = self._turns.get(place)
            if turn is None:
                turn = self._turns[place] = Turn()
            return turn


TURNS = Turns()
