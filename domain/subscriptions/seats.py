"""How many places of a membership are taken: counts only, so that ten thousand members stay light.

Every invitation, acceptance and removal is recorded together with its count, so that of two at
once only one is: the capacity is never exceeded. Who the members are is theirs to know.
"""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID, uuid5

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Invalid
from domain.shared.facts import event

EXCEEDED = "seat_capacity_exceeded"


class SeatsState(TypedDict):
    subscription_id: str
    active: int
    pending: int


class Seats(Aggregate):
    """One per subscription that ever had a member; its id follows from the subscription's."""

    TOPIC = "seats"
    prefix = "seats"
    SNAPSHOT = SeatsState
    SNAPSHOT_EVERY = 20

    class Created(Aggregate.Created):
        TOPIC = "seats.created"
        subscription_id: str

    def __init__(self, *, subscription_id: str) -> None:
        self.subscription_id = subscription_id
        self.active = 0
        self.pending = 0

    @staticmethod
    def id_for(subscription: UUID) -> UUID:
        return uuid5(subscription, "seats")

    @property
    def held(self) -> int:
        """By members who accepted and by invitations that are open."""
        return self.active + self.pending

    class Counted(Aggregate.Event):
        """What is taken from now on."""

        TOPIC = "seats.counted"
        active: int
        pending: int

    def invite(self, number: int, capacity: int | None) -> None:
        """Raises Invalid `seat_capacity_exceeded`. A capacity of None has no limit."""
        if capacity is not None and self.held + number > capacity:
            left = max(capacity - self.held, 0)
            raise Invalid.one("email", EXCEEDED, f"{left} of {capacity} seats can be offered")
        self._counted(active=self.active, pending=self.pending + number)

    def accept(self, capacity: int | None) -> None:
        """Raises Invalid `seat_capacity_exceeded` where the plan got smaller meanwhile."""
        if capacity is not None and self.active + 1 > capacity:
            raise Invalid.one("email", EXCEEDED, f"all {capacity} seats are taken")
        self._counted(active=self.active + 1, pending=self.pending - 1)

    def free(self, *, active: bool) -> None:
        """A member who had accepted, or an invitation, is gone."""
        self._counted(active=self.active - active, pending=self.pending - (not active))

    def require_room(self, capacity: int | None, field: str) -> None:
        """Raises Invalid `seat_capacity_exceeded` where those who hold a seat would not fit."""
        if capacity is not None and self.held > capacity:
            raise Invalid.one(
                field, EXCEEDED, f"{self.held} seats are held, the plan has {capacity}"
            )

    @event(Counted)
    def _counted(self, active: int, pending: int) -> None:
        self.active = active
        self.pending = pending
