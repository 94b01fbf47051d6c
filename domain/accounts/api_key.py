"""A key of the server API as it is known: whose rights it has, never what it is."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event


class ApiKey(Aggregate):
    TOPIC = "api_key"
    prefix = "key"

    class Created(Aggregate.Created):
        """`expires_at` is an instant of the world, also where the account has a test clock."""

        TOPIC = "api_key.created"
        role: str
        scopes: tuple[str, ...]
        name: str | None = None
        expires_at: datetime | None = None

    def __init__(
        self, *, role: str, scopes: tuple[str, ...], name: str | None, expires_at: datetime | None
    ) -> None:
        self.role = role
        self.scopes = scopes
        self.name = name
        self.expires_at = expires_at
        self.revoked = False

    class Updated(Aggregate.Event):
        TOPIC = "api_key.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        self._require_in_force()
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class Revoked(Aggregate.Event):
        TOPIC = "api_key.revoked"

    def revoke(self) -> None:
        self._require_in_force()
        self._revoked()

    @event(Revoked)
    def _revoked(self) -> None:
        self.revoked = True

    def _require_in_force(self) -> None:
        if self.revoked:
            raise Conflict("api_key_revoked", f"the key {self.ref} is revoked")
