"""The end of an account's log and its time: read, or told from what was read a moment ago."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from domain.shared.errors import NotFound
from domain.shared.recording import Head
from store.exchange import Asked

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from domain.shared.recording import Recorded
    from store.connections import Connections

_HEAD = """
    SELECT position, recorded_at, livemode, coalesce(clock, clock_timestamp()), chain
      FROM heads WHERE account_id = %(account)b"""
_TRUSTED_SECONDS = 60.0


def asked(account_id: UUID) -> Asked:
    """Answered by a `Head`, if there is such an account."""
    return Asked(_HEAD, {"account": account_id})


class Heads:
    """After an append to a live account its time is the append's, and what has passed since: never
    ahead of the database's clock, because an answer is younger than what it tells. A test account's
    clock stands still until somebody moves it, so that it is always asked.
    """

    def __init__(self, account_id: UUID, connections: Connections) -> None:
        self._account_id = account_id
        self._connections = connections
        self._live = False
        self._recorded: tuple[datetime, float] | None = None

    def read(self) -> Head:
        sql, bound = asked(self._account_id)
        with self._connections.connection() as connection:
            row = connection.execute(sql, bound, prepare=True, binary=True).fetchone()
        if row is None:
            raise NotFound(detail="there is no such account")
        head = Head._make(row)
        self.heard(head)
        return head

    def heard(self, head: Head) -> None:
        """Another read it."""
        self._live = head.livemode

    def moved(self, recorded: Recorded) -> None:
        """By an append that was answered just now."""
        self._recorded = recorded.recorded_at, monotonic()

    def now(self) -> datetime:
        return self._passing() or self.read().now

    def _passing(self) -> datetime | None:
        if not self._live or self._recorded is None:
            return None
        then, heard = self._recorded
        passed = monotonic() - heard
        return then + timedelta(seconds=passed) if passed < _TRUSTED_SECONDS else None
