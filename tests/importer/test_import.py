"""The import through the years: every figure is that of the file, however it was interrupted."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from bench.telco_books import differences
from bench.telco_check import expected
from domain.commands.accounts import clock_of
from domain.commands.customers import NewCustomer, create_customer
from importer.problems import ImportRefused
from projections.generations import compare
from projections.groups import GROUPS
from tests.importer.conftest import ACT, UNTIL
from tests.importer.run import imported


def test_every_figure_is_that_of_the_independent_calculation(parts, account, made_up):
    here, beside = account(), account()
    imported(parts, beside, made_up, datetime(2021, 1, 1, tzinfo=UTC))
    outcome = imported(parts, here, made_up, followed=True)
    assert list(differences(parts.connections, here, expected(made_up))) == []
    assert outcome.refused.count == 0
    assert clock_of(parts.books(here)).now == UNTIL


def test_a_second_run_changes_nothing_and_says_so(parts, account, small):
    here = account()
    first = imported(parts, here, small)
    again = imported(parts, here, small)
    assert (again.before, again.after) == (first.after, first.after)
    assert next(again.lines()).startswith("Nothing was left to do")


def test_what_starts_after_the_end_has_no_subscription_and_is_listed(parts, account, small):
    outcome = imported(parts, account(), small)
    assert outcome.created["customers"] == 40
    assert outcome.created["subscriptions"] == 40 - outcome.later.count
    assert outcome.later.count >= 24


def test_an_import_goes_on_to_a_later_end(parts, account, small):
    here = account()
    imported(parts, here, small, datetime(2024, 6, 15, 12, tzinfo=UTC))
    imported(parts, here, small)
    assert list(differences(parts.connections, here, expected(small))) == []


def test_two_accounts_know_nothing_of_each_other(parts, account, small):
    one, other = account(), account()
    imported(parts, one, small)
    before = parts.books(one).head()
    imported(parts, other, small)
    assert parts.books(one).head() == before
    assert list(differences(parts.connections, other, expected(small))) == []


def test_an_account_in_use_is_refused_before_anything(parts, account, small):
    here = account()
    create_customer(parts.books(here), NewCustomer(old_provider_id="mine"), ACT)
    before = parts.books(here).head().position
    with pytest.raises(ImportRefused):
        imported(parts, here, small)
    assert parts.books(here).head().position == before


def test_a_row_added_for_a_day_lived_through_is_refused(parts, account, small, tmp_path):
    here = account()
    imported(parts, here, small, datetime(2025, 6, 1, tzinfo=UTC))
    more = tmp_path / "more.csv"
    row = "9999-MADEUP,,,,,20,,,DSL,,,,,,,One year,,Mailed check,20,,No"
    more.write_text(f"{small.read_text()}{row}\n")
    outcome = imported(parts, here, more)
    assert [told.old_provider_id for told in outcome.refused.first] == ["9999-MADEUP"]
    assert "before the account's clock" in outcome.refused.first[0].reason
    assert list(differences(parts.connections, here, expected(small))) == []


def test_a_live_account_is_refused_before_anything(parts, small):
    opened = parts.open_account(ACT, name="L", timezone="UTC", currency="USD", livemode=True)
    before = parts.books(opened.account_id).head().position
    with pytest.raises(ImportRefused):
        imported(parts, opened.account_id, small)
    assert parts.books(opened.account_id).head().position == before


def test_killed_at_any_moment_and_run_again_it_comes_to_the_same(
    parts, account, service_url, middling
):
    seed = random.randrange(10**6)
    here, dice, reached = account(), random.Random(seed), [0]
    for _ in range(3):
        killed = subprocess.Popen(
            [sys.executable, "-m", "tests.importer.run", service_url, str(here), str(middling)]
        )
        _sleep_until_recorded(parts.books(here), more_than=reached[-1] + dice.randint(1, 900))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        reached.append(parts.books(here).head().position)
    assert reached == sorted(set(reached)), f"seed {seed}: no run came further"
    imported(parts, here, middling)
    assert list(differences(parts.connections, here, expected(middling))) == [], f"seed {seed}"
    assert not imported(parts, here, middling).changed


def _sleep_until_recorded(books, more_than):
    give_up_at = time.monotonic() + 60
    while books.head().position <= more_than and time.monotonic() < give_up_at:
        time.sleep(0.003)


def test_the_views_of_an_import_are_what_a_rebuild_makes_of_its_log(parts, account, small):
    here = account()
    imported(parts, here, small, followed=True)
    for group in GROUPS:
        assert compare(parts.connections, here, group).same
