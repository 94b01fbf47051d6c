"""Reads a group's rows in one snapshot, together with the position that they show."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

from domain.shared.errors import NotFound
from projections.runner import Shown, catch_up
from projections.ways import FREE, STEER, STEERING
from projections.work import DatabaseWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from projections.group import Group
    from projections.table import Table
    from projections.tracking import Cursor
    from projections.ways import Way
    from store.connections import Connection, Connections

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SHOWN = """
SELECT coalesce(l.generation, 1), coalesce(t.position, 0), h.position, h.livemode,
       coalesce(h.clock, clock_timestamp()), coalesce(t.state, 'running') = 'stopped'{besides}
  FROM heads h
  LEFT JOIN projection_live l ON l.account_id = h.account_id AND l.group_name = %(group)s
  LEFT JOIN projection_tracking t ON t.account_id = h.account_id
   AND t.group_name = l.group_name AND t.generation = l.generation
 WHERE h.account_id = %(account)s"""
SHOWN = _SHOWN.format(besides="")
SHOWN_AND_STEERED = _SHOWN.format(besides=f",\n       {STEERING}")
"""One statement less than both: what is asked next is planned as this one says."""

_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Reading(DatabaseWork):
    """Rows of the live generation, all as of one `position`. `now` is the account's time."""

    position: int
    head: int
    livemode: bool
    now: datetime
    stopped: bool

    @property
    def shown(self) -> Shown:
        return Shown(self.position, self.head, self.stopped)

    @property
    def scope(self) -> dict[str, Any]:
        return {"account": self.account_id, "generation": self.generation}

    def select(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Rows of a statement that may name %(account)s and %(generation)s besides `bound`."""
        return self.cursor.execute(statement, {**bound, **self.scope}, binary=True).fetchall()

    def is_alone(self, _table: Table[Any], _key: Any) -> bool:
        """Whether it is known that the row is new, and that nothing was told of anything else."""
        return False

    def last(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The same, of the last statement that is asked of this reading."""
        return self.select(statement, bound)

    def steered(self, way: Way, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]:
        """The same, planned so; what comes after is planned freely again."""
        self.select(STEER, way)
        found = self.select(statement, bound)
        self.select(STEER, FREE)
        return found


@contextmanager
def reading(connections: Connections, account_id: UUID, group: Group) -> Iterator[Reading]:
    """A snapshot for one answer. Raises NotFound for an account that was never opened."""
    with connections.connection() as connection, connection.cursor(binary=True) as cursor:
        cursor.execute(_BEGIN)
        try:
            yield _opened(cursor, account_id, group)
        finally:
            _end(connection)


def _end(connection: Connection) -> None:
    """Nothing was written: a commit, because psycopg gives prepared statements up at a rollback."""
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        connection.commit()
    else:
        connection.rollback()


def _opened(cursor: Cursor, account_id: UUID, group: Group) -> Reading:
    row = cursor.execute(SHOWN, {"account": account_id, "group": group.name}).fetchone()
    if row is None:
        raise NotFound(detail="there is no such account")
    generation, position, head, livemode, now, stopped = row
    return Reading(cursor, account_id, generation, position, head, livemode, now, stopped)


def wait_for(
    connections: Connections,
    account_id: UUID,
    group: Group,
    position: int | None = None,
    wait_ms: int = 500,
) -> Shown:
    """Until the group shows `position`, or the end of the log as it is now; lends a hand itself.

    Answers what is shown then, which may be less: the position may not have been recorded yet,
    the group may be stopped, another process may be behind with it.
    """
    until = time.monotonic() + wait_ms / 1000
    while True:
        left_ms = max(int((until - time.monotonic()) * 1000), 1)
        shown = catch_up(connections, account_id, group, position, left_ms)
        wanted = shown.head if position is None else position
        if shown.position >= wanted or shown.stopped or time.monotonic() >= until:
            return shown
        time.sleep(_POLL_SECONDS)
