"""A key that was in force a moment ago is looked at again with what is read by it."""

from __future__ import annotations

import pytest

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


def test_a_write_by_one_revoked_meanwhile_records_nothing(client, services, known):
    head = client.books.head().position
    with services.connections.connection() as connection:
        api_keys.revoke(connection, client.books.account_id, client.key.id)
    refused = client.http.simulate_post(
        "/core/v1/customers", json={}, headers={"Authorization": f"Bearer {client.key.text}"}
    )
    assert refused.json["code"] == "invalid_key"
    assert client.books.head().position == head
