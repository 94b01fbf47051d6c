"""A resource as it was equals what was shown then, at every position and instant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.commands import customers
from domain.commands.accounts import advance_clock
from domain.shared.errors import NotFound
from projections.groups import RESOURCES
from projections.pages import page
from projections.reading import reading
from projections.resource import get
from projections.resources import BY_NAME, as_of
from projections.runner import catch_up
from tests.simulation.world import ACT


def shown(connections, client):
    """Every resource as it is shown now, by name and id, and the position."""
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        every = {
            (name, each["id"]): each
            for name, resource in BY_NAME.items()
            for each in page(rows, resource, {"limit": "100"}, "UTC").data
        }
        return rows.position, every


def test_as_of_a_position_is_what_was_shown_then(connections, new_client):
    client = new_client(seed=3)
    seen = []
    for _ in range(30):
        client.world.step()
        seen.append(shown(connections, client))
    checked = 0
    with reading(connections, client.account_id, RESOURCES) as rows:
        for position, then in seen[::6]:
            for (name, ref), resource in then.items():
                assert as_of(rows, BY_NAME[name], ref, position) == resource
                checked += 1
    assert checked > 20


def test_as_of_an_instant_is_what_was_shown_then(connections, new_client):
    client = new_client()
    ref = client.add_customers("before@example.com")[0]
    _, then = shown(connections, client)
    moved = client.books.now() + timedelta(days=10)
    advance_clock(client.books, moved, ACT)
    customers.update_customer(client.books, ref, {"email": "after@example.com"}, ACT)
    _, now = shown(connections, client)
    resource, key = BY_NAME["customers"], ("customers", ref)
    with reading(connections, client.account_id, RESOURCES) as rows:
        assert as_of(rows, resource, ref, moved - timedelta(microseconds=1)) == then[key]
        assert as_of(rows, resource, ref, moved) == now[key]
        assert get(rows, resource, ref) == now[key]
        assert now[key]["email"] == "after@example.com"


@pytest.mark.parametrize("ref", ["cus_01h00000000000000000000000", "nonsense", ""])
def test_what_was_not_there_is_not_found(connections, new_client, ref):
    client = new_client()
    with reading(connections, client.account_id, RESOURCES) as rows:
        with pytest.raises(NotFound):
            as_of(rows, BY_NAME["customers"], ref, 1000)
        with pytest.raises(NotFound):
            get(rows, BY_NAME["customers"], ref)


def test_a_thing_is_not_found_before_it_was_made_nor_under_another_kind(connections, new_client):
    client = new_client()
    before = client.books.head().position
    ref = client.add_customers("new@example.com")[0]
    with reading(connections, client.account_id, RESOURCES) as rows:
        assert as_of(rows, BY_NAME["customers"], ref, before + 1)["email"] == "new@example.com"
        with pytest.raises(NotFound):
            as_of(rows, BY_NAME["customers"], ref, before)
        with pytest.raises(NotFound):
            as_of(rows, BY_NAME["invoices"], ref, before + 1)
