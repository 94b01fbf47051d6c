"""The most memory that each process of a run ever held, looked at while it runs."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import psutil
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_SECONDS = 0.5
MEGABYTE = 1024 * 1024
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"


@contextmanager
def watched(conninfo: str) -> Iterator[dict[str, int]]:
    """Bytes by kind of process, of the largest: this one, those it started, the database's.

    Of a database process its own memory, without the buffers that all of them share.
    """
    peaks: dict[str, int] = {}
    over = Event()
    watcher = Thread(target=_watch, args=(conninfo, peaks, over), daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _watch(conninfo: str, peaks: dict[str, int], over: Event) -> None:
    while not over.wait(LOOK_SECONDS):
        me = psutil.Process()
        _note(peaks, "the import", me.pid, shared=True)
        for child in me.children():
            if "spawn_main" in " ".join(_command(child)):
                _note(peaks, "a projecting process", child.pid, shared=True)
        with psycopg.connect(conninfo) as connection:
            for (pid,) in connection.execute(_BACKENDS):
                _note(peaks, "a database process", pid, shared=False)


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _note(peaks: dict[str, int], name: str, pid: int, *, shared: bool) -> None:
    """A database on another machine, or a process just gone, has nothing to look at."""
    try:
        held = psutil.Process(pid).memory_info()
    except psutil.Error:
        return
    size = held.rss if shared else held.rss - getattr(held, "shared", 0)
    peaks[name] = max(peaks.get(name, 0), size)
