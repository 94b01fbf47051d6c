"""Many due at once: four schedulers at the same time, and one that is killed in the middle, change
nothing twice and leave nothing out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bench.renewals import TRIAL_DAYS, sell
from domain.commands.accounts import advance_clock
from importer.following import finish
from scheduler.due import run_due
from tests.scheduler.conftest import ACT

COUNTS = """
SELECT (SELECT count(*) FROM invoices WHERE account_id = %(id)s AND status = 'paid'),
       (SELECT count(*) FROM invoices WHERE account_id = %(id)s),
       (SELECT count(*) FROM payments WHERE account_id = %(id)s AND status = 'succeeded'),
       (SELECT count(*) FROM payments WHERE account_id = %(id)s),
       (SELECT count(*) FROM subscriptions WHERE account_id = %(id)s AND status = 'active')"""
RUN = """
import sys
from uuid import UUID
from parts import Parts
from scheduler.due import run_due
parts = Parts(sys.argv[1])
desk = parts.desk(UUID(sys.argv[2]))
run_due(desk, desk.books.now(), on_page=lambda done: print(done.ran["renew"], flush=True))
"""


class Quiet:
    def stage(self, *_):
        """Nobody looks."""

    def moment(self, *_):
        """Nobody looks."""

    def moved(self, *_):
        """Nobody looks."""


@pytest.fixture
def due(parts, desk):
    """Sells so many subscriptions whose trial has just ended; gives the account's id."""

    def sold(count):
        account_id = desk.books.account_id
        sell(parts, account_id, count, Quiet())
        finish(parts.connections, account_id)
        books = parts.books(account_id)
        advance_clock(books, books.now() + timedelta(days=TRIAL_DAYS), ACT)
        return account_id

    return sold


def counted(parts, account_id):
    finish(parts.connections, account_id)
    with parts.connections.connection() as connection:
        return connection.execute(COUNTS, {"id": account_id}).fetchone()


def test_four_schedulers_at_once_bill_each_once(parts, due):
    account_id = due(120)

    def run(_):
        desk = parts.desk(account_id)
        return run_due(desk, desk.books.now())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert counted(parts, account_id) == (120,) * 5
    head = parts.books(account_id).head().position
    run(None)
    assert parts.books(account_id).head().position == head


def test_a_run_killed_in_the_middle_is_continued(parts, due, database_url):
    account_id = due(1500)
    command = [sys.executable, "-c", RUN, database_url, str(account_id)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ)
    assert int(run.stdout.readline()) == 500  # the first page is done, the second under way
    time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    paid, *_ = counted(parts, account_id)
    assert 0 < paid < 1500
    desk = parts.desk(account_id)
    run_due(desk, desk.books.now())
    assert counted(parts, account_id) == (1500,) * 5
