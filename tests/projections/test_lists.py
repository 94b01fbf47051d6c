"""Lists and exports: the same rows in the same order, pages that hold still, clear refusals."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.shared.errors import Invalid
from projections import lists
from projections.exports import write_csv
from projections.groups import RESOURCES
from projections.reading import reading
from projections.resource import page
from projections.resources import BY_NAME
from projections.runner import catch_up

EXPORTED = [each for each in BY_NAME.values() if each.export]
SAMPLES = {
    "text": ["active", "open", "paid", "USD", "digital", "no such thing", "Plan 0"],
    "bigint": ["0", "1", "999", "-3"],
    "boolean": ["true", "false"],
    "timestamptz": [
        "2024-01-01",
        "2024-02-15",
        "2024-03-01T00:00:00Z",
        "2024-04-02T12:30:00+02:00",
    ],
}


@st.composite
def queries(draw, listing):
    columns = list(listing.columns.values())
    query = {}
    for column in draw(st.lists(st.sampled_from(columns), max_size=2, unique_by=id)):
        kind = column.elements.sql_type
        relation = draw(st.sampled_from(["", "[gte]", "[lt]"])) if kind != "text" else ""
        relation = "" if kind == "boolean" else relation
        query[column.name + relation] = draw(st.sampled_from(SAMPLES[kind]))
    if draw(st.booleans()):
        query["sort"] = draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(columns)).name
    if draw(st.booleans()):
        query["q"] = draw(st.sampled_from(["reader", "plan 1", "INV", "100%", "a_", "\\"]))
    return query


def listed(rows, resource, query, limit):
    ids, cursor = [], None
    while True:
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        found = page(rows, resource, {**query, **more, "limit": str(limit)}, "UTC")
        ids += [each["id"] for each in found.data]
        cursor = found.next_cursor
        if cursor is None:
            return ids


def exported(rows, resource, query):
    filters = lists.parse(resource.listing, query, "UTC")
    text = b"".join(write_csv(rows, resource.export, filters)).decode()
    return [line[0] for line in csv.reader(io.StringIO(text, newline=""))][1:]


@pytest.mark.parametrize("resource", EXPORTED, ids=lambda each: each.name)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_list_and_its_export_select_the_same_rows(connections, busy, resource, data):
    query = data.draw(queries(resource.listing))
    limit = data.draw(st.sampled_from([3, 7, 100]))
    with reading(connections, busy.account_id, RESOURCES) as rows:
        ids = listed(rows, resource, query, limit)
        assert ids == exported(rows, resource, query)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("resource", EXPORTED, ids=lambda each: each.name)
def test_every_sort_order_pages_through_everything(connections, busy, resource):
    with reading(connections, busy.account_id, RESOURCES) as rows:
        everything = set(listed(rows, resource, {}, 100))
        for name in resource.listing.columns:
            for sort in (name, f"-{name}"):
                limit = max(len(everything) // 3, 1)
                ids = listed(rows, resource, {"sort": sort}, min(limit, 100))
                assert len(ids) == len(everything), sort
                assert set(ids) == everything, sort


def test_pages_hold_still_while_rows_are_added(connections, new_client):
    client = new_client()
    early = client.add_customers(*(f"{at}@example.com" for at in range(5)))
    catch_up(connections, client.account_id, RESOURCES)
    resource = BY_NAME["customers"]
    with reading(connections, client.account_id, RESOURCES) as rows:
        first = page(rows, resource, {"limit": "2"}, "UTC")
    client.add_customers("late@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        rest = page(rows, resource, {"cursor": first.next_cursor or ""}, "UTC")
    assert [each["id"] for each in first.data + rest.data] == early[::-1]


@pytest.mark.parametrize("spoil", [
    lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
    lambda cursor: "A" + cursor[1:] if cursor[0] != "A" else "B" + cursor[1:],
    lambda cursor: cursor[: len(cursor) // 2],
    lambda _: "",
    lambda _: "not a cursor",
    lambda _: "é",
])  # fmt: skip
def test_a_mangled_cursor_is_refused(connections, busy, spoil):
    resource = BY_NAME["invoices"]
    with reading(connections, busy.account_id, RESOURCES) as rows:
        cursor = page(rows, resource, {"limit": "1"}, "UTC").next_cursor
        with pytest.raises(Invalid) as refused:
            page(rows, resource, {"cursor": spoil(cursor)}, "UTC")
    assert refused.value.fields[0].field == "cursor"


@pytest.mark.parametrize(("name", "query"), [
    ("payments", {}),
    ("invoices", {"sort": "created_at"}),
])  # fmt: skip
def test_a_cursor_of_another_list_is_refused(connections, busy, name, query):
    with reading(connections, busy.account_id, RESOURCES) as rows:
        cursor = page(rows, BY_NAME["invoices"], {"limit": "1"}, "UTC").next_cursor or ""
        with pytest.raises(Invalid):
            page(rows, BY_NAME[name], {**query, "cursor": cursor}, "UTC")


def test_a_cursor_of_another_account_is_refused(connections, busy, new_client):
    other = new_client()
    catch_up(connections, other.account_id, RESOURCES)
    with reading(connections, busy.account_id, RESOURCES) as rows:
        cursor = page(rows, BY_NAME["invoices"], {"limit": "1"}, "UTC").next_cursor or ""
    with reading(connections, other.account_id, RESOURCES) as rows, pytest.raises(Invalid):
        page(rows, BY_NAME["invoices"], {"cursor": cursor}, "UTC")


def test_every_wrong_filter_is_named_at_once():
    query = {
        "colour": "red", "due_at": "1", "created_at[gte]": "yesterday", "quantity": "two",
        "auto_renew": "1", "status[gte]": "active", "sort": "phase_id",
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        lists.parse(BY_NAME["subscriptions"].listing, query, "UTC")
    assert {each.field: each.code for each in refused.value.fields} == {
        "sort": "unknown_sort",
        "colour": "unknown_filter",
        "due_at": "unknown_filter",
        "created_at[gte]": "invalid_value",
        "quantity": "invalid_value",
        "auto_renew": "invalid_value",
        "status[gte]": "unknown_filter",
    }


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", ""])
def test_a_limit_outside_1_to_100_is_refused(connections, busy, limit):
    with reading(connections, busy.account_id, RESOURCES) as rows, pytest.raises(Invalid):
        page(rows, BY_NAME["customers"], {"limit": limit}, "UTC")


def test_a_bare_date_is_midnight_in_the_accounts_time_zone(connections, new_client):
    client = new_client()
    client.add_customers("new@year.example")  # at midnight UTC, an hour later in Berlin
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        query = {"created_at[lt]": "2024-01-01"}
        assert page(rows, BY_NAME["customers"], query, "America/New_York").data
        assert not page(rows, BY_NAME["customers"], query, "UTC").data


def test_search_takes_every_word_as_it_is_written(connections, new_client):
    client = new_client()
    ann, odd = client.add_customers("ann@example.com", "50%_off\\@example.com", last_name="Lee")
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:

        def found(sought):
            data = page(rows, BY_NAME["customers"], {"q": sought, "sort": "id"}, "UTC").data
            return [each["id"] for each in data]

        assert found("ANN lee") == [ann]
        assert found("lee") == sorted([ann, odd])
        assert found("50%_") == [odd]
        assert found("f\\@") == [odd]
        assert found("a%n") == []


def test_an_email_is_found_in_any_case(connections, new_client):
    client = new_client()
    ref = client.add_customers("Ann@Example.com")[0]
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        data = page(rows, BY_NAME["customers"], {"email": "aNN@example.COM"}, "UTC").data
    assert [each["id"] for each in data] == [ref]
