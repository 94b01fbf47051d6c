"""Statements sent together: one snapshot, whatever becomes of the connection's prepared ones."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from struct import pack
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.pq import Format, TransactionStatus

from store.connections import UNAVAILABLE, Connections
from store.exchange import (
    Asked,
    Bound,
    at_once,
    begun_behind,
    begun_with,
    ended_with,
    in_one_snapshot,
    undo,
    within,
)
from store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.connections import Connection
    from store.factory import PostgresStore

ONE = Asked("SELECT %(number)s::bigint + 1, %(text)s::text", {"number": 1, "text": "é 100%"})


N = pack("!q", 8)
ALONE = Bound(b"SELECT $1::bigint", (20,), [N], [Format.BINARY])
KNOWN = Statement("known", "SELECT $1::bigint", (20,))


@pytest.fixture
def single(database_url: str) -> Iterator[Connections]:
    opened = Connections(database_url, size=1)
    yield opened
    opened.close()


@pytest.fixture
def connection(store: PostgresStore) -> Iterator[Connection]:
    with store.connections.connection() as lent:
        yield lent


def test_each_statement_is_answered_in_order(connection: Connection) -> None:
    at = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    instant = Asked("SELECT %(at)s::timestamptz, '%%'", {"at": at})
    none = Asked("SELECT 1 WHERE %(text)s = 'no'", {"text": "yes"})
    assert in_one_snapshot(connection, [ONE, none, instant]) == [
        [(2, "é 100%")],
        [],
        [(at, "%")],
    ]


def test_all_of_them_see_the_same_snapshot_and_may_not_write(connection: Connection) -> None:
    seen = Asked("SELECT pg_current_snapshot()::text, pg_sleep(0.001)", {})
    first, second = in_one_snapshot(connection, [seen, seen])
    assert first == second
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        in_one_snapshot(connection, [Asked("CREATE TABLE t AS SELECT 1", {})])
    assert connection.info.transaction_status == TransactionStatus.IDLE


def test_a_refusal_leaves_the_connection_as_it_was(connection: Connection) -> None:
    broken = Asked("SELECT 1 / %(by)s::int", {"by": 0})
    with pytest.raises(psycopg.errors.DivisionByZero):
        in_one_snapshot(connection, [ONE, broken, ONE])
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert in_one_snapshot(connection, [ONE]) == [[(2, "é 100%")]]


def test_what_the_server_forgot_is_told_again(connection: Connection) -> None:
    in_one_snapshot(connection, [ONE])
    connection.execute("DEALLOCATE ALL")
    assert in_one_snapshot(connection, [ONE]) == [[(2, "é 100%")]]


def test_a_connection_keeps_a_limited_number_of_them(connection: Connection) -> None:
    for number in range(150):
        in_one_snapshot(connection, [Asked(f"SELECT {number}", {}), ONE])
    (kept,) = connection.execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'asked%'"
    ).fetchall()[0]
    assert 50 < kept <= 110


@pytest.fixture
def written(connection: Connection) -> Asked:
    """Writes a row to a table of the connection's own."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS written (number bigint)")
    connection.execute("TRUNCATE written")
    return Asked("INSERT INTO written VALUES (%(number)s)", {"number": 7})


def numbers(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT number FROM written").fetchall()]


def test_a_transaction_is_begun_and_ended_with_what_is_asked(
    connection: Connection, written: Asked
) -> None:
    assert begun_with(connection, [ONE]) == [[(2, "é 100%")]]
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    assert ended_with(connection, [written, ONE]) == [[(2, "é 100%")]]
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert numbers(connection) == [7]


def test_what_is_asked_within_a_transaction_sees_what_was_sent_with_it(
    connection: Connection, written: Asked
) -> None:
    begun_with(connection, [ONE])
    known = Bound(
        b"SELECT number FROM written WHERE number = $1", (20,), [pack("!q", 7)], [Format.BINARY]
    )
    assert within(connection, [written, known]) == [[(7,)]]
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    connection.rollback()
    assert numbers(connection) == []


def test_a_refusal_at_the_end_undoes_the_transaction(
    connection: Connection, written: Asked
) -> None:
    begun_with(connection, [ONE])
    with pytest.raises(psycopg.errors.DivisionByZero):
        ended_with(connection, [written, Asked("SELECT 1 / %(by)s::int", {"by": 0})])
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert numbers(connection) == []


def test_what_was_forgotten_within_a_transaction_undoes_it_once(
    connection: Connection, written: Asked
) -> None:
    begun_with(connection, [ONE])
    ended_with(connection, [written])
    begun_with(connection, [ONE])
    connection.execute("DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        ended_with(connection, [written])
    begun_with(connection, [ONE])
    ended_with(connection, [written])
    assert numbers(connection) == [7, 7]


def test_what_commits_by_itself_stays_whatever_becomes_of_what_is_behind_it(
    connection: Connection, written: Asked
) -> None:
    first = Bound(
        b"INSERT INTO written VALUES ($1) RETURNING number", (20,), [pack("!q", 8)], [Format.BINARY]
    )
    refused = Asked("SELECT 1 / %(by)s::int", {"by": 0})
    alone, behind = begun_behind(connection, first, [written, ONE])
    assert alone.get_value(0, 0) == pack("!q", 8)
    assert behind == [[(2, "é 100%")]]
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    undo(connection)
    _, behind = begun_behind(connection, first, [written, refused])
    assert behind is None
    assert connection.info.transaction_status == TransactionStatus.IDLE
    connection.execute("DEALLOCATE ALL")
    _, behind = begun_behind(connection, first, [ONE])
    assert behind == [[(2, "é 100%")]]
    undo(connection)
    assert numbers(connection) == [8, 8, 8]


def test_what_commits_by_itself_is_told_though_statements_are_given_up(
    connection: Connection, written: Asked
) -> None:
    for at in range(102):
        at_once(connection, [Asked(f"SELECT {at}", {})])
    first = Bound(b"SELECT $1::bigint", (20,), [pack("!q", 8)], [Format.BINARY])
    alone, _ = begun_behind(connection, first, [written])
    undo(connection)
    assert alone.ntuples == 1
    assert alone.get_value(0, 0) == pack("!q", 8)


def test_nothing_goes_on_behind_what_was_refused(connection: Connection, written: Asked) -> None:
    wrong = Bound(b"SELECT 1 / $1", (20,), [pack("!q", 0)], [Format.BINARY])
    with pytest.raises(psycopg.errors.DivisionByZero):
        begun_behind(connection, wrong, [written, ONE])
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert numbers(connection) == []


def cut(connection: Connection) -> None:
    """As a server that was killed."""
    with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: at_once(connection, [ONE, ONE]),
        lambda connection: begun_behind(connection, ALONE, [ONE]),
        lambda connection: Statement("alone", "SELECT $1::bigint", (20,)).execute(connection, [N]),
        lambda connection: KNOWN.execute(connection, [N]),
    ],
)
def test_a_server_that_is_gone_is_one_that_cannot_be_reached(
    single: Connections, ask: Callable[[Connection], object]
) -> None:
    with single.connection() as connection:
        KNOWN.execute(connection, [N])
        cut(connection)
        with pytest.raises(UNAVAILABLE):
            ask(connection)
    with single.connection() as connection:
        assert at_once(connection, [ONE]) == [[(2, "é 100%")]]


def test_a_server_that_goes_while_it_is_asked(single: Connections, store: PostgresStore) -> None:
    slow = Asked("SELECT pg_sleep(30)", {})
    with single.connection() as connection, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(at_once, connection, [ONE, slow])
        time.sleep(0.3)
        cut(connection)
        with pytest.raises(UNAVAILABLE):
            asked.result(10)
