"""What every process is made of: the store, the gateways, an account's books and desk."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from domain.application import Books
from domain.commands.accounts import account_of, open_account, require_known
from domain.commands.act import Act
from domain.commands.api_keys import NewApiKey, begun
from domain.commands.collaborators import NewCollaborator, first_owner
from domain.shared.groups import Group
from domain.shared.identifiers import typed_id
from domain.shared.recording import Context
from gateways.accounts import AccountGateways
from scheduler.account_due import AccountDue
from scheduler.due import Desk
from store import api_keys, ids, leases, logins, operations, passwords
from store.connections import Connections
from store.factory import PostgresStore
from store.gateway_secrets import signing_secret
from store.transactions import InTransaction, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.accounts.api_key import ApiKey
    from domain.payments.gateway import Gateway

SCHEDULER = Act(Context(actor="scheduler", channel="scheduler", reason="due"))
_LEASE_SECONDS = 60
_BULK_CACHE = 20_000


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is to own a new account, with the password they get in by."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account. `api_key` is the owner's, shown this once."""

    account_id: UUID
    api_key: str
    login: Owner | None = None

    @property
    def ref(self) -> str:
        return typed_id("acct", self.account_id)

    @property
    def site_id(self) -> str:
        return typed_id("site", self.account_id)

    def shown(self) -> dict[str, Any]:
        """For a person to keep: the key and the password are nowhere else."""
        shown: dict[str, Any] = {
            "account_id": self.ref, "api_key": self.api_key, "site_id": self.site_id
        }  # fmt: skip
        if self.login is not None:
            shown["login"] = {"email": self.login.email, "password": self.login.password}
        return shown


class Parts:
    """Opens nothing until it is used, so that it may be made before a fork."""

    def __init__(
        self,
        database_url: str,
        pool_size: int = 16,
        gateways_file: Path | None = None,
        *,
        sandbox_live: bool = False,
    ) -> None:
        self.connections = Connections(database_url, size=pool_size)
        self.store = PostgresStore(self.connections)
        gateways = AccountGateways(self.sandbox_secret, gateways_file, sandbox_live=sandbox_live)
        self.gateways_of: Callable[[Account], Mapping[str, Gateway]] = gateways.of
        self.accounts_with = gateways.accounts_with

    def books(self, account_id: UUID, *, cache: int | None = None) -> Books:
        return Books(account_id, self.store, cache=cache)

    def books_within(self, books: Books, connections: Connections) -> Books:
        """The same books on the connections of a transaction."""
        return books.through(self.store.within(connections))

    def desk(self, account_id: UUID, act: Act = SCHEDULER) -> Desk:
        """An account ready for bulk work by one thread."""
        books = self.books(account_id, cache=_BULK_CACHE)
        due = AccountDue(self.connections, account_id)
        account = account_of(books)
        return Desk(books, account, self.gateways_of(account), due, act)

    def sandbox_secret(self, account_id: UUID) -> str:
        with self.connections.connection() as connection:
            return signing_secret(connection, account_id, "sandbox")

    def open_account(
        self,
        act: Act,
        *,
        name: str,
        timezone: str,
        currency: str,
        livemode: bool,
        clock: datetime | None = None,
        owner_email: str | None = None,
        before_commit: Callable[[Opened], None] = lambda _: None,
    ) -> Opened:
        """An account with its first events, an owner's key and, with an e-mail, an owner.

        All of it or nothing. `before_commit` may keep what is shown. Raises Invalid before
        anything.
        """
        require_known(name, timezone, currency)
        opening = Opening(self.store, ids.new_id(), livemode=livemode)
        owner = None if owner_email is None else Owner(owner_email, secrets.token_urlsafe(12))
        with transaction(self.connections) as within:
            opening.begin(within, clock)
            fields = {"name": name, "timezone": timezone, "currency": currency}
            key = opening.record(within, act, owner, fields)
            opened = Opened(opening.account_id, key.text, owner)
            before_commit(opened)
        return opened

    def close(self) -> None:
        self.connections.close()


class Opening:
    """The steps in which an account comes to be, within one transaction."""

    def __init__(self, store: PostgresStore, account_id: UUID, *, livemode: bool) -> None:
        self._store = store
        self.account_id = account_id
        self._livemode = livemode

    def begin(self, within: InTransaction, clock: datetime | None) -> None:
        now = operations.now(within.held) if clock is None else clock
        operations.open_account(
            within.held,
            self.account_id,
            livemode=self._livemode,
            clock=None if self._livemode else now,
        )

    def record(
        self, within: InTransaction, act: Act, owner: Owner | None, fields: Mapping[str, str]
    ) -> api_keys.NewKey:
        books = Books(self.account_id, self._store.within(within))
        key_id = ids.new_id()
        key = begun(NewApiKey(name="owner", role="owner", scopes=("*",)), key_id)
        first = Group([key]) if owner is None else self._with_owner(books, owner, key)
        open_account(books, act, livemode=self._livemode, beside=first, **fields)
        if owner is not None:
            self._let_in(within, first.aggregates[0].ref, owner)
        return api_keys.create(within.held, self.account_id, key_id, livemode=self._livemode)

    def _with_owner(self, books: Books, owner: Owner, key: ApiKey) -> Group:
        new = NewCollaborator(email=owner.email, role="owner", name="Owner")
        people, given = first_owner(books, new)
        return Group([*people, key], given)

    def _let_in(self, within: InTransaction, ref: str, owner: Owner) -> None:
        hashed = passwords.hash_password(owner.password)
        logins.keep(within.held, self.account_id, ref, owner.email, "owner")
        logins.set_password(within.held, self.account_id, ref, hashed)


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
