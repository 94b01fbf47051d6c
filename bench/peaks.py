"""What each process of a run held at most and how long it computed, looked at while it runs."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

import psutil
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_SECONDS = 0.5
MEGABYTE = 1024 * 1024
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Seen(NamedTuple):
    """One process: its kind, the most bytes it held, the seconds it computed."""

    kind: str
    peak: int
    seconds: float


def told(seen: dict[int, Seen]) -> Iterator[str]:
    """A line for each kind of process: the largest of them, and what they computed together."""
    for kind in sorted({each.kind for each in seen.values()}):
        those = [each for each in seen.values() if each.kind == kind]
        peak = max(each.peak for each in those) / MEGABYTE
        spent = sum(each.seconds for each in those)
        yield f"{kind}: at most {peak:.0f} MB in a process, computed {spent:.0f} seconds"


@contextmanager
def watched(conninfo: str) -> Iterator[dict[int, Seen]]:
    """By process id, filled while the block runs: this one, those it started, the database's.

    Of a database process its own memory, without the buffers that all of them share.
    """
    seen: dict[int, Seen] = {}
    over = Event()
    watcher = Thread(target=_watch, args=(conninfo, seen, over), daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _watch(conninfo: str, seen: dict[int, Seen], over: Event) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while not over.wait(LOOK_SECONDS):
            me = psutil.Process()
            _note(seen, "import", me.pid)
            for child in me.children():
                if _is_projector(child):
                    _note(seen, "projectors", child.pid)
            for (pid,) in connection.execute(_BACKENDS):
                _note(seen, "database", pid)


def _is_projector(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _note(seen: dict[int, Seen], kind: str, pid: int) -> None:
    """A database on another machine, or a process just gone, has nothing to look at."""
    try:
        process = psutil.Process(pid)
        held, spent = process.memory_info(), process.cpu_times()
    except psutil.Error:
        return
    own = held.rss - (getattr(held, "shared", 0) if kind == "database" else 0)
    peak = max(own, seen[pid].peak if pid in seen else 0)
    seen[pid] = Seen(kind, peak, spent.user + spent.system)
