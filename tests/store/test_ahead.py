"""What a write asks first, in one exchange."""

from __future__ import annotations

from datetime import date

import pytest

from domain.shared.foreseen import replay
from store import api_keys
from store.connections import Connections
from store.kin import Kin
from tests.store.conftest import BY
from tests.store.letters import Counter, counter, letter


@pytest.fixture
def connection(store):
    with store.connections.connection() as connection:
        yield connection


@pytest.fixture
def key(books, owner):
    return api_keys.create(owner, books.account_id, books.new_id(), livemode=True)


def test_it_tells_who_asks_the_time_and_what_of_their_account_is_named(
    store, books, others, connection, key
):
    mine, theirs = letter(books.new_id()), letter(others.new_id())
    books.record(mine, by=BY)
    others.record(theirs, by=BY)
    ahead = store.look_ahead(connection, key.text, [mine.id, theirs.id, books.new_id()])
    assert ahead.caller == api_keys.find(connection, key.text)
    assert ahead.head.position == books.head().position
    assert ahead.head.now <= books.head().now
    assert {*ahead.histories} == {mine.id}


def test_nothing_is_told_for_a_key_that_is_not_in_force(store, books, connection, key):
    mine = letter(books.new_id())
    books.record(mine, by=BY)
    api_keys.revoke(connection, books.account_id, key.id)
    other_mode = key.text.replace("sk_live", "sk_test")
    for text in (key.text, other_mode, key.text[:-1] + "g", "nothing of ours"):
        assert store.look_ahead(connection, text, [mine.id]) == (None, None, {})


def test_it_is_asked_again_where_the_server_forgot_the_statements(store, database_url, key):
    own = Connections(database_url, size=1)
    with own.connection() as connection:
        for _ in range(2):
            assert store.look_ahead(connection, key.text, []).caller is not None
            connection.execute("DEALLOCATE ALL")
    own.close()


FIRST = Kin(
    Counter,
    """SELECT originator_id FROM stored_events
        WHERE account_id = %(account)b AND topic = %(of)b ORDER BY position LIMIT 1""",
)


@pytest.mark.parametrize("counted", [3, 12], ids=["whole", "from its snapshot"])
def test_it_tells_what_goes_with_what_is_named(store, books, others, connection, key, counted):
    for owner in (others, books):
        mine = counter(owner.new_id())
        for _ in range(counted):
            mine.count(1, date(2026, 1, 1))
            owner.record(mine, by=BY)
    ahead = store.look_ahead(connection, key.text, [], (FIRST, Counter.Counted.TOPIC))
    assert {*ahead.histories} == {mine.id}, "of the caller's account"
    assert replay(ahead.histories[mine.id]).__dict__ == books.load(Counter, mine.id).__dict__
    assert store.look_ahead(connection, key.text, [], (FIRST, "none")).histories == {}
