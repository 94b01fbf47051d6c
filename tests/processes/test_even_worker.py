"""New connections go to the process that has the fewest."""

from __future__ import annotations

import os

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
    def accept(self):
        raise BlockingIOError(11, "nobody is there any more")


def accepts_at_once(monkeypatch, each):
    waited = []
    monkeypatch.setattr(even_worker.time, "sleep", waited.append)
    each.accept(Listener())
    return not waited


def test_who_has_more_waits_for_the_others_and_accepts_all_the_same(seats, monkeypatch):
    few, many = worker(seats, 3), worker(seats, 4)
    assert accepts_at_once(monkeypatch, few)
    assert not accepts_at_once(monkeypatch, many)
    few.nr_conns = 4
    few.murder_keepalived = EvenWorker.murder_keepalived.__get__(few)
    few.keepalived_conns = []
    few.murder_keepalived()
    assert accepts_at_once(monkeypatch, many), "the other told that it has as many by now"


def test_a_process_that_ended_is_not_waited_for(seats, monkeypatch):
    gone, left = worker(seats, 0), worker(seats, 5)
    assert not accepts_at_once(monkeypatch, left)
    seats.leave(gone.seat)
    assert accepts_at_once(monkeypatch, left)
    assert seats.take() == gone.seat, "its place is the next one's"


def test_processes_share_what_they_tell(seats):
    seat = seats.take()
    child = os.fork()
    if child == 0:
        seats.tell(seat, 7)
        os._exit(0)
    os.waitpid(child, 0)
    assert seats.fewest() == 7
