"""A thread stays with a caller who asks again at once, and lets go where others need it."""

from __future__ import annotations

import io
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Event
from types import SimpleNamespace

import pytest
from gunicorn.workers.gthread import ThreadWorker

from cli.even_worker import EvenWorker


@pytest.fixture
def caller():
    """Both ends of a kept connection: `asks` puts a request on it."""
    ours, theirs = socket.socketpair()
    parser = SimpleNamespace(unreader=SimpleNamespace(buf=io.BytesIO()))
    yield SimpleNamespace(sock=ours, parser=parser, asks=lambda: theirs.send(b"?"))
    ours.close()
    theirs.close()


@pytest.fixture
def answered(monkeypatch):
    """Of each request whether the connection is kept, in the order in which they are answered."""
    told = []

    def handle(_, conn):
        conn.sock.recv(1)
        return told.pop(0)

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    return told


@pytest.fixture
def worker():
    made = EvenWorker.__new__(EvenWorker)
    made.alive = True
    made.tpool = ThreadPoolExecutor(1)
    made._staying = BoundedSemaphore(1)
    yield made
    made.tpool.shutdown()


def test_what_is_asked_at_once_is_answered_by_the_same_thread(worker, caller, answered):
    answered += [True, True, True]
    caller.asks(), caller.asks(), caller.asks()
    assert worker.handle(caller) is True
    assert answered == []


def test_what_was_read_ahead_counts_as_asked(worker, caller, answered):
    answered += [True, False]
    caller.asks()
    caller.parser.unreader.buf = io.BytesIO(b"GET")
    caller.asks()
    assert worker.handle(caller) is False
    assert answered == []


def test_who_asks_later_is_left_to_the_poller(worker, caller, answered):
    answered += [True, True]
    caller.asks()
    assert worker.handle(caller) is True
    assert answered == [True]


@pytest.mark.parametrize("kept", [False, object()], ids=["hung up", "not a request yet"])
def test_a_connection_that_is_not_kept_is_not_stayed_with(worker, caller, answered, kept):
    answered += [kept, True]
    caller.asks(), caller.asks()
    assert worker.handle(caller) is kept
    assert answered == [True]


def test_nobody_stays_while_others_wait_for_a_thread(worker, caller, answered):
    answered += [True, True]
    done = Event()
    at_work = worker.tpool.submit(done.wait, 10)
    while not at_work.running():
        time.sleep(0.001)
    worker.tpool.submit(done.wait, 10)
    caller.asks(), caller.asks()
    assert worker.handle(caller) is True
    done.set()
    assert answered == [True]


def test_half_of_the_threads_never_stay(worker, caller, answered):
    answered += [True, True]
    caller.asks(), caller.asks()
    with worker._staying:
        assert worker.handle(caller) is True
    assert answered == [True]


def test_a_process_that_is_to_end_stays_with_nobody(worker, caller, answered):
    worker.alive = False
    answered += [True, True]
    caller.asks(), caller.asks()
    assert worker.handle(caller) is True
    assert answered == [True]
