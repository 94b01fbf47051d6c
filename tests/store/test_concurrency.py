"""Many writers on one account: no gap, no double, no decision on what has changed."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from domain.application import Books, Group
from domain.shared.errors import AlreadyRecorded, ClaimTaken, ConcurrentChange, DomainError
from domain.shared.recording import Claim, Conditions, Guard, IdempotencyKey
from store.codec import TypedMapper
from store.connections import UNAVAILABLE, Connections
from store.factory import PostgresStore
from store.ids import new_id
from store.turns import Turn, Turns
from store.verification import verify_log
from tests.store.conftest import BY
from tests.store.letters import Letter, letter

WRITERS = 16
SAVES = 24


@pytest.fixture
def together():
    """Calls a function with each argument at the same moment; gives results or refusals."""

    def call(function, arguments):
        gate = threading.Barrier(len(arguments))

        def at_once(argument):
            gate.wait()
            try:
                return function(argument)
            except DomainError as refused:
                return refused

        with ThreadPoolExecutor(len(arguments)) as pool:
            return list(pool.map(at_once, arguments))

    return call


def write_many(database_url: str, account_ids: list, threads: int, start) -> None:
    """One process of the test below."""
    store = PostgresStore(Connections(database_url, size=threads))
    start.wait()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: write(store, account_ids), range(threads)))
    store.close()


def write(store: PostgresStore, account_ids: list) -> None:
    """Alternates between the accounts, and numbers every other pair of letters."""
    books = [Books(account_id, store) for account_id in account_ids]
    for number in range(SAVES):
        own = books[number % len(books)]
        written = letter(own.new_id())
        if number % 4 < 2:
            written.post(series="INV-")
        own.record(written, by=BY)


@pytest.mark.parametrize(("processes", "threads"), [(8, 1), (4, 8)])
def test_positions_and_numbers_have_no_gap_whoever_writes(
    database_url, store, books, others, owner, processes, threads
):
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(processes)
    accounts = [books.account_id, others.account_id]
    workers = [
        spawn.Process(target=write_many, args=(database_url, accounts, threads, start))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    letters_an_account = processes * threads * SAVES // 2
    seen = follow(store, books, until=letters_an_account * 3 // 2)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * processes
    assert seen == list(range(1, len(seen) + 1)), "a reader that follows the log misses nothing"
    with store.connections.connection() as connection:
        for each in (books, others):
            assert list(verify_log(connection, TypedMapper(), each.account_id)) == []
    numbers = owner.execute(
        "SELECT last_number FROM document_series WHERE account_id = ANY (%s)", [accounts]
    ).fetchall()
    assert numbers == [(letters_an_account // 2,)] * 2


def follow(store, books, until):
    """The positions a reader sees who always goes on from the last one it saw."""
    seen = []
    while len(seen) < until:
        after = seen[-1] if seen else 0
        seen += [each.id for each in books.recorder.select_notifications(after + 1, 1000)]
    return seen


def test_of_many_who_decide_on_one_version_one_wins(books, together, log_of):
    written = letter(books.new_id())
    books.record(written, by=BY)

    def decide(copy):
        copy.note(text="mine")
        return books.record(copy, by=BY)

    copies = [books.load(Letter, written.id) for _ in range(WRITERS)]
    outcomes = Tally(type(outcome).__name__ for outcome in together(decide, copies))
    assert outcomes == {"Recorded": 1, "ConcurrentChange": WRITERS - 1}
    assert len(log_of(books)) == 2


def test_a_guard_and_its_breach_cannot_both_win(books, together):
    """Archive while a plan is added: whoever comes second sees what the first did."""
    for _ in range(10):
        product = letter(books.new_id())
        books.record(product, by=BY)

        def archive(_, product=product):
            copy = books.load(Letter, product.id)
            copy.note(text="archived")
            return books.record(copy, by=BY, given=Conditions(forbidden_claims=[product.ref]))

        def add_plan(_, product=product):
            plan = letter(books.new_id())
            claim = Claim(product.ref, plan.ref, plan.id)
            given = Conditions(guards=[Guard(product.id, 1)], claims=[claim])
            return books.record(plan, by=BY, given=given)

        outcomes = together(lambda act: act(None), [archive, add_plan])
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1


def test_a_value_is_claimed_by_one(books, together):
    def claim(_):
        owner = letter(books.new_id())
        given = Conditions(claims=[Claim("email", "a@b", owner.id)])
        return books.record(owner, by=BY, given=given)

    outcomes = together(claim, range(WRITERS))
    assert sum(isinstance(outcome, ClaimTaken) for outcome in outcomes) == WRITERS - 1


def test_a_key_is_used_by_one(books, together, log_of):
    given = Conditions(key=IdempotencyKey("k", b"hash", {"status": 201}))
    outcomes = together(
        lambda _: books.record(letter(books.new_id()), by=BY, given=given), range(WRITERS)
    )
    assert sum(isinstance(outcome, AlreadyRecorded) for outcome in outcomes) == WRITERS - 1
    assert len(log_of(books)) == 1


def test_bulk_writers_on_the_same_things_lose_no_group_twice(books, together, log_of):
    written = [letter(books.new_id()) for _ in range(200)]
    books.record(*written, by=BY)

    def note(_):
        copies = books.load_many(Letter, [each.id for each in written]).values()
        for copy in copies:
            copy.note(text="bulk")
        return books.record_in_bulk([Group([copy]) for copy in copies], by=BY)

    lost = together(note, range(4))
    recorded = sum(200 - len(each) for each in lost)
    assert len(log_of(books)) == 200 + recorded
    assert {type(loss.error) for each in lost for loss in each} <= {ConcurrentChange}
    assert recorded >= 200


def test_accounts_do_not_wait_for_each_other(database_url, books, others):
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM heads WHERE account_id = %s FOR UPDATE", [books.account_id])
        others.record(letter(others.new_id()), by=BY)
        waiting = threading.Thread(target=lambda: books.record(letter(new_id()), by=BY))
        waiting.start()
        waiting.join(timeout=0.2)
        assert waiting.is_alive(), "its own account does wait for its head"
        holder.rollback()
        waiting.join()
    assert books.head().position == 1


def test_reading_waits_for_nobody(database_url, books):
    written = letter(books.new_id())
    books.record(written, by=BY)
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM heads WHERE account_id = %s FOR UPDATE", [books.account_id])
        assert books.load(Letter, written.id) == written
        assert books.head().position == 1


def test_threads_take_turns_at_one_account_and_hold_no_connection_meanwhile():
    turns, account, other = Turns(), new_id(), new_id()
    with turns.of(account):
        waiting = ThreadPoolExecutor(1).submit(turns.of(account).__enter__)
        with turns.of(other):
            assert not waiting.done()
    assert waiting.result(timeout=5) is None


def test_a_turn_that_does_not_come_is_told_as_unavailable():
    turn = Turn(wait_seconds=0.01)
    with turn, pytest.raises(UNAVAILABLE, match="busy"), turn:
        pass
    with turn:
        pass
