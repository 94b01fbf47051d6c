"""One person's place in a membership: invited, accepted, removed. The seats are counted beside."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum
from typing import ClassVar

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.personal import ERASED, PROFILE, Personal


class Status(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REMOVED = "removed"


class Member(Aggregate):
    """Who is removed stays removed: another invitation makes another member."""

    TOPIC = "member"
    prefix = "mem"
    PERSONAL_OF = ("ref", PROFILE)
    PERSONAL: ClassVar = frozenset({"email", "first_name", "last_name"})

    class Created(Aggregate.Created):
        """`customer_id` is the customer who has this e-mail, if there is one."""

        TOPIC = "member.created"
        subscription_id: str
        email: Personal[str]
        invited_at: datetime
        first_name: Personal[str | None] = None
        last_name: Personal[str | None] = None
        customer_id: str | None = None

    def __init__(
        self,
        *,
        subscription_id: str,
        email: str,
        first_name: str | None,
        last_name: str | None,
        customer_id: str | None,
    ) -> None:
        self.subscription_id = subscription_id
        self.email = email
        self.first_name = first_name
        self.last_name = last_name
        self.customer_id = customer_id
        self.status = Status.PENDING
        self.erased = False

    class Activated(Aggregate.Event):
        TOPIC = "member.activated"
        accepted_at: datetime

    def accept(self, at: datetime) -> None:
        """Raises Conflict `member_not_pending`."""
        if self.status is not Status.PENDING:
            raise Conflict("member_not_pending", f"the member is {self.status}")
        self._activated(accepted_at=at)

    @event(Activated)
    def _activated(self) -> None:
        self.status = Status.ACTIVE

    class Updated(Aggregate.Event):
        """`changes` may hold personal fields, by the names in `Member.PERSONAL`."""

        TOPIC = "member.updated"
        changes: Changes

    def link(self, customer_id: str) -> None:
        """The customer who has this e-mail now. Once linked it stays, whatever e-mail they take."""
        if self.status is not Status.REMOVED and self.customer_id is None:
            self._updated(changes={"customer_id": customer_id})

    def update(self, changes: Changes) -> None:
        """`changes` of first_name, last_name. Raises Conflict `member_removed`."""
        self.require_open()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    def require_open(self) -> None:
        """Raises Conflict `member_removed`."""
        if self.status is Status.REMOVED:
            raise Conflict("member_removed", "the member was removed: invite again")

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Removed(Aggregate.Event):
        TOPIC = "member.removed"
        removed_at: datetime

    def remove(self, at: datetime) -> None:
        """Raises Conflict `member_removed`."""
        self.require_open()
        self._removed(removed_at=at)

    @event(Removed)
    def _removed(self) -> None:
        self.status = Status.REMOVED

    class Erased(Aggregate.Event):
        """Nobody can tell any more who it was. Whoever was still there was removed before."""

        TOPIC = "member.erased"

    def erase(self) -> None:
        if not self.erased:
            self._erased()

    @event(Erased)
    def _erased(self) -> None:
        self.email, self.first_name, self.last_name = ERASED, None, None
        self.erased = True
