"""The account's time without asking: after an append it is known for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store import heads
from tests.store.conftest import BY, JANUARY
from tests.store.letters import letter

if TYPE_CHECKING:
    from domain.application import Books


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry each time that the head was read."""
    read, times = heads.Heads.read, []

    def counted(self: heads.Heads) -> Any:
        times.append(self)
        return read(self)

    monkeypatch.setattr(heads.Heads, "read", counted)
    return times


def test_after_an_append_time_goes_on_by_itself(books: Books, asked: list[Any]) -> None:
    books.head()
    recorded = books.record(letter(books.new_id()), by=BY)
    asked.clear()
    told = [books.now(), books.now()]
    assert not asked
    assert recorded.recorded_at <= told[0] <= told[1] <= books.head().now


def test_what_was_told_long_ago_is_asked_again(books, asked, monkeypatch) -> None:
    books.head()
    books.record(letter(books.new_id()), by=BY)
    asked.clear()
    long_after = heads.monotonic() + 61
    monkeypatch.setattr(heads, "monotonic", lambda: long_after)
    assert books.now() <= books.head().now
    assert len(asked) == 2


def test_the_clock_of_a_test_account_is_always_asked(test_books, store, asked) -> None:
    test_books.head()
    test_books.record(letter(test_books.new_id()), by=BY)
    asked.clear()
    assert [test_books.now(), test_books.now()] == [JANUARY, JANUARY]
    assert len(asked) == 2


def test_before_anything_is_known_it_is_asked(books, asked) -> None:
    books.record(letter(books.new_id()), by=BY)
    before = books.now()
    assert len(asked) == 1
    assert books.now() - before < timedelta(seconds=60)
    assert len(asked) == 1
