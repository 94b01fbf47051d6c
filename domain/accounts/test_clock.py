"""A test account's own time, moved by hand and remembered as events."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TypedDict
from uuid import UUID, uuid5

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Invalid
from domain.shared.facts import event


class ClockState(TypedDict):
    now: datetime


class TestClock(Aggregate):
    """One per test account; its id follows from the account's."""

    TOPIC = "test_clock"
    prefix = "clock"
    __test__ = False
    SNAPSHOT = ClockState
    SNAPSHOT_EVERY = 50

    class Created(Aggregate.Created):
        TOPIC = "test_clock.created"
        now: datetime

    def __init__(self, *, now: datetime) -> None:
        self.now = now

    @staticmethod
    def id_for(account_id: UUID) -> UUID:
        return uuid5(account_id, "test_clock")

    class Set(Aggregate.Event):
        TOPIC = "test_clock.set"
        now: datetime

    def set(self, now: datetime) -> None:
        """Any instant; the command allows it only while the account has no business events."""
        self._set(now=now)

    @event(Set)
    def _set(self, now: datetime) -> None:
        self.now = now

    class Advanced(Aggregate.Event):
        TOPIC = "test_clock.advanced"
        now: datetime

    def advance(self, to: datetime) -> None:
        """Forward only. Raises Invalid for an instant before now."""
        if to < self.now:
            raise Invalid.one("to", "before_now", f"the clock already shows {self.now.isoformat()}")
        if to > self.now:
            self._advanced(now=to)

    @event(Advanced)
    def _advanced(self, now: datetime) -> None:
        self.now = now
