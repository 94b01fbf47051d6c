"""Processes that project beside an import, one a group, so that no processor is idle.

They end when told to or when the import has ended in whatever way, and nothing rests on them: what
they leave undone the import projects when it looks, and at its end.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from projections.companion import spare_collections
from projections.groups import GROUPS
from projections.runner import arrive, catch_up
from store.connections import UNAVAILABLE, Connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from uuid import UUID

_PAUSE_SECONDS = {"resources": 0.01, "accounting": 1.0}
"""The import soon looks at its resources; its books are cheaper in large batches."""
_PATIENCE_MS = 60_000


@contextmanager
def following(conninfo: str, account_id: UUID, groups: Sequence[str]) -> Iterator[list[int]]:
    """While the block runs, `groups` follow the account's log. Gives the processes' ids."""
    spawning = multiprocessing.get_context("spawn")
    # Ours closes with this process too, in whatever way; and no follower's death can block it, as
    # one that was killed within an Event's lock would.
    told, ours = spawning.Pipe(duplex=False)
    followers = [
        spawning.Process(target=_follow, args=(conninfo, account_id, group, told), daemon=True)
        for group in groups
    ]
    for follower in followers:
        follower.start()
    try:
        yield [follower.pid or 0 for follower in followers]
    finally:
        ours.close()
        for follower in followers:
            follower.join()
        told.close()


def _follow(conninfo: str, account_id: UUID, name: str, told: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the import, which then says so
    spare_collections()
    connections = Connections(conninfo, size=1)
    group = next(group for group in GROUPS if group.name == name)
    pause = _PAUSE_SECONDS[name]
    try:
        while not told.poll(pause):  # true at the end of the pipe
            catch_up(connections, account_id, group)
    except UNAVAILABLE:
        pass  # the import meets it too, and says so
    finally:
        connections.close()


def finish(connections: Connections, account_id: UUID) -> None:
    """Every group at the end of the log. Raises RuntimeError for one that stands still."""
    for group in GROUPS:
        shown = arrive(connections, account_id, group, _PATIENCE_MS)
        if shown.stopped or shown.lag:
            raise RuntimeError(f"the {group.name} views do not follow the log")
