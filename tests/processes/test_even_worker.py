"""New connections go to the process that has the fewest."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from cli import even_worker
from cli.even_worker import EvenWorker, Seats


@pytest.fixture
def seats(monkeypatch):
    made = Seats()
    monkeypatch.setattr(even_worker, "SEATS", made)
    return made


def worker(seats, connections):
    made = EvenWorker.__new__(EvenWorker)
    made.seat = seats.take()
    made.nr_conns = connections
    seats.tell(made.seat, connections)
    return made


class Listener:
    """Somebody knocks; nobody is there any more when the door is opened."""

    opened = 0

    def accept(self):
        self.opened += 1
        raise BlockingIOError(11, "nobody is there any more")


@pytest.fixture
def clock(monkeypatch):
    """The worker's time goes on only while it sleeps."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
    monkeypatch.setattr(even_worker, "time", clock)
    return clock


def accepts_at_once(each):
    listener = Listener()
    each.accept(listener)
    return listener.opened == 1


def times_left(each):
    """How often the poller tells of a connection before it is accepted."""
    left = 0
    while not accepts_at_once(each):
        left += 1
    return left


def test_who_has_more_leaves_it_to_the_others(seats, clock):
    few, many = worker(seats, 3), worker(seats, 4)
    assert accepts_at_once(few)
    assert not accepts_at_once(many)
    few.nr_conns = 4
    few.murder_keepalived = EvenWorker.murder_keepalived.__get__(few)
    few.keepalived_conns = []
    few.murder_keepalived()
    assert accepts_at_once(many), "the other told that it has as many by now"


def test_who_has_more_accepts_what_nobody_takes(seats, clock):
    worker(seats, 0)
    many = worker(seats, 4)
    assert times_left(many) in {25, 26}
    assert accepts_at_once(many), "the others are busy: what comes with it waits no more"
    clock.sleep(1)
    assert times_left(many) in {25, 26}


def test_a_process_that_ended_is_not_waited_for(seats, clock):
    gone, left = worker(seats, 0), worker(seats, 5)
    assert not accepts_at_once(left)
    seats.leave(gone.seat)
    assert accepts_at_once(left)
    assert seats.take() == gone.seat, "its place is the next one's"


def test_processes_share_what_they_tell(seats):
    seat = seats.take()
    child = os.fork()
    if child == 0:
        seats.tell(seat, 7)
        os._exit(0)
    os.waitpid(child, 0)
    assert seats.fewest() == 7
