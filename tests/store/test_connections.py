"""What a thread keeps of the pool, and when it gives it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from store.connections import UNAVAILABLE, Connections

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def only(database_url: str) -> Iterator[Connections]:
    opened = Connections(database_url, size=1)
    yield opened
    opened.close()


def test_who_keeps_asks_by_one_connection_and_gives_it_back(only: Connections) -> None:
    with only.keeping():
        with only.connection() as first:
            first.execute("SELECT 1")
        with only.connection() as again:
            assert again is first
        with ThreadPoolExecutor(1) as others, pytest.raises(UNAVAILABLE):
            others.submit(taken, only).result()
    with ThreadPoolExecutor(1) as others:
        assert others.submit(taken, only).result() is first


def taken(connections: Connections) -> object:
    with connections.connection(wait_seconds=0.1) as connection:
        return connection


def test_two_at_once_are_two(database_url: str) -> None:
    connections = Connections(database_url, size=2)
    with connections.keeping(), connections.connection() as outer:
        with connections.connection() as inner:
            assert inner is not outer
        with connections.connection() as again:
            assert again is inner
    connections.close()


def test_what_is_left_in_a_transaction_or_broken_is_not_kept(only: Connections) -> None:
    with only.keeping():
        with only.connection() as connection:
            connection.execute("BEGIN")
        with only.connection() as clean:
            assert clean.execute("SELECT now() = statement_timestamp()").fetchone() == (True,)
            clean.close()
        with only.connection() as fresh:
            assert fresh is not clean
            assert fresh.execute("SELECT 1").fetchone() == (1,)
