"""How a process learns that it should end: by a signal, or by the death of its parent."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT = "SUBLEDGER_PARENT"
END_WITH_PARENT = "SUBLEDGER_END_WITH_PARENT"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class StopSignal:
    """Set by SIGINT or SIGTERM. A pipe, because an Event's lock could be held when one arrives."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._arrived)

    def _arrived(self, *_: Any) -> None:
        self.set()

    def set(self) -> None:
        try:
            os.write(self._write, b"x")
        except BlockingIOError:
            pass  # said often enough already

    def is_set(self) -> bool:
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Seconds to sleep, less when told to stop. True once that has happened."""
        return bool(select.select([self._read], [], [], timeout)[0])


class Interrupted(Exception):
    """A person or the system asked to stop while the start was still under way."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it a signal raises Interrupted, once: what cleans up afterwards is not disturbed."""

    def interrupt(*_: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    yield


def end_with_parent() -> None:
    """When started by a supervisor (or by make): get SIGTERM if that one is killed.

    Without it a killed supervisor leaves processes on the port and in the leases. Linux only;
    elsewhere the next start names the process that holds the port.
    """
    parent = os.environ.get(PARENT)
    if (parent or os.environ.get(END_WITH_PARENT)) and sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent and os.getppid() != int(parent):
        sys.exit(0)  # it died before we could ask
