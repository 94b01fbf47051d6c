"""Whose turn it is to append to an account, among the threads of one process.

The account's head row lets one append pass at a time anyway. Threads that queue here rather than
there cost the server no waiting process and no wake-up, and hold no connection that another account
could use.
"""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from store.connections import UNAVAILABLE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from uuid import UUID

LONGEST_WAIT_SECONDS = 10.0


class Turn:
    """Entered by one thread at a time. Raises UNAVAILABLE when it does not come."""

    def __init__(self, wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._taken = Lock()

    def __enter__(self) -> None:
        if not self._taken.acquire(timeout=self._wait_seconds):
            raise UNAVAILABLE("this account's log was busy for too long")

    def __exit__(self, *_: object) -> None:
        self._taken.release()


class Turns:
    """One turn for each account that is in use."""

    def __init__(self) -> None:
        self._making = Lock()
        self._turns: WeakValueDictionary[UUID, Turn] = WeakValueDictionary()

    def of(self, account_id: UUID) -> Turn:
        with self._making:
            turn = self._turns.get(account_id)
            if turn is None:
                turn = self._turns[account_id] = Turn()
            return turn


class NoTurns:
    """For who queues at the head row itself."""

    def of(self, _account_id: UUID) -> AbstractContextManager[None]:
        return nullcontext()
