"""An append and the rows beside it: both or neither."""

from __future__ import annotations

import pytest

from domain.shared.errors import ClaimTaken
from domain.shared.recording import NO_CONDITIONS, Claim, Conditions
from store import leases
from store.transactions import transaction
from tests.store.conftest import BY
from tests.store.letters import letter


def held(store, account_id):
    with store.connections.connection() as connection:
        return not leases.take(connection, account_id, "job", "another", 60)


def both(store, books, given=NO_CONDITIONS):
    """An append, and a row of another table."""
    with transaction(store.connections) as within:
        inside = books.through(store.within(within))
        inside.record(letter(books.new_id()), by=BY, given=given)
        leases.take(within.held, books.account_id, "job", "me", 60)


def test_both_stay(store, books, log_of):
    both(store, books)
    assert len(log_of(books)) == 1
    assert held(store, books.account_id)


def test_both_go(store, books, log_of):
    def broken():
        with transaction(store.connections) as within:
            leases.take(within.held, books.account_id, "job", "me", 60)
            books.through(store.within(within)).record(letter(books.new_id()), by=BY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert log_of(books) == []
    assert not held(store, books.account_id)


def test_a_refused_append_leaves_no_row_and_a_usable_connection(store, books, log_of):
    taken = Conditions(claims=[Claim("kind", "value", books.new_id())])
    books.record(letter(books.new_id()), by=BY, given=taken)
    other = Conditions(claims=[Claim("kind", "value", books.new_id())])
    for _ in range(8):
        with pytest.raises(ClaimTaken):
            both(store, books, other)
        books.record(letter(books.new_id()), by=BY)
    assert not held(store, books.account_id)
    assert len(log_of(books)) == 9


def test_what_the_books_expect_is_expected_within(store, books):
    from domain.shared.errors import ConcurrentChange

    first = letter(books.new_id())
    books.record(first, by=BY)
    books.expect(first.id, 99)
    with pytest.raises(ConcurrentChange):
        both(store, books)
    both(store, books)


def test_claims_of_a_kind_and_nouns_besides(books, others):
    owner = books.new_id()
    books.record(letter(owner), by=BY, given=Conditions(claims=[Claim("a", "x", owner)]))
    others.record(letter(owner), by=BY, given=Conditions(claims=[Claim("a", "y", owner)]))
    assert books.claimants("a", 9) == [owner]
    assert books.claimants("b", 9) == []
    assert books.has_besides(["account"])
    assert not books.has_besides([letter(owner).TOPIC])
