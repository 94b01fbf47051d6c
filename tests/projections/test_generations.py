"""A rebuild gives the same bytes, while business goes on; what differs is told and replaced."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest

import proof
from projections import customers
from projections import generations as generations_module
from projections.generations import RebuildStopped, compare, delete_retired, rebuild
from projections.group import Group
from projections.groups import GROUPS, RESOURCES
from projections.reading import reading
from projections.runner import catch_up
from store.factory import PostgresStore
from tests.projections.fragile import Fragile


def generations(connections, client):
    with connections.connection() as connection:
        return connection.execute(
            "SELECT DISTINCT generation FROM customers WHERE account_id = %s ORDER BY 1",
            [client.account_id],
        ).fetchall()


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_rebuilt_is_live_byte_for_byte(connections, busy, group):
    compared = compare(connections, busy.account_id, group)
    assert compared.same, compared.differences
    assert compared.rows > 50
    assert compared.position == busy.books.head().position


def test_a_row_that_was_tampered_with_is_told_and_replaced(connections, new_client):
    client = new_client()
    ref, _ = client.add_customers("right@example.com", "other@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    with connections.connection() as connection:
        connection.execute(
            "UPDATE customers SET email = 'wrong@example.com' WHERE account_id = %s AND id = %s",
            [client.account_id, ref],
        )
    told = rebuild(connections, client.account_id, RESOURCES)
    assert [(each.table, each.key) for each in told.differences] == [("customers", (ref,))]
    assert "wrong@example.com" in (told.differences[0].live or "")
    assert "right@example.com" in (told.differences[0].rebuilt or "")
    assert compare(connections, client.account_id, RESOURCES).same


def test_reads_move_to_the_new_generation_and_the_old_one_goes_later(connections, new_client):
    client = new_client()
    client.add_customers("kept@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    progress: list[tuple[int, int]] = []
    rebuild(connections, client.account_id, RESOURCES, lambda *seen: progress.append(seen))
    head = client.books.head().position
    assert progress[-1] == (head, head)
    with reading(connections, client.account_id, RESOURCES) as rows:
        assert (rows.generation, rows.position) == (2, head)
    assert generations(connections, client) == [(1,), (2,)]
    delete_retired(connections, GROUPS)
    assert generations(connections, client) == [(1,), (2,)]
    delete_retired(connections, GROUPS, timedelta(0))
    assert generations(connections, client) == [(2,)]


def test_a_comparison_leaves_nothing_behind(connections, new_client):
    client = new_client()
    client.add_customers("kept@example.com")
    compare(connections, client.account_id, RESOURCES)
    assert generations(connections, client) == [(1,)]


def test_an_event_that_breaks_ends_a_rebuild_and_leaves_the_live_rows(connections, new_client):
    client = new_client()
    client.add_customers("fine@example.com", "bad@example.com")
    view = Fragile(poison=None)
    group = Group("fragile", [view])
    catch_up(connections, client.account_id, group)
    view.poison = "bad@example.com"
    with pytest.raises(RebuildStopped):
        rebuild(connections, client.account_id, group)
    assert generations(connections, client) == [(1,)]
    with reading(connections, client.account_id, group) as rows:
        assert (rows.generation, rows.stopped) == (1, False)


def test_the_proof_goes_on_where_an_event_cannot_be_folded(connections, new_client, monkeypatch):
    client = new_client()
    client.add_customers("fine@example.com", "bad@example.com")
    broken = Group("fragile", [Fragile(poison="bad@example.com")])
    monkeypatch.setattr(proof, "GROUPS", (broken, RESOURCES))
    store = PostgresStore(connections)
    (told,) = proof.breaches(connections, store, client.account_id)
    assert re.fullmatch(r"fragile cannot be folded again: event \d+ or later breaks", told)


def test_business_goes_on_during_rebuilds(connections, new_client):
    client, stop = new_client(), Event()
    written: list[str] = []

    def write():
        while not stop.is_set():
            written.extend(client.add_customers(f"{len(written)}@example.com"))
            upto = client.books.head().position
            shown = catch_up(connections, client.account_id, RESOURCES, upto, 20_000)
            assert shown.position >= upto

    writer = Thread(target=write)
    writer.start()
    try:
        told = [rebuild(connections, client.account_id, RESOURCES) for _ in range(3)]
    finally:
        stop.set()
        writer.join(30)
    assert all(each.same for each in told)
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        assert rows.generation == 4
        assert len(customers.TABLE.load(rows, written)) == len(written)
    assert compare(connections, client.account_id, RESOURCES).same


@pytest.mark.parametrize("again", [rebuild, compare])
def test_what_is_written_and_not_yet_shown_is_no_difference(
    connections, new_client, monkeypatch, again
):
    client = new_client()
    client.add_customers("before@example.com")
    begin = generations_module._begin_next

    def late(*arguments: Any) -> Any:
        client.add_customers(None)
        return begin(*arguments)

    monkeypatch.setattr(generations_module, "_begin_next", late)
    told = again(connections, client.account_id, RESOURCES)
    assert (told.same, told.position) == (True, client.books.head().position)
    assert compare(connections, client.account_id, RESOURCES).same


KILLED = """
import os, sys
from uuid import UUID
from projections import customers
from projections.generations import compare, rebuild
from projections.groups import RESOURCES
from store.connections import Connections
how = {"rebuild": rebuild, "compare": compare}[sys.argv[3]]
how(Connections(sys.argv[1]), UUID(sys.argv[2]), RESOURCES, lambda *_: os.kill(os.getpid(), 9))
"""


@pytest.mark.parametrize("how", ["rebuild", "compare"])
def test_what_was_killed_while_it_built_is_deleted_and_the_next_one_works(
    connections, new_client, database_url, how
):
    client = new_client()
    client.add_customers("kept@example.com")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, str(client.account_id), how], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert generations(connections, client) == [(1,), (2,)]
    assert rebuild(connections, client.account_id, RESOURCES).same
    delete_retired(connections, GROUPS, timedelta(0))
    assert generations(connections, client) == [(2,), (3,)], "it may be building still"
    with connections.connection() as connection:
        connection.execute("UPDATE leases SET leased_until = '2020-01-01'")
    delete_retired(connections, GROUPS, timedelta(0))
    assert generations(connections, client) == [(3,)]
    with connections.connection() as connection:
        left = "SELECT job FROM leases WHERE account_id = %s"
        assert connection.execute(left, [client.account_id]).fetchall() == []


def test_a_rebuild_that_was_given_up_for_dead_is_not_shown(connections, new_client):
    client = new_client()
    client.add_customers("kept@example.com")

    def asleep(*_):
        with connections.connection() as connection:
            connection.execute("UPDATE leases SET leased_until = '2020-01-01'")
        delete_retired(connections, GROUPS, timedelta(hours=1))

    with pytest.raises(RebuildStopped):
        rebuild(connections, client.account_id, RESOURCES, asleep)
    assert generations(connections, client) == [(1,)]
