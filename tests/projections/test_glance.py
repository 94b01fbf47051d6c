"""An answer in one round trip: the rows and the position they show, of one generation."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.shared.errors import NotFound
from projections import pages, resource
from projections.customers import CUSTOMERS
from projections.generations import rebuild
from projections.glance import Glance
from projections.groups import RESOURCES
from projections.reading import reading
from projections.runner import catch_up
from projections.ways import FIND_IN_INDEX, WALK


def glance(connections, client):
    return Glance(connections, client.account_id, RESOURCES)


def test_a_page_is_the_same_at_a_glance(connections, busy):
    for query in ({}, {"sort": "-email", "limit": "3"}, {"first_name": "Reader", "sort": "email"}):
        asked = glance(connections, busy)
        shown = pages.page(asked, CUSTOMERS, query, "UTC")
        with reading(connections, busy.account_id, RESOURCES) as now:
            assert pages.page(now, CUSTOMERS, query, "UTC") == shown
            assert (now.position, now.head) == (asked.shown.position, asked.shown.head)


def test_a_customer_is_the_same_at_a_glance(connections, busy):
    with reading(connections, busy.account_id, RESOURCES) as now:
        for each in pages.page(now, CUSTOMERS, {"limit": "100"}, "UTC").data:
            ref = each["id"]
            assert resource.get(now, CUSTOMERS, ref) == each
            assert resource.one(glance(connections, busy), CUSTOMERS, ref) == each


def test_what_was_rebuilt_is_found_where_it_is_now(connections, new_client):
    client = new_client()
    (ref,) = client.add_customers("kept@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    for generation in (1, 2, 3):
        asked = glance(connections, client)
        assert resource.one(asked, CUSTOMERS, ref)["email"] == "kept@example.com"
        assert asked.shown.generation == generation
        rebuild(connections, client.account_id, RESOURCES)


def test_others_see_nothing_of_it(connections, busy, new_client):
    stranger = new_client()
    catch_up(connections, stranger.account_id, RESOURCES)
    theirs = pages.page(glance(connections, busy), CUSTOMERS, {}, "UTC").data[0]
    with pytest.raises(NotFound):
        resource.one(glance(connections, stranger), CUSTOMERS, theirs["id"])
    with pytest.raises(NotFound):
        Glance(connections, uuid4(), RESOURCES).select("SELECT 1", {})


def test_before_anything_was_asked_nothing_is_shown(connections, busy):
    with pytest.raises(LookupError):
        _ = glance(connections, busy).shown


def test_a_statement_is_steered_and_the_next_one_is_not(connections, busy):
    looked = "SELECT current_setting('enable_sort'), current_setting('enable_seqscan')"
    with connections.connection() as connection:
        usual = connection.execute(looked).fetchone()
    asked = glance(connections, busy)
    for way, settings in ((WALK, ("off", "off")), (FIND_IN_INDEX, ("on", "off"))):
        assert asked.steered(way, looked, {}) == [settings]
        assert asked.shown.generation == 1
        assert asked.select(looked, {}) == [usual]
