"""Addresses over HTTP: partial ones, one default of each type, whatever happens at once."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.shapes import differences
from tests.api.test_refusals import refused

LINE = {"line1": "12 St James's Square", "country": "GB"}
FULL = {
    **LINE, "type": "billing", "first_name": "Ada", "last_name": "Lovelace", "company": "Engines",
    "line2": "Ground floor", "city": "London", "state": "Greater London",
    "postal_code": "SW1Y 4JH", "old_provider_id": "A-1",
}  # fmt: skip
NULLABLE = ["first_name", "last_name", "company", "line2", "city", "state", "postal_code"]


@pytest.fixture
def customer(client):
    return client.made("/customers", {"email": "ada@example.org", "old_provider_id": "C-1"})


@pytest.fixture
def home(customer):
    return f"/customers/{customer['id']}/addresses"


def defaults(client, home):
    """The ids of the default addresses by type; each type has one at most."""
    listed = client.get(home, params={"is_default": "true"}).json["data"]
    assert len({each["type"] for each in listed}) == len(listed)
    return {each["type"]: each["id"] for each in listed}


def test_every_field_is_taken_and_shown(client, customer):
    made = client.made("/addresses", {**FULL, "customer_old_provider_id": "C-1"})
    assert differences("address", made) == []
    assert {name: made[name] for name in FULL} == FULL
    assert (made["customer_id"], made["is_default"]) == (customer["id"], True)
    assert client.get(f"/addresses/{made['id']}").json == made
    (listed,) = client.get("/addresses", params={"old_provider_id": "A-1"}).json["data"]
    assert listed == made


def test_only_a_line_and_a_country_are_needed(client, home):
    made = client.made(home, {**LINE, **dict.fromkeys(NULLABLE)})
    assert [made[name] for name in NULLABLE] == [None] * len(NULLABLE)
    assert client.made(home, LINE)["type"] == "shipping"


def test_a_change_clears_what_may_be_missing(client, home):
    path = f"/addresses/{client.made(home, FULL)['id']}"
    cleared = client.patch(path, dict.fromkeys(NULLABLE)).json
    assert [cleared[name] for name in NULLABLE] == [None] * len(NULLABLE)
    changed = client.patch(path, {"line1": "Here", "country": "US", "old_provider_id": None}).json
    assert (changed["line1"], changed["country"]) == ("Here", "US")
    assert changed["old_provider_id"] is None
    types = [each["type"] for each in client.get(f"{path}/events").json["data"]]
    assert types == ["address.updated", "address.updated", "address.created"]


def test_the_first_of_a_type_is_the_default_until_another_asks(client, home):
    first = client.made(home, LINE)
    second = client.made(home, LINE)
    billing = client.made(home, {**LINE, "type": "billing"})
    assert [each["is_default"] for each in (first, second, billing)] == [True, False, True]
    third = client.made(home, {**LINE, "is_default": True})
    assert defaults(client, home) == {"shipping": third["id"], "billing": billing["id"]}
    client.patch(f"/addresses/{second['id']}", {"is_default": True})
    assert defaults(client, home) == {"shipping": second["id"], "billing": billing["id"]}
    assert client.get(f"/addresses/{third['id']}").json["is_default"] is False


def test_a_default_can_be_given_up_and_the_next_made_takes_it(client, home):
    first = client.made(home, LINE)
    client.patch(f"/addresses/{first['id']}", {"is_default": False})
    assert defaults(client, home) == {}
    assert defaults(client, home) == {}
    second = client.made(home, LINE)
    assert defaults(client, home) == {"shipping": second["id"]}


def test_with_the_default_deleted_there_is_none_until_one_is_chosen(client, home):
    first, second = client.made(home, {**LINE, "old_provider_id": "A-1"}), client.made(home, LINE)
    gone = client.send("DELETE", f"/addresses/{first['id']}")
    assert (gone.status_code, gone.json["deleted"]) == (200, True)
    assert client.get(f"/addresses/{first['id']}").status_code == 404
    assert [each["id"] for each in client.get(home).json["data"]] == [second["id"]]
    assert defaults(client, home) == {}
    client.patch(f"/addresses/{second['id']}", {"is_default": True})
    assert defaults(client, home) == {"shipping": second["id"]}
    assert client.made(home, {**LINE, "old_provider_id": "A-1"})["old_provider_id"] == "A-1"


def test_an_address_that_changes_its_type_joins_the_other_as_a_new_one(client, home):
    shipping, billing = client.made(home, LINE), client.made(home, {**LINE, "type": "billing"})
    client.patch(f"/addresses/{shipping['id']}", {"type": "billing"})
    assert defaults(client, home) == {"billing": billing["id"]}
    client.patch(f"/addresses/{billing['id']}", {"type": "shipping"})
    assert defaults(client, home) == {"shipping": billing["id"]}
    client.patch(f"/addresses/{billing['id']}", {"type": "billing", "is_default": True})
    assert defaults(client, home) == {"billing": billing["id"]}


def test_the_same_default_asked_for_again_records_nothing(client, home):
    path = f"/addresses/{client.made(home, LINE)['id']}"
    at = client.head
    assert client.patch(path, {"is_default": True, "type": "shipping"}).json["is_default"] is True
    assert client.head == at


@pytest.mark.parametrize("asking", [{}, {"is_default": True}])
def test_many_at_once_make_one_default(client, home, asking):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(home, {**LINE, **asking}), range(16)))
    codes = {answer.status_code for answer in answers}
    assert codes <= {201, 409}
    assert 201 in codes
    refusals = {answer.json["code"] for answer in answers if answer.status_code == 409}
    assert refusals <= {"concurrent_change"}
    made = [answer.json["id"] for answer in answers if answer.status_code == 201]
    position = {"Ledger-Position": str(client.head)}
    assert len(client.get(home, headers=position).json["data"]) == len(made)
    assert list(defaults(client, home)) == ["shipping"]


def test_what_is_refused(client, stranger, customer, home):
    theirs = stranger.made("/customers", {"old_provider_id": "C-2"})
    client.made(home, {**LINE, "old_provider_id": "A-1"})
    at = client.head
    answer = client.post(home, {"city": "London", "type": "home", "country": "UK", "zip": "1"})
    refused(client, answer, 422, "invalid", at)
    assert {error["field"]: error["code"] for error in answer.json["errors"]} == {
        "line1": "required", "type": "not_allowed", "country": "unknown_country",
        "zip": "unknown_field",
    }  # fmt: skip
    refused(client, client.post("/addresses", LINE), 422, "required", at, "customer_id")
    for reference in ({"customer_id": theirs["id"]}, {"customer_old_provider_id": "C-2"}):
        answer = client.post("/addresses", {**LINE, **reference})
        refused(client, answer, 422, "not_found", at, next(iter(reference)))
    answer = client.post(home, {**LINE, "old_provider_id": "A-1"})
    refused(client, answer, 422, "taken", at, "old_provider_id")
    answer = client.post(f"/customers/{theirs['id']}/addresses", LINE)
    refused(client, answer, 404, "not_found", at)
    made = stranger.made(f"/customers/{theirs['id']}/addresses", LINE)
    path = f"/addresses/{made['id']}"
    refused(client, client.patch(path, {"line1": "Mine"}), 404, "not_found", at)
    refused(client, client.send("DELETE", path), 404, "not_found", at)
    assert client.get(path).status_code == 404
    for field in ("line1", "country", "is_default"):
        path = f"/addresses/{client.get(home).json['data'][0]['id']}"
        answer = client.patch(path, {field: None})
        refused(client, answer, 422, "wrong_type", at, field)


def test_the_export_has_the_rows_of_the_list(client, home):
    client.made(home, FULL)
    client.made(home, {**LINE, "city": "=1+1"})
    answer = client.get("/exports/addresses.csv", params={"type": "shipping"})
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["customer.email"], row["city"]) == ("ada@example.org", "'=1+1")
    assert row["is_default"] == "true"
