"""Exactly once, one account at a time, stopping at what breaks and going on after it is fixed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from projections import customers, sweeping
from projections.group import Group
from projections.groups import ACCOUNTING, RESOURCES
from projections.reading import reading, wait_for
from projections.resource import get
from projections.runner import catch_up, resume
from projections.sweeping import Sweeper, run_sweep
from store.operations import stopped_projections
from tests.projections.fragile import Fragile


@contextmanager
def leased(connections, client, group):
    """Somebody else holds the lease."""
    with connections.connection() as connection, connection.transaction():
        connection.execute(
            "SELECT 1 FROM projection_tracking"
            " WHERE account_id = %s AND group_name = %s FOR UPDATE",
            [client.account_id, group.name],
        )
        yield


def shown_customers(connections, client, group=RESOURCES):
    with reading(connections, client.account_id, group) as rows:
        return rows.select(
            "SELECT t.email FROM customers t WHERE t.account_id = %(account)s"
            " AND t.generation = %(generation)s ORDER BY t.id",
            {},
        )


def test_catching_up_twice_changes_nothing(connections, new_client):
    client = new_client()
    client.add_customers("a@example.com")
    first = catch_up(connections, client.account_id, RESOURCES)
    assert first == catch_up(connections, client.account_id, RESOURCES)
    assert first.position == first.head == client.books.head().position
    assert first.lag == 0


def test_accounts_never_mix(connections, new_client):
    one, other = new_client(), new_client()
    ref = one.add_customers("same@example.com")[0]
    other.add_customers("same@example.com")
    catch_up(connections, one.account_id, RESOURCES)
    assert shown_customers(connections, other) == []
    catch_up(connections, other.account_id, RESOURCES)
    with reading(connections, other.account_id, RESOURCES) as rows:
        assert customers.TABLE.load(rows, [ref]) == {}


def test_a_poison_event_stops_its_group_before_it_and_no_other(connections, new_client):
    client = new_client()
    client.add_customers(
        "one@example.com", "two@example.com", "bad@example.com", "four@example.com"
    )
    fragile = Group("fragile", [Fragile("bad@example.com")])
    shown = catch_up(connections, client.account_id, fragile)
    assert shown.stopped
    assert shown.position == shown.head - 2
    assert shown_customers(connections, client, fragile) == [
        ("one@example.com",), ("two@example.com",)
    ]  # fmt: skip
    with connections.connection() as connection:
        stopped = [each for each in stopped_projections(connection) if each[0] == client.account_id]
    assert stopped == [
        (client.account_id, "fragile", shown.position + 1, "LookupError: cannot read this customer")
    ]
    assert catch_up(connections, client.account_id, ACCOUNTING).lag == 0


def test_a_stopped_group_goes_on_after_it_is_mended(connections, new_client):
    client = new_client()
    client.add_customers("bad@example.com", "next@example.com")
    view = Fragile("bad@example.com")
    fragile = Group("fragile", [view])
    assert catch_up(connections, client.account_id, fragile).stopped
    view.poison = None
    assert catch_up(connections, client.account_id, fragile).stopped
    resume(connections, client.account_id, fragile)
    assert catch_up(connections, client.account_id, fragile).lag == 0
    assert len(shown_customers(connections, client, fragile)) == 2


def test_a_writer_waits_no_longer_than_it_wants_to(connections, new_client):
    client = new_client()
    catch_up(connections, client.account_id, RESOURCES)
    client.add_customers("late@example.com")
    with leased(connections, client, RESOURCES):
        begun = time.monotonic()
        shown = catch_up(connections, client.account_id, RESOURCES, wait_ms=150)
        assert 0.1 < time.monotonic() - begun < 5
        assert shown.lag == 1
        assert catch_up(connections, client.account_id, RESOURCES, wait_ms=None).lag == 1
    assert catch_up(connections, client.account_id, RESOURCES).lag == 0


def test_a_writer_gets_the_lease_when_it_is_given_back(connections, new_client):
    client = new_client()
    catch_up(connections, client.account_id, RESOURCES)
    client.add_customers("late@example.com")
    with ThreadPoolExecutor(1) as pool, leased(connections, client, RESOURCES):
        waiting = pool.submit(catch_up, connections, client.account_id, RESOURCES, None, 20_000)
        time.sleep(0.05)
        assert not waiting.done()
    assert waiting.result().lag == 0


def test_eight_writers_project_each_event_once(connections, new_client):
    client = new_client()
    names = iter(range(1000))

    def write(_):
        ref = client.add_customers(f"{next(names)}@example.com")[0]
        upto = client.books.head().position
        shown = catch_up(connections, client.account_id, RESOURCES, upto, 20_000)
        assert shown.position >= upto
        with reading(connections, client.account_id, RESOURCES) as rows:
            return get(rows, customers.CUSTOMERS, ref)["version"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(40))) == [1] * 40
    assert len(shown_customers(connections, client)) == 40


def test_a_reader_waits_for_a_position_and_gives_up_on_one_that_never_comes(
    connections, new_client
):
    client = new_client()
    client.add_customers("one@example.com")
    head = client.books.head().position
    assert wait_for(connections, client.account_id, RESOURCES, head).position == head
    begun = time.monotonic()
    assert wait_for(connections, client.account_id, RESOURCES, head + 1, 100).position == head
    assert time.monotonic() - begun < 5


def test_a_sweep_leaves_to_writers_what_they_show_themselves(connections, new_client):
    clients = [new_client(), new_client()]
    sweeper, helper = (Sweeper(connections, [RESOURCES], helps=each) for each in (False, True))
    sweeper.sweep()
    sweeper.sweep()
    for client in clients:
        client.add_customers("swept@example.com")
    assert (sweeper.sweep(), helper.sweep()) == (0, 0), "their writers may be at it"
    clients[0].add_customers("later@example.com")
    catch_up(connections, clients[0].account_id, RESOURCES, upto=clients[0].books.head().position)
    clients[0].add_customers("last@example.com")
    assert sweeper.sweep() == 1, "the other's did not move since"
    assert len(shown_customers(connections, clients[0])) == 2
    assert len(shown_customers(connections, clients[1])) == 1
    assert sweeper.sweep() == 1
    assert sweeper.sweep() == 0
    assert len(shown_customers(connections, clients[0])) == 3


@pytest.fixture
def clock(monkeypatch):
    """The sweepers' time, which goes on when a test says so."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(sweeping, "time", clock)
    return clock


def later(clock, seconds, sweeper):
    clock.now += seconds
    return sweeper.sweep()


def test_a_sweep_catches_up_at_once_what_no_writer_shows(connections, new_client, clock):
    client = new_client()
    sweeper = Sweeper(connections, [ACCOUNTING])
    sweeper.sweep(), sweeper.sweep()
    client.add_customers("a@example.com")
    assert sweeper.sweep() == 1
    assert later(clock, 1, sweeper) == 0
    client.add_customers("b@example.com")
    assert later(clock, 1, sweeper) == 1, "it was not behind a moment ago"


def test_a_group_rests_while_its_account_is_written_to(connections, new_client, clock):
    client = new_client()
    sweeper = Sweeper(connections, [ACCOUNTING])
    sweeper.sweep(), sweeper.sweep()
    visited = []
    for at in range(12):
        client.add_customers(f"{at}@example.com")
        visited.append(later(clock, 1, sweeper))
    assert visited == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert later(clock, 1, sweeper) == 1, "the account fell quiet"
    assert later(clock, 1, sweeper) == 0


def test_who_helps_comes_where_the_other_does_not(connections, new_client, clock):
    client = new_client()
    helper = Sweeper(connections, [ACCOUNTING], helps=True)
    later(clock, 9, helper), later(clock, 9, helper)
    client.add_customers("a@example.com")
    assert [later(clock, 1, helper) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 0]


def test_a_sweep_catches_up_at_once_what_is_far_behind(connections, new_client, monkeypatch):
    monkeypatch.setattr(sweeping, "FAR", 3)
    for helps in (False, True):
        client = new_client()
        client.add_customers(*(f"{at}@example.com" for at in range(4)))
        Sweeper(connections, [RESOURCES], helps=helps).sweep()
        assert len(shown_customers(connections, client)) == 4


def test_the_worker_stops_when_told(connections, new_client):
    client, stop = new_client(), Event()
    worker = Thread(target=run_sweep, args=(connections, [RESOURCES], stop))
    worker.start()
    client.add_customers("woken@example.com")
    until = time.monotonic() + 20
    while not shown_customers(connections, client) and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    worker.join(20)
    assert not worker.is_alive()
    assert shown_customers(connections, client) == [("woken@example.com",)]
