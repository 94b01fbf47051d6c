"""Organisations over HTTP: their fields, their customers, and what deleting one leaves behind."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.commands import customers as commands
from domain.customers.organization import Organization
from domain.shared.errors import DomainError
from tests.api.conftest import SYSTEM
from tests.api.shapes import differences
from tests.api.test_refusals import refused

FIELDS = {
    "name": "Analytical Engines", "industry": "manufacturing", "website": "https://e.example",
    "email": "desk@engines.example", "phone": "+44 20 7946 0000", "tax_id": "GB 123",
    "old_provider_id": "O-1", "metadata": {"size": "small"},
}  # fmt: skip
ADDRESS = {"line1": "12 St James's Square", "city": "London", "country": "GB"}


@pytest.fixture
def organization(client):
    return client.made("/organizations", {**FIELDS, "address": ADDRESS})


def customers_of(client, ref):
    listed = client.get("/customers", params={"organization_id": ref}).json["data"]
    return {each["id"] for each in listed}


def exported(client, name, **params):
    answer = client.get(f"/exports/{name}.csv", params=params)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_every_field_is_taken_and_shown(client, organization):
    assert differences("organization", organization) == []
    assert {name: organization[name] for name in FIELDS} == FIELDS
    empty = {"line2": None, "state": None, "postal_code": None}
    assert organization["address"] == {**ADDRESS, **empty}
    assert organization["customers_count"] == 0
    assert client.get(f"/organizations/{organization['id']}").json == organization


def test_a_change_clears_with_null_and_leaves_the_rest(client, organization):
    path = f"/organizations/{organization['id']}"
    change = {"industry": None, "address": None, "metadata": {"size": None, "rank": "1"}}
    changed = client.patch(path, change).json
    assert (changed["industry"], changed["address"]) == (None, None)
    assert changed["metadata"] == {"rank": "1"}
    assert changed["tax_id"] == "GB 123"
    before = client.get(path, params={"as_of": "2026-01-01T00:00:00Z"}).json
    assert before["name"] == "Analytical Engines"


def test_it_is_listed_by_industry_and_by_words(client, organization):
    other = client.made("/organizations", {"name": "Difference & Co", "industry": "finance"})
    for params, found in [
        ({"industry": "finance"}, [other["id"]]),
        ({"q": "analytical"}, [organization["id"]]),
        ({"q": "engines.example"}, [organization["id"]]),
        ({"old_provider_id": "O-1"}, [organization["id"]]),
        ({"sort": "name"}, [organization["id"], other["id"]]),
    ]:
        listed = client.get("/organizations", params=params).json["data"]
        assert [each["id"] for each in listed] == found, params


def test_customers_join_move_and_leave(client, organization):
    other = client.made("/organizations", {"name": "Other"})
    one = client.made("/customers", {"organization_id": organization["id"]})
    two = client.made("/customers", {"organization_old_provider_id": "O-1"})
    assert two["organization_id"] == organization["id"]
    assert customers_of(client, organization["id"]) == {one["id"], two["id"]}
    path = f"/organizations/{organization['id']}"
    assert client.get(path).json["customers_count"] == 2
    moved = client.patch(f"/customers/{one['id']}", {"organization_id": other["id"]}).json
    assert moved["organization_id"] == other["id"]
    left = client.patch(f"/customers/{two['id']}", {"organization_id": None}).json
    assert left["organization_id"] is None
    assert client.get(path).json["customers_count"] == 0
    again = client.patch(f"/customers/{two['id']}", {"organization_old_provider_id": "O-1"}).json
    assert again["organization_id"] == organization["id"]
    cleared = client.patch(f"/customers/{two['id']}", {"organization_old_provider_id": None}).json
    assert cleared["organization_id"] is None


def test_as_of_counts_who_had_joined_by_then(client, organization):
    path, named = f"/organizations/{organization['id']}", {"organization_id": organization["id"]}
    client.made("/customers", named)
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    client.made("/customers", named)
    assert client.get(path).json["customers_count"] == 2
    then = client.get(path, params={"as_of": "2026-01-15T00:00:00Z"}).json
    assert then["customers_count"] == 1


def test_the_exports_name_it(client, organization):
    customer = client.made("/customers", {"organization_id": organization["id"]})
    (row,) = exported(client, "customers", organization_id=organization["id"])
    assert (row["id"], row["organization.id"]) == (customer["id"], organization["id"])
    assert row["organization.name"] == "Analytical Engines"
    (row,) = exported(client, "organizations", industry="manufacturing")
    assert (row["country"], row["customers_count"]) == ("GB", "1")
    assert exported(client, "organizations", industry="none") == []


def test_a_customer_shows_its_organization_nested(client, organization):
    client.made("/customers", {"organization_id": organization["id"]})
    (shown,) = client.get("/customers", params={"expand": "organization"}).json["data"]
    assert shown["organization"]["name"] == "Analytical Engines"
    assert shown["organization"]["customers_count"] == 1


def test_deleting_unlinks_its_customers_and_hides_it(client, organization):
    ref = organization["id"]
    made = [client.made("/customers", {"organization_id": ref}) for _ in range(3)]
    client.made("/test_clock/advance", {"to": "2026-03-01T00:00:00Z"})
    at = client.head
    gone = client.send("DELETE", f"/organizations/{ref}", headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.json["deleted"]) == (200, True), gone.text
    assert gone.json["customers_count"] == 0
    for customer in made:
        path = f"/customers/{customer['id']}"
        assert client.get(path).json["organization_id"] is None
        (last, _) = client.get(f"{path}/events").json["data"]
        assert (last["type"], last["data"]["changes"]) == (
            "customer.updated", {"organization_id": None},
        )  # fmt: skip
        assert last["reason"] == f"organization {ref} deleted"
        before = client.get(path, params={"as_of": "2026-02-01T00:00:00Z"}).json
        assert before["organization_id"] == ref
    assert customers_of(client, ref) == set()
    assert [row["organization.name"] for row in exported(client, "customers")] == ["", "", ""]
    assert exported(client, "organizations") == []
    assert client.get(f"/organizations/{ref}").status_code == 404
    assert client.get("/organizations").json["data"] == []
    assert client.head == at + 3 + 1


def test_a_deleted_one_is_not_there_any_more(client, organization):
    ref = organization["id"]
    customer = client.made("/customers", {})
    client.send("DELETE", f"/organizations/{ref}")
    at = client.head
    answer = client.post("/customers", {"organization_id": ref})
    refused(client, answer, 422, "not_found", at, "organization_id")
    answer = client.patch(f"/customers/{customer['id']}", {"organization_id": ref})
    refused(client, answer, 422, "not_found", at, "organization_id")
    answer = client.post("/customers", {"organization_old_provider_id": "O-1"})
    refused(client, answer, 422, "not_found", at, "organization_old_provider_id")
    refused(client, client.patch(f"/organizations/{ref}", {"name": "X"}), 404, "not_found", at)
    refused(client, client.send("DELETE", f"/organizations/{ref}"), 404, "not_found", at)
    assert client.made("/organizations", {"name": "Next", "old_provider_id": "O-1"})


def test_what_is_refused(client, stranger, organization):
    theirs = stranger.made("/organizations", {"name": "Theirs", "old_provider_id": "O-9"})
    at = client.head
    refused(client, client.post("/organizations", {}), 422, "required", at, "name")
    same = {"name": "Same", "old_provider_id": "O-1"}
    refused(client, client.post("/organizations", same), 422, "taken", at, "old_provider_id")
    nowhere = {"name": "X", "address": {"country": "XX"}}
    answer = client.post("/organizations", nowhere)
    refused(client, answer, 422, "unknown_country", at, "address.country")
    answer = client.post("/customers", {"organization_id": theirs["id"]})
    refused(client, answer, 422, "not_found", at, "organization_id")
    answer = client.post("/customers", {"organization_old_provider_id": "O-9"})
    refused(client, answer, 422, "not_found", at, "organization_old_provider_id")
    assert client.get(f"/organizations/{theirs['id']}").status_code == 404
    refused(client, client.send("DELETE", f"/organizations/{theirs['id']}"), 404, "not_found", at)
    assert client.get("/customers", params={"organization_id": theirs["id"]}).json["data"] == []


def test_whoever_joins_while_it_is_deleted_is_unlinked_or_refused(client, organization):
    """At no moment does a customer belong to a deleted organisation."""
    ref = organization["id"]

    def join(_: int) -> str | None:
        try:
            return commands.create_customer(
                client.books, commands.NewCustomer(organization_id=ref), SYSTEM
            ).ref
        except DomainError:
            return None

    with ThreadPoolExecutor(6) as pool:
        first = [each for each in pool.map(join, range(20)) if each]
        joining = pool.map(join, range(60))
        gone = client.send("DELETE", f"/organizations/{ref}")
        joined = [*first, *(each for each in joining if each)]
    while gone.status_code == 409:
        gone = client.send("DELETE", f"/organizations/{ref}")
    assert gone.status_code == 200, gone.text
    assert client.books.load(Organization, ref).deleted
    for customer in joined:
        found = client.get(f"/customers/{customer}", headers={"Ledger-Position": str(client.head)})
        assert found.json["organization_id"] is None
    assert client.books.claimants(f"customer_of:{ref}", 10) == []


def test_a_deletion_cut_off_has_not_begun(client, organization, monkeypatch):
    """All of its customers or none: what was unlinked by then is linked still."""
    monkeypatch.setattr("domain.commands.organizations.AGGREGATES_AN_APPEND", 2)
    ref = organization["id"]
    made = [client.made("/customers", {"organization_id": ref})["id"] for _ in range(5)]
    books, calls, before = type(client.books), [], client.head
    record = books.record_in_bulk

    def die_at_the_second(self, groups, by):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return record(self, groups, by)

    with monkeypatch.context() as patched:
        patched.setattr(books, "record_in_bulk", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            client.send("DELETE", f"/organizations/{ref}", key="delete")
    assert client.head == before
    assert client.get(f"/organizations/{ref}").json["customers_count"] == 5
    assert len(customers_of(client, ref)) == 5
    gone = client.send("DELETE", f"/organizations/{ref}", key="delete")
    assert gone.status_code == 200
    assert customers_of(client, ref) == set()
    assert all(client.get(f"/customers/{each}").json["organization_id"] is None for each in made)
    again = client.send("DELETE", f"/organizations/{ref}", key="delete")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == gone.json


def test_it_is_found_by_how_many_belong_to_it(client, organization):
    client.made("/customers", {"organization_id": organization["id"]})
    client.made("/organizations", {"name": "Nobody's"})
    for query in ({"customers_count": "1"}, {"customers_count[gte]": "1"}):
        listed = client.get("/organizations", params=query).json["data"]
        assert [each["id"] for each in listed] == [organization["id"]]
        assert client.get("/exports/organizations.csv", params=query).text.count("\r\n") == 2
