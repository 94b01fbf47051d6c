"""An event store on the session's database, and the books of two accounts in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain.application import Books
from domain.shared.recording import Context
from store.connections import Connections
from store.factory import PostgresStore
from store.operations import open_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

BY = Context("key_1", "api", request_id="req_1")
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def store(database_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(Connections(database_url))
    yield store
    store.close()


@pytest.fixture
def opened(store: PostgresStore, owner: psycopg.Connection[Any]) -> Callable[..., UUID]:
    """Opens one more account, live unless told otherwise."""

    def open_one(*, livemode: bool = True, clock: datetime | None = None) -> UUID:
        account_id = store.new_id()
        open_account(owner, account_id, livemode=livemode, clock=clock)
        return account_id

    return open_one


@pytest.fixture
def books(store: PostgresStore, opened: Callable[..., UUID]) -> Books:
    return Books(opened(), store)


@pytest.fixture
def others(store: PostgresStore, opened: Callable[..., UUID]) -> Books:
    """The books of another account, never of this test's business."""
    return Books(opened(), store)


@pytest.fixture
def test_books(store: PostgresStore, opened: Callable[..., UUID]) -> Books:
    """The books of a test account whose clock stands at the first of January 2026."""
    return Books(opened(livemode=False, clock=JANUARY), store)


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the rights of the schema's owner."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def log_of(owner: psycopg.Connection[Any]) -> Callable[[Books], list[tuple[int, str]]]:
    """The (position, topic) of everything in an account's log."""

    def read(books: Books) -> list[tuple[int, str]]:
        return owner.execute(
            "SELECT position, topic FROM stored_events WHERE account_id = %s ORDER BY position",
            [books.account_id],
        ).fetchall()

    return read
