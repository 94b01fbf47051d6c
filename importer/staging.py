"""A scratch file between reading and running: the rows in the order of time, not in memory.

It is rebuilt from the CSV by each run and deleted afterwards; nothing of the account is kept in it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from importer.problems import Problem
from importer.subscriber import Customer, Plan, Product, Subscriber, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T", Product, Plan, Customer, Subscription)

_TABLES = """
CREATE TABLE product (key TEXT PRIMARY KEY, line INTEGER, body BLOB) WITHOUT ROWID;
CREATE TABLE plan (key TEXT PRIMARY KEY, line INTEGER, body BLOB) WITHOUT ROWID;
CREATE TABLE customer (key TEXT PRIMARY KEY, line INTEGER, body BLOB) WITHOUT ROWID;
CREATE TABLE email (key TEXT PRIMARY KEY, line INTEGER, body BLOB) WITHOUT ROWID;
CREATE TABLE subscription
  (key TEXT PRIMARY KEY, line INTEGER, body BLOB, starts INTEGER, cancels INTEGER) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX starting ON subscription (starts, line);
CREATE INDEX canceling ON subscription (cancels, line) WHERE cancels IS NOT NULL;
"""
_KINDS = {Product: "product", Plan: "plan", Customer: "customer", Subscription: "subscription"}
_encode = msgspec.json.Encoder().encode


class Staging:
    """Instants are whole seconds since 1970, as the start of a day in the account's zone is."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="subledger-import-")
        self._file = sqlite3.connect(Path(self._folder.name) / "rows", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.executescript(_TABLES)
        self._file.execute("BEGIN")

    def close(self) -> None:
        self._file.close()
        self._folder.cleanup()

    def add(self, read: Subscriber, starts: datetime, cancels: datetime | None) -> list[Problem]:
        """Keep a row whole, or not at all and say which earlier line it contradicts."""
        problems = self._contradictions(read)
        if problems:
            return problems
        for record in (read.product, read.plan, read.customer):
            self._keep(_KINDS[type(record)], record.old_provider_id, read.line, _encode(record))
        if read.customer.email is not None:
            owner = read.customer.old_provider_id.encode()
            self._keep("email", read.customer.email.casefold(), read.line, owner)
        self._file.execute(
            "INSERT INTO subscription VALUES (?, ?, ?, ?, ?)",
            (
                read.subscription.old_provider_id,
                read.line,
                _encode(read.subscription),
                _seconds(starts),
                None if cancels is None else _seconds(cancels),
            ),
        )
        return []

    def finish(self) -> None:
        """All rows are here: order them by time."""
        self._file.execute("COMMIT")
        self._file.executescript(_INDEXES)

    def rows(self) -> int:
        return self.count(Subscription)

    def count(self, kind: type[T]) -> int:
        return int(self._one(f"SELECT count(*) FROM {_KINDS[kind]}") or 0)

    def pages(self, kind: type[T], size: int) -> Iterator[list[T]]:
        """Every product, plan or customer once, by key."""
        found = self._file.execute(f"SELECT body FROM {_KINDS[kind]} ORDER BY key")
        yield from _decoded(found, kind, size)

    def instants(self) -> list[datetime]:
        """When something begins or is cancelled, in order. As many as there are days."""
        found = self._file.execute(
            "SELECT starts FROM subscription UNION"
            " SELECT cancels FROM subscription WHERE cancels IS NOT NULL ORDER BY 1"
        )
        return [_instant(row[0]) for row in found]

    def first_start(self) -> datetime | None:
        seconds = self._one("SELECT min(starts) FROM subscription")
        return None if seconds is None else _instant(seconds)

    def starting(self, at: datetime, size: int) -> Iterator[list[Subscription]]:
        found = self._file.execute(
            "SELECT body FROM subscription WHERE starts = ? ORDER BY line", (_seconds(at),)
        )
        yield from _decoded(found, Subscription, size)

    def canceling(self, at: datetime, size: int) -> Iterator[list[Subscription]]:
        found = self._file.execute(
            "SELECT body FROM subscription WHERE cancels = ? ORDER BY line", (_seconds(at),)
        )
        yield from _decoded(found, Subscription, size)

    def starting_after(self, until: datetime) -> Iterator[tuple[int, str]]:
        """(line, old_provider_id) of what begins too late."""
        yield from self._file.execute(
            "SELECT line, key FROM subscription WHERE starts > ? ORDER BY line", (_seconds(until),)
        )

    def subscriptions(self, keys: Sequence[str]) -> list[Subscription]:
        marks = ", ".join("?" * len(keys))
        found = self._file.execute(f"SELECT body FROM subscription WHERE key IN ({marks})", keys)
        return [each for page in _decoded(found, Subscription, 1000) for each in page]

    def _contradictions(self, read: Subscriber) -> list[Problem]:
        problems = []
        for record in (read.product, read.plan, read.customer):
            kind = _KINDS[type(record)]
            before = self._kept(kind, record.old_provider_id)
            if before is not None and before[1] != _encode(record):
                reason = f"this {kind} stands differently on line {before[0]}"
                problems.append(Problem(read.line, record.old_provider_id, reason))
        problems += self._taken(read)
        return problems

    def _taken(self, read: Subscriber) -> Iterator[Problem]:
        before = self._kept("subscription", read.subscription.old_provider_id)
        if before is not None:
            key = read.subscription.old_provider_id
            yield Problem(read.line, key, f"the subscription is already on line {before[0]}")
        email = read.customer.email
        holder = None if email is None else self._kept("email", email.casefold())
        if email and holder and holder[1] != read.customer.old_provider_id.encode():
            yield Problem(read.line, email, f"belongs to another customer on line {holder[0]}")

    def _kept(self, kind: str, key: str) -> tuple[int, bytes] | None:
        found = self._file.execute(f"SELECT line, body FROM {kind} WHERE key = ?", (key,))
        row: tuple[int, bytes] | None = found.fetchone()
        return row

    def _keep(self, kind: str, key: str, line: int, body: bytes) -> None:
        self._file.execute(f"INSERT OR IGNORE INTO {kind} VALUES (?, ?, ?)", (key, line, body))

    def _one(self, statement: str) -> int | None:
        value: int | None = self._file.execute(statement).fetchone()[0]
        return value


def _decoded(found: sqlite3.Cursor, kind: type[T], size: int) -> Iterator[list[T]]:
    decode = msgspec.json.Decoder(kind).decode
    while page := found.fetchmany(size):
        yield [decode(row[0]) for row in page]


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
