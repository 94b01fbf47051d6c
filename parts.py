"""What every process is made of: the store, the gateways, an account's books and desk."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.application import Books
from domain.commands.accounts import account_of, open_account, require_known
from domain.commands.act import Act
from domain.shared.identifiers import typed_id
from domain.shared.recording import Context
from gateways.sandbox import Sandbox
from scheduler.account_due import AccountDue
from scheduler.due import Desk
from store import api_keys, ids, leases, operations
from store.connections import Connections
from store.factory import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from domain.payments.gateway import Gateway

SCHEDULER = Act(Context(actor="scheduler", channel="scheduler", reason="due"))
_LEASE_SECONDS = 60
_BULK_CACHE = 20_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account. `api_key` is the owner's, shown this once."""

    account_id: UUID
    api_key: str

    @property
    def ref(self) -> str:
        return typed_id("acct", self.account_id)

    @property
    def site_id(self) -> str:
        return typed_id("site", self.account_id)


class Parts:
    """Opens nothing until it is used, so that it may be made before a fork."""

    def __init__(self, database_url: str, pool_size: int = 16) -> None:
        self.connections = Connections(database_url, size=pool_size)
        self.store = PostgresStore(self.connections)
        self.gateways: Mapping[str, Gateway] = {"sandbox": Sandbox()}

    def books(self, account_id: UUID, *, cache: int | None = None) -> Books:
        return Books(account_id, self.store, cache=cache)

    def desk(self, account_id: UUID, act: Act = SCHEDULER) -> Desk:
        """An account ready for bulk work by one thread."""
        books = self.books(account_id, cache=_BULK_CACHE)
        due = AccountDue(self.connections, account_id)
        return Desk(books, account_of(books), self.gateways, due, act)

    def open_account(
        self,
        act: Act,
        *,
        name: str,
        timezone: str,
        currency: str,
        livemode: bool,
        clock: datetime | None = None,
    ) -> Opened:
        """An account with its first events and an owner's key. Raises Invalid before anything."""
        account_id = ids.new_id()
        require_known(name, timezone, currency)
        with self.connections.connection() as connection:
            now = operations.now(connection) if clock is None else clock
            operations.open_account(
                connection, account_id, livemode=livemode, clock=None if livemode else now
            )
            fields = {"name": name, "timezone": timezone, "currency": currency}
            open_account(self.books(account_id), act, livemode=livemode, **fields)
            key = api_keys.create(
                connection, account_id, ids.new_id(), livemode=livemode, name="owner"
            )
        return Opened(account_id, key.text)

    def close(self) -> None:
        self.connections.close()


class EveryAccount:
    """The accounts as the scheduler's jobs see them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"

    def all(self) -> list[UUID]:
        with self._parts.connections.connection() as connection:
            return operations.all_accounts(connection)

    def desk(self, account_id: UUID) -> Desk:
        return self._parts.desk(account_id)

    @contextmanager
    def lease(self, account_id: UUID, job: str) -> Iterator[Callable[[], bool]]:
        def hold() -> bool:
            with self._parts.connections.connection() as connection:
                return leases.take(connection, account_id, job, self._holder, _LEASE_SECONDS)

        try:
            yield hold
        finally:
            with self._parts.connections.connection() as connection:
                leases.release(connection, account_id, job, self._holder)
