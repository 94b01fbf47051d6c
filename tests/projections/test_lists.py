"""Lists and exports: the same rows in the same order, pages that hold still, clear refusals."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.commands import catalog
from domain.shared.errors import Invalid
from projections import cursors, lists, pages
from projections.event_file import EventFile
from projections.event_log import page_of_events
from projections.exports import write_csv
from projections.groups import RESOURCES
from projections.pages import page
from projections.reading import reading
from projections.resources import BY_NAME
from projections.runner import catch_up
from tests.simulation.world import ACT

EXPORTED = [each for each in BY_NAME.values() if each.export]
SAMPLES = {
    "text": ["active", "digital", "no such thing", "Plan 0", "INV-000001"],
    "bigint": ["0", "1", "999", "3100", "-3"],
    "boolean": ["true", "false"],
    "timestamptz": [
        "2024-01-01",
        "2024-02-15",
        "2024-03-01T00:00:00Z",
        "2024-04-02T12:30:00+02:00",
    ],
    "date": ["2024-02-15"],
    "numeric": ["0.19", "25", "-1"],
    "texts": ["digital", "print"],
    "old_id": ["C-1", "none"],
    "metadata": ["x", "print"],
}


@st.composite
def queries(draw, listing):
    """Any filters of the list, each in any of its relations, an order, and words."""
    query = {}
    fields = sorted(listing.fields.values(), key=lambda each: each.name)
    for field in draw(st.lists(st.sampled_from(fields), max_size=3, unique_by=id)):
        relations = ["", "[gte]", "[gt]", "[lte]", "[lt]"] if field.ranges else [""]
        relation = draw(st.sampled_from(["[desk]"] if field.kind == "metadata" else relations))
        values = sorted(field.choices or SAMPLES[field.kind])
        query[field.name + relation] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        names = sorted(listing.sorts)
        query["sort"] = draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(names))
    if draw(st.booleans()):
        query["q"] = draw(st.sampled_from(["reader", "plan 1", "INV", "100%", "a_", "\\", "é"]))
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
        for name in resource.listing.sorts:
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


@pytest.mark.parametrize(("name", "query", "field"), [
    ("invoices", {"status": "payed"}, "status"),
    ("subscriptions", {"collection_method": "by_mail"}, "collection_method"),
    ("plans", {"interval": "fortnight"}, "interval"),
    ("payments", {"currency": "XXZ"}, "currency"),
    ("customers", {"metadata": "x"}, "metadata"),
    ("customers", {"metadata[]": "x"}, "metadata[]"),
    ("customers", {"email[gte]": "x"}, "email[gte]"),
    ("customers", {"created_at[ne]": "2024-01-01"}, "created_at[ne]"),
    ("customers", {"q": "x" * 201}, "q"),
])  # fmt: skip
def test_a_value_or_relation_that_cannot_be_is_refused(name, query, field):
    with pytest.raises(Invalid) as refused:
        lists.parse(BY_NAME[name].listing, query, "UTC")
    assert [each.field for each in refused.value.fields] == [field]


def test_metadata_is_matched_key_by_key(connections, new_client):
    client = new_client()
    one, two = (client.add_customers(f"{desk}@m.example", metadata={"desk": desk, "n": "1"})[0]
                for desk in ("print", 'o"dd [x]'))  # fmt: skip
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        resource = BY_NAME["customers"]
        assert listed(rows, resource, {"metadata[desk]": "print"}, 10) == [one]
        assert listed(rows, resource, {"metadata[desk]": 'o"dd [x]', "metadata[n]": "1"}, 10) == [
            two
        ]
        assert listed(rows, resource, {"metadata[n]": "1", "sort": "id"}, 10) == sorted([one, two])
        assert listed(rows, resource, {"metadata[n]": "2"}, 10) == []


def test_absent_values_come_last_in_both_directions(connections, new_client):
    client = new_client()
    named = [client.add_customers(None, last_name=name)[0] for name in ("b", "a", "c")]
    absent = client.add_customers(None, None)
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        for sort, expected in (
            ("last_name", [named[1], named[0], named[2], *absent]),
            ("-last_name", [named[2], named[0], named[1], *reversed(absent)]),
        ):
            for limit in (1, 2, 5):
                resource = BY_NAME["customers"]
                assert listed(rows, resource, {"sort": sort}, limit) == expected
            assert exported(rows, BY_NAME["customers"], {"sort": sort}) == expected


def test_a_rare_word_and_a_frequent_one_page_alike(connections, new_client, monkeypatch):
    """The rows looked through first hold all, some or none of those that match."""
    client = new_client()
    refs = client.add_customers(
        *(f"{'odd' if at % 3 else 'even'}{at}@example.com" for at in range(20))
    )
    catch_up(connections, client.account_id, RESOURCES)
    expected = [ref for at, ref in enumerate(refs) if at % 3][::-1]
    with reading(connections, client.account_id, RESOURCES) as rows:
        for near in (1, 4, 100):
            monkeypatch.setattr(pages, "LOOKED_THROUGH", near)
            assert listed(rows, BY_NAME["customers"], {"q": "ODD example"}, 2) == expected
            assert listed(rows, BY_NAME["customers"], {"q": "nobody"}, 2) == []


def test_a_cursor_of_another_filter_is_refused(connections, busy):
    resource = BY_NAME["invoices"]
    with reading(connections, busy.account_id, RESOURCES) as rows:
        cursor = page(rows, resource, {"limit": "1", "status": "paid"}, "UTC").next_cursor or ""
        assert page(rows, resource, {"limit": "9", "status": "paid", "cursor": cursor}, "UTC").data
        for other in ({}, {"status": "open"}, {"status": "paid", "q": "a"}):
            with pytest.raises(Invalid) as refused:
                page(rows, resource, {**other, "cursor": cursor}, "UTC")
            assert refused.value.fields[0].code == "invalid_cursor"


def test_a_forged_cursor_cannot_hold_what_the_column_cannot(connections, busy):
    resource = BY_NAME["invoices"]
    filters = lists.parse(resource.listing, {}, "UTC")
    scope = f"invoices -created_at {filters.digest}"
    with reading(connections, busy.account_id, RESOURCES) as rows:
        for value in ("yesterday", 5, None, True):
            forged = cursors.write_cursor(busy.account_id, scope, value, "inv_1")
            with pytest.raises(Invalid):
                page(rows, resource, {"cursor": forged}, "UTC")


def test_old_ids_find_what_refers_to_them(connections, new_client):
    client = new_client()
    ref = client.add_customers("old@example.com", old_provider_id="C-1")[0]
    client.add_customers("new@example.com")
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        assert listed(rows, BY_NAME["customers"], {"old_provider_id": "C-1"}, 9) == [ref]
        query = {"customer_old_provider_id": "C-1"}
        assert listed(rows, BY_NAME["subscriptions"], query, 9) == []
        assert listed(rows, BY_NAME["invoices"], query, 9) == []


EVENT_FILTERS = st.fixed_dictionaries({}, optional={
    "type": st.sampled_from(["customer.created", "invoice.issued", "payment.succeeded"]),
    "actor": st.sampled_from(["simulation", "scheduler", "test"]),
    "triggered_by": st.sampled_from(["api", "scheduler"]),
    "recorded_at[gte]": st.sampled_from(SAMPLES["timestamptz"]),
    "created_at[lt]": st.sampled_from(SAMPLES["timestamptz"]),
    "position[gt]": st.sampled_from(["5", "40", "9999"]),
    "sort": st.sampled_from(["position", "-created_at", "recorded_at"]),
})  # fmt: skip


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=EVENT_FILTERS)
def test_the_log_and_its_file_select_the_same_events(connections, busy, query):
    with reading(connections, busy.account_id, RESOURCES) as rows:
        ids, cursor = [], None
        while ids == [] or cursor is not None:
            more = {} if cursor is None else {"cursor": cursor}
            found = page_of_events(rows, {**query, **more, "limit": "100"}, "UTC")
            ids += [each["id"] for each in found.data]
            cursor = found.next_cursor
            if not ids:
                break
        file = EventFile.asked(query, "UTC")
        text = b"".join(file.write(rows, "csv")).decode()
        assert [line[0] for line in csv.reader(io.StringIO(text, newline=""))][1:] == ids
        assert file.count(rows) == len(ids)


def test_pages_hold_still_while_rows_go(connections, new_client):
    """A row that is gone is left out, also the one a cursor ends at: the rest stays in order."""
    client = new_client()
    made = [
        catalog.create_product(client.books, catalog.NewProduct(name=f"P{at}"), ACT).ref
        for at in range(6)
    ]
    catch_up(connections, client.account_id, RESOURCES)
    resource = BY_NAME["products"]
    with reading(connections, client.account_id, RESOURCES) as rows:
        first = page(rows, resource, {"limit": "2"}, "UTC")
    for gone in (made[4], made[2]):
        catalog.delete_product(client.books, gone, ACT)
    catch_up(connections, client.account_id, RESOURCES)
    with reading(connections, client.account_id, RESOURCES) as rows:
        rest = page(rows, resource, {"cursor": first.next_cursor or ""}, "UTC")
    assert [each["id"] for each in first.data] == [made[5], made[4]]
    assert [each["id"] for each in rest.data] == [made[3], made[1], made[0]]
