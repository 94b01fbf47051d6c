"""A key that was in force a moment ago is looked at again with what is read by it."""

from __future__ import annotations

import pytest

from projections.turns import Turn
from store import api_keys

READS = ["/customers", "/customers/cus_nobody", "/account", "/balance_transactions?nonsense=1"]
UPDATE = """UPDATE api_key_secrets SET {} WHERE account_id = %s AND id = %s"""


@pytest.fixture
def known(client, services):
    """The key was used before."""
    assert client.get("/customers").status_code == 200

    def alter(change: str) -> None:
        with services.connections.connection() as connection:
            connection.execute(UPDATE.format(change), (client.books.account_id, client.key.id))

    return alter


@pytest.mark.parametrize("path", READS)
def test_one_that_is_revoked_meanwhile_is_told_nothing(client, services, known, path):
    with services.connections.connection() as connection:
        api_keys.revoke(connection, client.books.account_id, client.key.id)
    refused = client.get(path)
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_key")


@pytest.mark.parametrize("path", READS)
def test_one_that_lost_its_rights_meanwhile_is_told_nothing(client, known, path):
    known("scopes = '{plans:read}'")
    refused = client.get(path)
    assert (refused.status_code, refused.json["code"]) == (403, "insufficient_scope")
    known("scopes = '{*}'")
    assert client.get("/customers").status_code == 200


def test_one_of_another_role_meanwhile_has_its_rights(client, known):
    known("role = 'sales'")
    assert client.get("/customers").status_code == 200
    assert client.get("/alerts").status_code in {200, 403}
    known("role = 'owner'")
    assert client.get("/api_keys").status_code == 200


def test_one_that_expired_meanwhile(client, known):
    known("expires_at = clock_timestamp()")
    assert client.get("/customers").json["code"] == "invalid_key"


CHANGES = {
    "revoked_at = clock_timestamp()": (401, "invalid_key"),
    "expires_at = clock_timestamp()": (401, "invalid_key"),
    "scopes = '{customers:read}'": (403, "insufficient_scope"),
    "role = 'auditor'": (403, "forbidden"),
}
BODIES = [{}, {"email": "taken@example.com"}, {"email": 1}, {"organization_id": "org_nobody"}]


@pytest.mark.parametrize("behind", [True, False])
@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize("change", CHANGES)
def test_a_write_by_one_who_may_no_more_records_and_tells_nothing(
    client, known, change, body, behind, monkeypatch
):
    client.made("/customers", {"email": "taken@example.com"}, key="k")
    if not behind:  # another of the process is shown what it wrote just then
        monkeypatch.setattr(Turn, "take_if_free", lambda _: False)
    head = client.head
    known(change)
    for key in (None, "k", "new"):
        refused = client.post("/customers", body, key=key)
        assert (refused.status_code, refused.json["code"]) == CHANGES[change]
    assert client.head == head


def test_a_write_by_one_with_other_rights_is_recorded(client, known):
    made = client.made("/customers", {"first_name": "Ada"})
    head = client.head
    known("role = 'sales', scopes = '{customers:write}'")
    assert client.made("/customers", {"first_name": "Ada"})["id"] != made["id"]
    assert client.head == head + 1
