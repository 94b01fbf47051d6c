"""One authenticated request, as handlers see it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.shared.period import midnight
from domain.shared.recording import Context
from projections.glance import Glance
from projections.groups import RESOURCES
from store.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from api.door import Door
    from api.services import Services
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.charging import Gateways
    from domain.shared.recording import IdempotencyKey
    from store.ahead import Ahead
    from store.api_keys import Caller
    from store.connections import Connection


@dataclass
class Call:
    """`path` and `query` are the parameters of the request's address.

    `versions` are those that `If-Match` allows, None where any will do; `version` is the one
    found to be current then. `base` is the scheme and host that the caller reached us by. `ahead`
    was read with the caller. `door`: the caller's key is to be looked at with what is read, or
    with what is written.
    """

    services: Services
    caller: Caller
    request_id: str
    path: Mapping[str, str]
    query: dict[str, str] = field(default_factory=dict)
    key: IdempotencyKey | None = None
    versions: frozenset[int] | None = None
    version: int | None = None
    reason: str | None = None
    base: str = ""
    channel: str = "api"
    ahead: Ahead | None = None
    door: Door | None = None

    @property
    def account_id(self) -> UUID:
        return self.caller.account_id

    @property
    def ref(self) -> str:
        return self.path["id"]

    def glance(self) -> Glance:
        """At what the resources show now."""
        connections = self.services.connections
        return Glance(connections, self.account_id, RESOURCES, self.door)

    @cached_property
    def books(self) -> Books:
        books = self.services.books_for(self.account_id)
        books.recorder.versions = {}
        books.recorder.admission = self.door
        if self.ahead is not None and self.ahead.head is not None:
            books.foresee(self.ahead.histories, self.ahead.head)
        return books

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What `books` record within and what is written by the connection stay or go together."""
        self._require_admitted()
        outside = self.books
        with transaction(self.services.connections) as within:
            self.books = self.services.books_within(outside, within)
            try:
                yield within.held
            finally:
                self.books = outside

    @cached_property
    def account(self) -> Account:
        return account_of(self.books)

    @cached_property
    def gateways(self) -> Gateways:
        """Those that the account is set up for. Nothing is held while one of them is asked."""
        self._require_admitted()
        self.books.recorder.asking = True
        return self.services.gateways_to_ask(self.account)

    def _require_admitted(self) -> None:
        """Before what is not an append. Raises Changed."""
        if self.door is not None and not self.door.heard:
            self.door.look(self.services.connections)

    @property
    def act(self) -> Act:
        key = None if self.key is None else self.key.key
        by = Context(
            self.caller.id,
            self.channel,
            reason=self.reason,
            request_id=self.request_id,
            idempotency_key=key,
        )
        return Act(by, self.key)

    def midnight(self, day: date) -> datetime:
        """When a date begins in the account's time zone."""
        return midnight(day, self.account.timezone)
