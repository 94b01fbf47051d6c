"""A second process that projects beside the worker, so that both processors are used.

It helps with what is far behind, from the other end, and with what the worker does not come to;
leases keep the two from doing anything twice. Nothing rests on it: alone, the worker does
everything, only later.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from typing import TYPE_CHECKING

from projections.groups import GROUPS
from projections.sweeping import run_sweep
from store.connections import Connections

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

_ALLOCATIONS = 50_000


def spare_collections() -> None:
    """For a process that only projects: what it has loaded is never garbage, a batch is all alive.

    The collector's walks through both took up to a quarter of its time: docs/performance.md.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)


class Companion:
    """Killed at any moment, it leaves a transaction that the database takes back."""

    def __init__(self, conninfo: str, *, helps: bool = True) -> None:
        self._conninfo = conninfo
        self._helps = helps
        self._process: SpawnProcess | None = None

    def ensure(self) -> None:
        """Start it, or start it again if it died."""
        if self._process is not None and self._process.is_alive():
            return
        spawning = multiprocessing.get_context("spawn")
        args = (self._conninfo, os.getpid(), self._helps)
        process = spawning.Process(target=_run, args=args, daemon=True)
        process.start()
        self._process = process

    def end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join()


class _ParentGone:
    """The `Stop` of a process that lives as long as its parent."""

    def __init__(self, parent: int) -> None:
        self._parent = parent

    def is_set(self) -> bool:
        return os.getppid() != self._parent

    def wait(self, timeout: float | None = None) -> bool:
        time.sleep(timeout or 0)
        return self.is_set()


def _run(conninfo: str, parent: int, helps: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which then says so
    spare_collections()
    connections = Connections(conninfo, size=1)
    run_sweep(connections, GROUPS, _ParentGone(parent), helps=helps)
    connections.close()
