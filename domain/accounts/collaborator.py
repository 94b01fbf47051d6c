"""Somebody who works in the account: invited, then with a password of their own, then gone."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import ClassVar

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict, NotFound
from domain.shared.facts import event
from domain.shared.personal import Personal  # noqa: TC001 - stored events are decoded by these

OWNER = "owner"
INVITED, ACTIVE = "invited", "active"


class Collaborator(Aggregate):
    """Neither the invitation's token nor the password is ever part of a fact."""

    TOPIC = "collaborator"
    prefix = "col"
    PERSONAL: ClassVar = frozenset({"name", "email"})

    class Created(Aggregate.Created):
        TOPIC = "collaborator.created"
        email: Personal[str]
        role: str
        name: Personal[str | None] = None

    def __init__(self, *, email: str, role: str, name: str | None) -> None:
        self.email = email
        self.role = role
        self.name = name
        self.status = INVITED
        self.removed = False

    @property
    def is_acting_owner(self) -> bool:
        """One who can log in: somebody invited may never come."""
        return self.role == OWNER and self.status == ACTIVE and not self.removed

    class Invited(Aggregate.Event):
        """Again: what was sent before is worth nothing any more. `until` is the world's time."""

        TOPIC = "collaborator.invited"
        until: datetime

    def invite(self, until: datetime) -> None:
        self._require_kept()
        self._require_invited()
        self._invited(until=until)

    @event(Invited)
    def _invited(self) -> None:
        self.status = INVITED

    class Accepted(Aggregate.Event):
        TOPIC = "collaborator.accepted"

    def accept(self) -> None:
        self._require_kept()
        self._require_invited()
        self._accepted()

    @event(Accepted)
    def _accepted(self) -> None:
        self.status = ACTIVE

    class Updated(Aggregate.Event):
        """`changes` may hold personal fields, by the names in `Collaborator.PERSONAL`."""

        TOPIC = "collaborator.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        self._require_kept()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Removed(Aggregate.Event):
        TOPIC = "collaborator.removed"

    def remove(self) -> None:
        self._require_kept()
        self._removed()

    @event(Removed)
    def _removed(self) -> None:
        self.removed = True

    def _require_kept(self) -> None:
        if self.removed:
            raise NotFound(detail=f"there is no collaborator {self.ref}")

    def _require_invited(self) -> None:
        if self.status != INVITED:
            raise Conflict("invitation_used", f"{self.ref} has accepted the invitation")
