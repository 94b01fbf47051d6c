"""What an account's sandbox signs its events with. Operational: it proves, and is no history."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connection

_READ = """
SELECT secret FROM gateway_secrets WHERE account_id = %(account)s AND gateway = %(gateway)s"""
_KEEP = """
INSERT INTO gateway_secrets (account_id, gateway, secret)
VALUES (%(account)s, %(gateway)s, %(secret)s)
ON CONFLICT (account_id, gateway) DO NOTHING"""


def signing_secret(connection: Connection, account_id: UUID, gateway: str) -> str:
    """Made when it is first asked for, and the same from then on."""
    named = {"account": account_id, "gateway": gateway}
    found = connection.execute(_READ, named).fetchone()
    if found is None:
        made = f"whsec_{secrets.token_urlsafe(24)}"
        connection.execute(_KEEP, {**named, "secret": made})
        found = connection.execute(_READ, named).fetchone()
    if found is None:
        raise LookupError("a secret just kept is not there")
    return str(found[0])
