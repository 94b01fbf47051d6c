"""What a customer's e-mail address is held to, whoever asks at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.test_refusals import refused

SPELLINGS = ["ada@example.org", "Ada@Example.org", "ADA@EXAMPLE.ORG"]


def test_one_of_many_at_once_gets_an_address(client):
    def create(at):
        return client.post("/customers", {"email": SPELLINGS[at % 3]})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(16)))
    assert sorted({answer.status_code for answer in answers}) == [201, 422]
    assert [answer.status_code for answer in answers].count(201) == 1
    told = {answer.json["code"] for answer in answers if answer.status_code == 422}
    assert told == {"taken"}


def test_one_of_many_at_once_changes_to_an_address(client):
    paths = [f"/customers/{client.made('/customers', {})['id']}" for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: client.patch(path, {"email": SPELLINGS[0]}), paths))
    assert [answer.status_code for answer in answers].count(200) == 1
    position = {"Ledger-Position": str(client.head)}
    listed = client.get("/customers", params={"email": SPELLINGS[1]}, headers=position)
    assert len(listed.json["data"]) == 1


def test_an_address_is_free_again_when_it_is_changed_or_cleared(client):
    first, second = client.made("/customers", {"email": SPELLINGS[0]}), client.made("/customers")
    path = f"/customers/{second['id']}"
    at = client.head
    refused(client, client.patch(path, {"email": SPELLINGS[1]}), 422, "taken", at, "email")
    client.patch(f"/customers/{first['id']}", {"email": "other@example.org"})
    assert client.patch(path, {"email": SPELLINGS[1]}).json["email"] == SPELLINGS[1]
    client.patch(path, {"email": None})
    assert client.patch(f"/customers/{first['id']}", {"email": SPELLINGS[0]}).status_code == 200


def test_the_same_address_in_another_case_is_ones_own(client):
    customer = client.made("/customers", {"email": SPELLINGS[0]})
    changed = client.patch(f"/customers/{customer['id']}", {"email": SPELLINGS[2]}).json
    assert changed["email"] == SPELLINGS[2]


def test_an_address_is_unique_in_an_account_and_not_beyond(client, stranger):
    client.made("/customers", {"email": SPELLINGS[0]})
    assert stranger.made("/customers", {"email": SPELLINGS[0]})


def test_every_field_is_cleared_by_null_and_left_by_silence(client):
    fields = {
        "email": SPELLINGS[0], "first_name": "Ada", "last_name": "Lovelace", "title": "Dr",
        "phone": "+44 1", "language": "en", "old_provider_id": "C-1", "metadata": {"a": "1"},
    }  # fmt: skip
    customer = client.made("/customers", fields)
    assert {name: customer[name] for name in fields} == fields
    path = f"/customers/{customer['id']}"
    assert client.patch(path, {}).json == client.get(path).json == customer
    texts = dict.fromkeys(name for name in fields if name != "metadata")
    cleared = client.patch(path, {**texts, "metadata": {"a": None}}).json
    assert {name: cleared[name] for name in texts} == texts
    assert cleared["metadata"] == {}


@pytest.mark.parametrize(
    "address", ["a@b.co", "o'b@x-y.com", "ü@büro.de", "ada+1@mail.example.org"]
)
def test_an_address_of_any_script_is_taken(client, address):
    assert client.made("/customers", {"email": address})["email"] == address


@pytest.mark.parametrize(
    "address", ["a@b", "a@b..co", "a@b.co*", "a@b_c.de", "a@[1.2]", "a@b.c/", "a b@c.de"]
)
def test_what_is_no_address_is_refused(client, address):
    answer = client.post("/customers", {"email": address})
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json["errors"]] == ["invalid_email"]
