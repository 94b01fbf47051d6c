"""What an account's links to the pay page are signed with; made with its first link."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connection

_MAKE = """
    INSERT INTO pay_link_secrets (account_id, secret, created_at)
    VALUES (%(account)s, %(secret)s, clock_timestamp())
        ON CONFLICT (account_id) DO NOTHING"""
_FIND = "SELECT secret FROM pay_link_secrets WHERE account_id = %(account)s"


def secret_of(connection: Connection, account_id: UUID) -> bytes | None:
    """None where no link was ever made."""
    row = connection.execute(_FIND, {"account": account_id}, binary=True).fetchone()
    return None if row is None else bytes(row[0])


def make_secret(connection: Connection, account_id: UUID) -> None:
    """Keeps the one there is."""
    connection.execute(_MAKE, {"account": account_id, "secret": secrets.token_bytes(32)})
