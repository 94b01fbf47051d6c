"""A right that was given in the database alone is found by `verify`."""

from __future__ import annotations

import pytest

from domain.commands.act import Act
from domain.commands.api_keys import revoke_api_key
from domain.shared.recording import Context
from parts import Parts
from proof import access_breaches
from store import api_keys, ids

ACT = Act(Context("test", "cli"))


@pytest.fixture
def parts(service_url):
    made = Parts(service_url, pool_size=4)
    yield made
    made.close()


@pytest.fixture
def opened(parts):
    """Two accounts: what is wrong with one is not told of the other."""
    return [
        parts.open_account(ACT, name="A", timezone="UTC", currency="USD", livemode=live,
                           owner_email="owner@example.org")
        for live in (False, True)
    ]  # fmt: skip


def test_an_account_as_it_was_opened(parts, opened):
    for each in opened:
        assert list(access_breaches(parts.connections, each.account_id)) == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE api_key_secrets SET role = 'auditor' WHERE account_id = %s", "other rights"),
        ("UPDATE api_key_secrets SET scopes = '{customers:*}' WHERE account_id = %s",
         "other rights"),
        ("UPDATE api_key_secrets SET revoked_at = now() WHERE account_id = %s", "ends otherwise"),
        ("UPDATE api_key_secrets SET expires_at = now() WHERE account_id = %s", "ends otherwise"),
        ("UPDATE collaborator_logins SET role = 'sales' WHERE account_id = %s",
         "logs in otherwise"),
        ("UPDATE collaborator_logins SET password_hash = NULL WHERE account_id = %s",
         "logs in otherwise"),
        ("UPDATE collaborator_logins SET id = 'col_x' WHERE account_id = %s",
         "no event tells of it"),
        ("DELETE FROM collaborator_logins WHERE account_id = %s", "cannot log in"),
    ],
)  # fmt: skip
def test_what_was_changed_in_the_database_alone(parts, opened, tampering, told):
    mine, other = (each.account_id for each in opened)
    with parts.connections.connection() as connection:
        connection.execute(tampering, [mine])
    assert any(told in each for each in access_breaches(parts.connections, mine))
    assert list(access_breaches(parts.connections, other)) == []


def test_a_key_that_no_event_tells_of(parts, opened):
    mine = opened[0].account_id
    with parts.connections.connection() as connection:
        made = api_keys.create(connection, mine, ids.new_id(), livemode=False)
    (told,) = access_breaches(parts.connections, mine)
    assert told == f"{made.id} lets in, and no event tells of it"


def test_a_key_withdrawn_by_an_event_alone(parts, opened):
    mine = opened[0].account_id
    with parts.connections.connection() as connection:
        (row,) = connection.execute(
            "SELECT id FROM api_key_secrets WHERE account_id = %s", [mine]
        ).fetchall()
    revoke_api_key(parts.books(mine), row[0], ACT)
    (told,) = access_breaches(parts.connections, mine)
    assert told == f"{row[0]} ends otherwise than its events say"
