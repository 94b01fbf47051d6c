"""What a write shows to its writer is what the runner would have projected, or nothing at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.errors import LockNotAvailable

from domain.commands.customers import update_customer
from domain.shared.errors import ClaimTaken, NotFound
from projections.customers import CUSTOMERS
from projections.group import Group
from projections.groups import RESOURCES
from projections.reading import reading
from projections.resource import get
from projections.runner import catch_up, look
from projections.showing import Showing
from projections.tracking import TAKEN, Place, lease
from projections.turns import TURNS
from store.connections import Connections
from tests.projections.conftest import ACT
from tests.projections.fragile import Fragile
from tests.projections.test_runner import leased

NOTHING_IS_WAITED_FOR_MS = 1


def shown(connections, client, ref, group=RESOURCES, wait_ms=500):
    return showing(connections, client, group).show(
        wait_ms, lambda now: (get(now, CUSTOMERS, ref), now.position)
    )


def showing(connections, client, group=RESOURCES, changed=None):
    return Showing(connections, client.account_id, group, changed)


def position(connections, client, group=RESOURCES):
    with connections.connection() as connection:
        return look(connection, Place(client.account_id, group.name)).position


@pytest.fixture
def client(connections, new_client):
    """Its generation was begun, as the runner does it."""
    made = new_client()
    catch_up(connections, made.account_id, RESOURCES)
    return made


def test_a_write_is_shown_as_a_reader_sees_it(connections, client):
    ref = client.add_customers("a@example.com", first_name="Ada")[0]
    resource, at = shown(connections, client, ref)
    assert at == position(connections, client) == client.books.head().position
    with reading(connections, client.account_id, RESOURCES) as now:
        assert get(now, CUSTOMERS, ref) == resource
        assert now.position == at


def test_what_others_wrote_before_is_shown_with_it(connections, client):
    first, second = client.add_customers("a@example.com", "b@example.com")
    shown(connections, client, second)
    with reading(connections, client.account_id, RESOURCES) as now:
        assert get(now, CUSTOMERS, first)["email"] == "a@example.com"
    assert shown(connections, client, first)[0]["email"] == "a@example.com"


def test_statements_that_the_server_forgot_are_told_again(database_url, client):
    single = Connections(database_url, size=1)
    first, second = client.add_customers("a@example.com", "b@example.com")
    assert shown(single, client, second) is not None
    with single.connection() as connection:
        for _ in range(10):
            connection.execute("SELECT 1", prepare=True)
        connection.rollback()
    third = client.add_customers("c@example.com")[0]
    assert shown(single, client, third)[0]["email"] == "c@example.com"
    assert shown(single, client, first) is not None
    single.close()


def test_many_writers_at_once_miss_nothing_and_repeat_nothing(connections, client):
    def write(at):
        ref = client.add_customers(f"{at}@example.com")[0]
        found = shown(connections, client, ref)
        return found is not None and found[0]["email"] == f"{at}@example.com"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(40)))
    assert position(connections, client) == client.books.head().position


def test_without_a_generation_it_is_left_to_the_runner(connections, new_client):
    fresh = new_client()
    ref = fresh.add_customers(None)[0]
    assert shown(connections, fresh, ref) is None


def test_a_lease_held_by_another_is_waited_for_only_so_long(connections, client):
    ref = client.add_customers(None)[0]
    with leased(connections, client, RESOURCES):
        assert shown(connections, client, ref, wait_ms=NOTHING_IS_WAITED_FOR_MS) is None
    assert shown(connections, client, ref) is not None


def test_what_is_far_behind_is_left_to_the_worker(connections, client):
    before = position(connections, client)
    refs = client.add_customers(*[None] * (TAKEN + 1))
    assert shown(connections, client, refs[-1]) is None
    assert position(connections, client) == before


def test_what_breaks_is_rolled_back_for_the_runner_to_find(connections, new_client):
    client, group = new_client(), Group("fragile", [Fragile("poison@example.com")])
    catch_up(connections, client.account_id, group)
    before = position(connections, client, group)
    ref = client.add_customers("poison@example.com")[0]
    assert shown(connections, client, ref, group) is None
    assert position(connections, client, group) == before
    assert catch_up(connections, client.account_id, group).stopped
    assert shown(connections, client, ref, group) is None


def test_a_read_that_fails_moves_nothing(connections, client):
    client.add_customers(None)
    before = position(connections, client)

    def fail(_):
        raise NotFound

    assert showing(connections, client).show(500, fail) is None
    assert position(connections, client) == before


def test_what_anothers_turn_showed_is_left_to_be_read(connections, client, monkeypatch):
    ref = client.add_customers("a@example.com")[0]
    at = client.books.head().position
    assert TURNS.of(Place(client.account_id, RESOURCES.name)).shown == 0, "nobody has a turn"
    turn = TURNS.of(Place(client.account_id, RESOURCES.name))
    assert shown(connections, client, ref) is not None
    assert turn.shown == at
    monkeypatch.setattr(connections, "connection", lambda: pytest.fail("it asked the database"))
    assert showing(connections, client).show(500, lambda now: now, position=at) is None


def test_a_turn_is_not_waited_for_longer_than_the_lease(connections, client):
    ref = client.add_customers("a@example.com")[0]
    with TURNS.of(Place(client.account_id, RESOURCES.name)).within(1):
        assert shown(connections, client, ref, wait_ms=NOTHING_IS_WAITED_FOR_MS) is None
    assert shown(connections, client, ref) is not None


def test_a_row_that_is_foreseen_is_read_with_the_lease(connections, client):
    """Also where it was foreseen in a generation that is not shown any more, or is not there."""
    ref = client.add_customers("a@example.com")[0]
    shown(connections, client, ref)

    def first_name(now):
        return get(now, CUSTOMERS, ref)["first_name"]

    for changed in ((CUSTOMERS.table, ref), (CUSTOMERS.table, "cus_none")):
        update_customer(client.books, ref, {"first_name": changed[1]}, ACT)
        found = showing(connections, client, changed=changed).show(500, first_name)
        assert found == changed[1]


def is_free(connections, client):
    try:
        with connections.connection() as connection, connection.transaction():
            lease(connection.cursor(), Place(client.account_id, RESOURCES.name), None)
        return True
    except LockNotAvailable:
        return False


@pytest.fixture
def behind(client):
    """Puts a showing behind the client's appends, until the end of the test."""
    yield lambda each: setattr(client.books.recorder, "behind", each)
    client.books.recorder.behind = None


def test_what_was_begun_behind_an_append_is_shown(connections, client, behind):
    first = showing(connections, client)
    behind(first)
    ref = client.add_customers("a@example.com")[0]
    assert not is_free(connections, client), "the lease was taken with the append"
    at = client.books.head().position
    assert first.show(500, lambda now: (get(now, CUSTOMERS, ref)["email"], now.position)) == (
        "a@example.com",
        at,
    )
    assert position(connections, client) == at


def test_what_others_wrote_is_shown_with_what_was_begun(connections, client, behind):
    """Not the writer's own alone: it is read from the log."""
    (other,) = client.add_customers("a@example.com")
    first = showing(connections, client)
    behind(first)
    (ref,) = client.add_customers("b@example.com")
    assert first.show(500, lambda now: get(now, CUSTOMERS, ref)["email"]) == "b@example.com"
    with reading(connections, client.account_id, RESOURCES) as now:
        assert get(now, CUSTOMERS, other)["email"] == "a@example.com"
        assert now.position == client.books.head().position


def test_all_that_a_writer_appended_is_shown(connections, client, behind):
    """Also before it asked somebody outside; and not with another's taken for its own."""
    (ref,) = client.add_customers("a@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    for between in (False, True):
        first = showing(connections, client, changed=(CUSTOMERS.table, ref))
        behind(first)
        client.books.recorder.asking = True
        update_customer(client.books, ref, {"first_name": f"Ada {between}"}, ACT)
        asked = client.books.head().position
        behind(None)
        if between:  # as many are left to be shown as it appended
            update_customer(client.books, ref, {"metadata": {"by": "another"}}, ACT)
            catch_up(connections, client.account_id, RESOURCES, upto=asked, batch=1)
        behind(first)
        client.books.recorder.asking = False
        update_customer(client.books, ref, {"last_name": f"Lovelace {between}"}, ACT)
        shown = first.show(500, lambda now: get(now, CUSTOMERS, ref))
        assert (shown["first_name"], shown["last_name"]) == (
            f"Ada {between}",
            f"Lovelace {between}",
        )
        assert shown["metadata"] == ({"by": "another"} if between else {})
        assert shown["version"] == (6 if between else 3)


def test_who_stands_still_with_the_lease_is_sent_away(connections, client):
    ref = client.add_customers("a@example.com")[0]
    setting = "SELECT current_setting('idle_in_transaction_session_timeout'), %(account)s::uuid"
    kept = showing(connections, client).show(500, lambda now: now.select(setting, {})[0][0])
    assert kept == "5s"
    with connections.connection() as connection:
        after = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    assert after == ("0",)
    assert shown(connections, client, ref) is not None


def test_what_was_begun_and_not_shown_is_undone(connections, client, behind):
    before = position(connections, client)
    first = showing(connections, client)
    behind(first)
    client.add_customers("a@example.com")
    first.end()
    assert position(connections, client) == before
    assert shown(connections, client, client.add_customers("b@example.com")[0]) is not None


def test_a_second_append_gives_the_lease_back(connections, client, behind):
    first = showing(connections, client)
    behind(first)
    ref = client.add_customers("a@example.com", "b@example.com")[1]
    assert first.appended_again
    assert is_free(connections, client)
    at = client.books.head().position
    assert first.show(500, lambda now: get(now, CUSTOMERS, ref), position=at) is not None


def test_an_append_goes_on_where_the_lease_is_anothers(connections, client, behind):
    first = showing(connections, client)
    behind(first)
    with leased(connections, client, RESOURCES):
        ref = client.add_customers("a@example.com")[0]
    assert not first.appended_again
    assert first.show(500, lambda now: get(now, CUSTOMERS, ref)["email"]) == "a@example.com"


def test_a_refused_append_leaves_nothing_held(connections, client, behind):
    client.add_customers("a@example.com")
    first = showing(connections, client)
    behind(first)
    with pytest.raises(ClaimTaken):
        client.add_customers("a@example.com")
    assert is_free(connections, client)
    ref = client.add_customers("b@example.com")[0]
    assert first.show(500, lambda now: get(now, CUSTOMERS, ref)["email"]) == "b@example.com"
