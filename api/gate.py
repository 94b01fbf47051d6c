"""How many requests of a process are worked on at once.

Threads of one process share an interpreter, and all of them the processors: the more of them are
at it, the more time goes into taking turns. The others wait in the order of their arrival.
"""

from __future__ import annotations

from collections import deque
from threading import Lock, local
from typing import Any

PATIENCE_SECONDS = 0.1


class Gate:
    """`places` for requests that are worked on; 0 for any number of them.

    Who waited for `patience` seconds goes in all the same: those inside may be waiting themselves.
    """

    def __init__(self, places: int = 0, patience: float = PATIENCE_SECONDS) -> None:
        self._free = places
        self._open = places == 0
        self._patience = patience
        self._mutex = Lock()
        self._waiting: deque[Lock] = deque()
        self._mine = local()

    def enter(self) -> None:
        """This thread, which begins to work."""
        if not self._open:
            self._mine.inside = True if self._is_inside() else self._may_enter()

    def leave(self) -> None:
        """This thread, which has done its work, or waits for somebody outside from here on."""
        if not self._is_inside():
            return
        self._mine.inside = False
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _is_inside(self) -> bool:
        return getattr(self._mine, "inside", False)

    def _may_enter(self) -> bool:
        """Whether with a place."""
        with self._mutex:
            if self._free > 0:
                self._free -= 1
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=self._patience):
            return True
        with self._mutex:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # it was given one just then


class AtWork:
    """Around each request, until its answer is ready to be sent."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def process_request(self, _request: Any, _response: Any) -> None:
        self._gate.enter()

    def process_response(
        self,
        _request: Any,
        _response: Any,
        _resource: Any,
        _succeeded: bool,  # noqa: FBT001
    ) -> None:
        self._gate.leave()
