"""A second process that projects beside an import, so that both processors have work.

It ends when told to, when the import has ended in whatever way, and never holds anything back:
what it leaves undone the import projects at its end.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from projections.groups import GROUPS
from projections.runner import catch_up
from store.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.synchronize import Event
    from uuid import UUID

_PAUSE_SECONDS = 0.1
_PATIENCE_MS = 60_000


@contextmanager
def following(conninfo: str, account_id: UUID, groups: Sequence[str]) -> Iterator[int | None]:
    """While the block runs, `groups` follow the account's log. Gives the process id."""
    spawning = multiprocessing.get_context("spawn")
    stop = spawning.Event()
    follower = spawning.Process(
        target=_follow, args=(conninfo, account_id, groups, stop, os.getpid()), daemon=True
    )
    follower.start()
    try:
        yield follower.pid
    finally:
        stop.set()
        follower.join()


def _follow(
    conninfo: str, account_id: UUID, groups: Sequence[str], stop: Event, parent: int
) -> None:
    connections = Connections(conninfo, size=1)
    wanted = [group for group in GROUPS if group.name in groups]
    try:
        while not stop.is_set() and os.getppid() == parent:
            for group in wanted:
                catch_up(connections, account_id, group)
            time.sleep(_PAUSE_SECONDS)
    finally:
        connections.close()


def finish(connections: Connections, account_id: UUID) -> None:
    """Every group at the end of the log. Raises RuntimeError for one that stands still."""
    for group in GROUPS:
        shown = catch_up(connections, account_id, group, wait_ms=_PATIENCE_MS)
        if shown.stopped or shown.lag:
            raise RuntimeError(f"the {group.name} views do not follow the log")
