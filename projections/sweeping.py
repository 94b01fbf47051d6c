"""The worker's round: which accounts' groups it brings up to date, and how soon."""

from __future__ import annotations

import gc
import logging
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

import psycopg

from projections.runner import catch_up
from projections.tracking import TAKEN, Place
from store.operations import lagging_projections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.group import Group
    from store.connections import Connections
    from store.operations import Lagging

SWEEP_SECONDS = 1.0
"""From sweep to sweep, also with something to do: fewer, larger batches cost half as much."""
FAR = TAKEN
"""Events: what is further behind no writer catches up."""
PAUSE_SECONDS = 3.0
"""How long a group that its readers bring up to date rests while its account is written to: a visit
costs as much as thirty of its invoices do."""
_log = logging.getLogger(__name__)


class Stop(Protocol):
    """Tells a loop to end. A threading.Event will do."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class _Seen(NamedTuple):
    """Where a group that was behind stood, how long already, and where its log ended."""

    position: int
    head: int
    since: float


class Sweeper:
    """Catches up every account's groups that are behind and free, again and again.

    Two processes at once do best from both ends: what another holds is left to it. Of what is a
    little behind,

    - what writers show themselves is left to them, unless it did not move since the last sweep;
    - the rest is caught up when it is first seen, and again when its account has fallen quiet, or
      after a pause;
    - the one that `helps` leaves all of it to the other, unless that does not come to it.
    """

    def __init__(
        self, connections: Connections, groups: Sequence[Group], *, helps: bool = False
    ) -> None:
        self._connections = connections
        self._groups = {group.name: group for group in groups}
        self._helps = helps
        self._seen: dict[Place, _Seen] = {}

    def sweep(self, stop: Stop | None = None) -> int:
        """Returns how many arrived. Until `stop`, it takes its time, a second, for what is near."""
        began = time.monotonic()
        with self._connections.connection() as connection:
            behind = lagging_projections(connection, list(self._groups))
        due = [each for each in behind if self._is_due(each, began)]
        self._seen = {_place(each): self._as_seen(each, began) for each in behind}
        arrived = 0
        for done, each in enumerate(reversed(due) if self._helps else due, 1):
            group = self._groups[each.group]
            shown = catch_up(self._connections, each.account_id, group, wait_ms=None)
            arrived += shown.lag == 0
            if stop is not None and each.lag <= FAR and done < len(due):
                stop.wait(_left(began, done / len(due)))
        return arrived

    def _as_seen(self, each: Lagging, now: float) -> _Seen:
        before = self._seen.get(_place(each))
        unmoved = before is not None and before.position == each.position
        since = before.since if before and unmoved else now
        return _Seen(each.position, each.position + each.lag, since)

    def _is_due(self, each: Lagging, now: float) -> bool:
        if each.lag > FAR:
            return True
        before = self._seen.get(_place(each))
        if self._groups[each.group].shown_by_writers:
            return before is not None and before.position == each.position
        rested = 0.0 if before is None else now - self._as_seen(each, now).since
        if self._helps:
            return rested > PAUSE_SECONDS + SWEEP_SECONDS
        is_quiet = before is not None and before.head == each.position + each.lag
        return before is None or is_quiet or rested >= PAUSE_SECONDS


def _place(each: Lagging) -> Place:
    return Place(each.account_id, each.group)


def _left(began: float, share: float = 1.0) -> float:
    """Until a share of the time of a sweep has passed: its work is spread, for others work too."""
    return max(began + SWEEP_SECONDS * share - time.monotonic(), 0.0)


def spare_the_collector() -> None:
    """For processes that project much: batches are thousands of objects without cycles.

    Going through them again and again for cycles took a fifth of the time of catching up.
    """
    gc.set_threshold(100_000, 50, 100)


def run_sweep(
    connections: Connections, groups: Sequence[Group], stop: Stop, *, helps: bool = False
) -> None:
    """The worker's loop until `stop` is set: each second."""
    spare_the_collector()
    sweeper = Sweeper(connections, groups, helps=helps)
    while not stop.is_set():
        began = time.monotonic()
        try:
            sweeper.sweep(stop)
        except psycopg.OperationalError:
            _log.exception("the sweep failed; trying again")
        stop.wait(max(_left(began), SWEEP_SECONDS / 10))
