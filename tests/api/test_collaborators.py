"""People of an account: invited once, let in by their password, never the last owner gone."""

from __future__ import annotations

import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest

from api import rules
from api.core.api_keys import Role
from store import logins, passwords
from store.logins import verify_login
from tests.api.conftest import key_with
from tests.api.shapes import differences
from tests.api.test_refusals import refused

PASSWORD = "a sentence of my own"
EMAIL = "grace@example.org"


def invited(client, **fields):
    return client.made("/collaborators", {"email": EMAIL, "role": "support", **fields})


def accepted(client, **fields):
    made = invited(client, **fields)
    answer = accept(client, made["token"])
    assert answer.status_code == 200, answer.text
    return made


def accept(client, token, password=PASSWORD, **sent):
    body = {"token": token, "password": password}
    path = "/core/v1/collaborators/accept"
    return client.http.simulate_post(path, json=body, **sent)


def let_in(client, email=EMAIL, password=PASSWORD):
    """Tests share a database, and this address: the account is named."""
    connections = client.books.recorder._connections
    return verify_login(connections, email, password, client.books.account_id)


def stored(services, statement, *arguments):
    with services.connections.connection() as connection:
        return connection.execute(statement, arguments).fetchall()


def test_an_invitation_is_made_accepted_and_gets_somebody_in(client):
    made = invited(client, name="Grace Hopper")
    assert differences("collaborator", made) == []
    assert (made["status"], made["role"], made["accepted_at"]) == ("invited", "support", None)
    path = f"/collaborators/{made['id']}"
    assert "token" not in client.get(path).json
    answer = accept(client, made["token"])
    assert answer.status_code == 200
    assert differences("collaborator", answer.json) == []
    assert (answer.json["status"], answer.json["role"]) == ("active", "support")
    assert "token" not in answer.json
    (login,) = let_in(client, "Grace@Example.org")
    assert login == (client.books.account_id, made["id"], "support", False)
    assert let_in(client, EMAIL, "another sentence") == []
    assert let_in(client, "nobody@example.org") == []


def test_what_happened_is_told_without_a_secret(client, services):
    made = accepted(client)
    told = client.get(f"/collaborators/{made['id']}/events").json["data"]
    assert [each["type"] for each in told] == [
        "collaborator.accepted", "collaborator.invited", "collaborator.created",
    ]  # fmt: skip
    assert [each["actor"] for each in told] == [made["id"], client.key.id, client.key.id]
    rows = stored(
        services,
        "SELECT e::text FROM stored_events e WHERE account_id = %s"
        " UNION ALL SELECT k::text FROM idempotency_keys k WHERE account_id = %s"
        " UNION ALL SELECT l::text FROM collaborator_logins l WHERE account_id = %s",
        *[client.books.account_id] * 3,
    )
    everything = "\n".join(row[0] for row in rows)
    assert made["id"] in everything
    assert PASSWORD not in everything
    assert made["token"].rpartition("_")[2] not in everything
    assert "$argon2id$" in everything


def test_a_token_is_good_once(client):
    made = accepted(client)
    at = client.head
    again = accept(client, made["token"], "quite another sentence")
    refused(client, again, 409, "invitation_used", at)


def test_of_many_who_come_with_one_token_one_gets_in(client):
    made = invited(client)
    with ThreadPoolExecutor(6) as pool:
        sent = [f"sentence number {at}" for at in range(6)]
        answers = list(pool.map(lambda each: accept(client, made["token"], each), sent))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409, 409, 409]
    won = next(each for each, answer in zip(sent, answers, strict=True)
               if answer.status_code == 200)  # fmt: skip
    assert [each for each in sent if let_in(client, EMAIL, each)] == [won]


def test_an_acceptance_is_replayed_by_its_key_without_a_secret(client):
    made = invited(client)
    headers = {"Idempotency-Key": "k"}
    first = accept(client, made["token"], headers=headers)
    again = accept(client, made["token"], headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    other = accept(client, made["token"], "quite another sentence", headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_an_invitation_is_replayed_without_its_token(client):
    first = client.made("/collaborators", {"email": EMAIL, "role": "sales"}, key="k")
    again = client.made("/collaborators", {"email": EMAIL, "role": "sales"}, key="k")
    assert again == {name: value for name, value in first.items() if name != "token"}


@pytest.mark.parametrize(
    "token", ["x", "join_", "join_01m80my81rfv4vwsscfv9yf2pm_" + "0" * 40, "é" * 90]
)
def test_a_token_that_is_none(client, token):
    refused(client, accept(client, token), 422, "invalid_token", client.head, "token")


def test_a_token_of_a_key_and_a_key_of_a_token(client):
    refused(client, accept(client, client.key.text), 422, "invalid_token", client.head)
    made = invited(client)
    bearer = client.get("/customers", headers={"Authorization": f"Bearer {made['token']}"})
    assert bearer.status_code == 401


def test_a_token_that_has_expired_was_replaced_or_withdrawn(client, services):
    made = invited(client)
    path = f"/collaborators/{made['id']}"
    with services.connections.connection() as connection:
        connection.execute(
            "UPDATE collaborator_logins SET invitation_until = clock_timestamp()"
            " WHERE account_id = %s", [client.books.account_id],
        )  # fmt: skip
    at = client.head
    refused(client, accept(client, made["token"]), 422, "token_expired", at, "token")
    second = client.made(f"{path}/invite")
    assert second["token"] != made["token"]
    at = client.head
    refused(client, accept(client, made["token"]), 422, "invalid_token", at, "token")
    assert accept(client, second["token"]).status_code == 200
    assert client.post(f"{path}/invite").json["code"] == "invitation_used"
    third = invited(client, email="third@example.org")
    client.send("DELETE", f"/collaborators/{third['id']}")
    at = client.head
    refused(client, accept(client, third["token"]), 422, "invalid_token", at, "token")


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "too_short"), ("x" * 129, "too_long"), ("passw0rd", "too_common"),
     ("aaaaaaaaaaaa", "too_common"), (EMAIL, "too_common"), (EMAIL.upper(), "too_common"),
     ("", "too_short"), (None, "wrong_type"), (12345678, "wrong_type")],
)  # fmt: skip
def test_a_password_that_will_not_do(client, password, code):
    made = invited(client)
    at = client.head
    answer = accept(client, made["token"], password)
    refused(client, answer, 422, code, at, "password")
    assert accept(client, made["token"]).status_code == 200


def test_an_email_is_one_collaborators_until_they_are_gone(client, stranger):
    made = invited(client)
    at = client.head
    same = client.post("/collaborators", {"email": EMAIL.upper(), "role": "sales"})
    refused(client, same, 422, "taken", at, "email")
    assert invited(stranger)["email"] == EMAIL
    other = invited(client, email="other@example.org")
    at = client.head
    moved = client.patch(f"/collaborators/{other['id']}", {"email": EMAIL})
    refused(client, moved, 422, "taken", at, "email")
    assert client.send("DELETE", f"/collaborators/{made['id']}").json["deleted"] is True
    moved = client.patch(f"/collaborators/{other['id']}", {"email": EMAIL})
    assert moved.json["email"] == EMAIL
    assert client.made("/customers", {"email": EMAIL})["email"] == EMAIL


def test_a_changed_role_is_the_one_shown_and_the_one_let_in_by(client):
    made = accepted(client)
    path = f"/collaborators/{made['id']}"
    changed = client.patch(path, {"role": "finance", "name": "Grace"}).json
    assert (changed["role"], changed["name"]) == ("finance", "Grace")
    assert client.get(path).json == changed
    (login,) = let_in(client)
    assert login.role == "finance"
    past = client.get(path, params={"as_of": client.get("/test_clock").json["now"]})
    assert past.json["role"] == "finance"
    assert client.patch(path, {"name": None}).json["name"] is None


def test_one_who_is_removed_does_not_get_in_any_more(client):
    made = accepted(client)
    path = f"/collaborators/{made['id']}"
    assert client.send("DELETE", path).json["deleted"] is True
    assert let_in(client) == []
    assert client.get(path).status_code == 404
    assert client.get("/collaborators").json["data"] == []
    assert client.get(f"{path}/events").json["data"][0]["type"] == "collaborator.removed"
    at = client.head
    for answer in (client.patch(path, {"role": "sales"}), client.send("DELETE", path)):
        refused(client, answer, 404, "not_found", at)


def test_the_last_owner_stays(client):
    first = accepted(client, role="owner")
    path = f"/collaborators/{first['id']}"
    second = invited(client, role="owner", email="second@example.org")
    at = client.head
    refused(client, client.send("DELETE", path), 409, "last_owner", at)
    refused(client, client.patch(path, {"role": "administrator"}), 409, "last_owner", at)
    accept(client, second["token"])
    assert client.patch(path, {"role": "sales"}).json["role"] == "sales"
    at = client.head
    other = f"/collaborators/{second['id']}"
    refused(client, client.send("DELETE", other), 409, "last_owner", at)
    assert client.patch(path, {"role": "owner"}).json["role"] == "owner"
    assert client.send("DELETE", other).status_code == 200
    invited_only = invited(client, role="owner", email="third@example.org")
    assert client.send("DELETE", f"/collaborators/{invited_only['id']}").status_code == 200


@pytest.mark.parametrize("how", ["remove", "demote"])
def test_of_owners_who_remove_each_other_at_once_one_stays(client, how):
    owners = [accepted(client, role="owner", email=f"o{at}@example.org") for at in range(4)]

    def go(owner):
        path = f"/collaborators/{owner['id']}"
        if how == "remove":
            return client.send("DELETE", path)
        return client.patch(path, {"role": "auditor"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(go, owners))
    left = client.get("/collaborators", params={"role": "owner"}).json["data"]
    assert len(left) >= 1
    assert len(left) == sum(each.status_code != 200 for each in answers)
    for answer in answers:
        assert answer.status_code == 200 or answer.json["code"] in {
            "last_owner", "concurrent_change",
        }  # fmt: skip
    for owner in left[1:]:
        assert go(owner).status_code == 200
    assert go(left[0]).json["code"] == "last_owner"


def test_nobody_gives_or_takes_more_than_they_have(client, services):
    owner = accepted(client, role="owner")
    clerk = accepted(client, role="sales", email="clerk@example.org")
    key_with(client, services, role="administrator")
    at = client.head
    for answer in (
        client.post("/collaborators", {"email": "x@example.org", "role": "owner"}),
        client.patch(f"/collaborators/{clerk['id']}", {"role": "owner"}),
        client.patch(f"/collaborators/{owner['id']}", {"role": "sales"}),
        client.patch(f"/collaborators/{owner['id']}", {"name": "x"}),
        client.send("DELETE", f"/collaborators/{owner['id']}"),
        client.post(f"/collaborators/{owner['id']}/invite"),
    ):
        refused(client, answer, 403, "forbidden", at)
        assert answer.json["errors"][0]["code"] == "above_own"
    assert client.patch(f"/collaborators/{clerk['id']}", {"role": "finance"}).status_code == 200
    key_with(client, services, scopes=["collaborators:*"])
    at = client.head
    narrow = client.post("/collaborators", {"email": "x@example.org", "role": "auditor"})
    refused(client, narrow, 403, "forbidden", at, "role")


def test_another_accounts_people_do_not_exist(client, stranger):
    made = accepted(client)
    path = f"/collaborators/{made['id']}"
    at = client.head
    unknown = f"/collaborators/col_{'0' * 26}"
    for method, rest, body in [
        ("GET", "", None), ("GET", "/events", None), ("PATCH", "", {"role": "sales"}),
        ("DELETE", "", None), ("POST", "/invite", None),
    ]:  # fmt: skip
        theirs = stranger.send(method, path + rest, body)
        nobodys = stranger.send(method, unknown + rest, body)
        assert (theirs.status_code, theirs.json["code"]) == (404, "not_found")
        assert nobodys.json.keys() == theirs.json.keys()
        assert nobodys.status_code == 404
    assert stranger.get("/collaborators").json["data"] == []
    assert client.head == at


def test_they_are_listed_filtered_and_found(client):
    grace = invited(client, name="Grace Hopper")
    ada = accepted(client, email="ada@example.org", role="finance")
    rows = client.get("/collaborators").json["data"]
    assert [row["id"] for row in rows] == [ada["id"], grace["id"]]
    for query in ({"role": "finance"}, {"status": "active"}, {"email": "ADA@example.org"},
                  {"q": "ada@"}):  # fmt: skip
        (found,) = client.get("/collaborators", params=query).json["data"]
        assert found["id"] == ada["id"], query
    assert client.get("/collaborators", params={"deleted": "true"}).status_code == 422


def test_all_wrong_fields_at_once(client):
    at = client.head
    answer = client.post("/collaborators", {"email": "x", "role": "emperor", "rank": 1})
    assert answer.status_code == 422
    told = {error["field"]: error["code"] for error in answer.json["errors"]}
    assert told == {"email": "invalid_email", "role": "not_allowed", "rank": "unknown_field"}
    assert client.head == at


def test_the_same_password_in_two_accounts_opens_both(client, stranger, services):
    email = f"{secrets.token_hex(4)}@example.org"
    for each in (client, stranger):
        accepted(each, email=email)
    found = verify_login(services.connections, email, PASSWORD)
    assert [each.account_id for each in found] == sorted(
        [client.books.account_id, stranger.books.account_id]
    )
    assert len(let_in(client, email)) == 1


def test_a_hash_made_with_less_is_made_again(client, services):
    made = accepted(client, email="old@example.org")
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with services.connections.connection() as connection:
        logins.set_password(connection, client.books.account_id, made["id"], weak)
    assert len(let_in(client, "old@example.org")) == 1
    ((kept, at),) = stored(
        services, "SELECT password_hash, last_login_at FROM collaborator_logins WHERE id = %s",
        made["id"],
    )  # fmt: skip
    assert at is not None
    assert kept != weak
    assert not passwords.outdated(kept)
    assert len(let_in(client, "old@example.org")) == 1


def test_nobody_is_checked_as_long_as_somebody(client, monkeypatch):
    """Not by a stop-watch: the same hash function runs as often in both cases."""
    accepted(client, email="timed@example.org")
    hasher = Mock(wraps=passwords._HASHER)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    for email in ("timed@example.org", "nobody-at-all@example.org"):
        hasher.reset_mock()
        assert let_in(client, email, "wrong wrong wrong") == []
        assert hasher.verify.call_count == 1, email


def test_a_keys_hash_is_compared_in_constant_time(client, monkeypatch):
    compare = Mock(wraps=hmac.compare_digest)
    monkeypatch.setattr("store.api_keys.hmac.compare_digest", compare)
    assert client.get("/customers").status_code == 200
    assert compare.call_count == 1


def test_people_and_keys_are_no_business(client):
    """A test account's clock can still be set when it has been set up."""
    accepted(client, role="owner")
    client.made("/api_keys", {"name": "CRM"})
    assert client.patch("/test_clock", {"now": "2025-01-01"}).json["now"] == "2025-01-01T00:00:00Z"
    client.made("/customers", {})
    at = client.head
    late = client.patch("/test_clock", {"now": "2025-01-01"})
    refused(client, late, 409, "test_clock_started", at)


def test_the_roles_a_request_can_name_are_those_of_the_matrix():
    assert list(Role.__args__) == list(rules.ROLES)
