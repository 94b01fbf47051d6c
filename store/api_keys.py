"""Keys of the server API: text shown once, of which only a hash is kept.

The text names its account, `sk_test_<account>_<secret>`, so that one row of one account tells
whose it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from domain.shared.identifiers import MalformedId, typed_id, uuid_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection

_TEXT = re.compile(r"sk_(test|live)_([0-9a-z]{26})_([0-9a-f]{40})", re.ASCII)
_CREATE = """
    INSERT INTO api_keys (account_id, id, hash, livemode, name, role, scopes)
    VALUES (%s, %s, %s, %s, %s, %s, %s)"""
_FIND = """
    SELECT id, hash, livemode, role, scopes,
           last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute'
      FROM api_keys
     WHERE account_id = %b AND hash = %b AND revoked_at IS NULL
       AND (expires_at IS NULL OR expires_at > clock_timestamp())"""
_TOUCH = "UPDATE api_keys SET last_used_at = clock_timestamp() WHERE account_id = %b AND hash = %b"
_REVOKE = """
    UPDATE api_keys SET revoked_at = clock_timestamp()
     WHERE account_id = %s AND id = %s AND revoked_at IS NULL
    RETURNING revoked_at"""


class NewKey(NamedTuple):
    """`text` is what the caller sends; it cannot be shown again."""

    id: str
    text: str


class ApiKey(NamedTuple):
    """A key in force, as its bearer is known."""

    account_id: UUID
    id: str
    livemode: bool
    role: str
    scopes: Sequence[str]


def create(
    connection: Connection,
    account_id: UUID,
    key_id: UUID,
    *,
    livemode: bool,
    name: str,
    role: str = "owner",
    scopes: Sequence[str] = ("*",),
) -> NewKey:
    mode = "live" if livemode else "test"
    account = typed_id("acct", account_id).removeprefix("acct_")
    key = NewKey(typed_id("key", key_id), f"sk_{mode}_{account}_{secrets.token_hex(20)}")
    row = (account_id, key.id, _hash(key.text), livemode, name, role, list(scopes))
    connection.execute(_CREATE, row)
    return key


def find(connection: Connection, text: str) -> ApiKey | None:
    """The key this text is, unless it is malformed, unknown, revoked or expired."""
    account_id, livemode = _account_of(text)
    if account_id is None:
        return None
    hashed = _hash(text)
    row = connection.execute(_FIND, (account_id, hashed), prepare=True, binary=True).fetchone()
    if row is None or not hmac.compare_digest(row[1], hashed) or row[2] is not livemode:
        return None
    key_id, _, _, role, scopes, stale = row
    if stale:
        connection.execute(_TOUCH, (account_id, hashed))
    return ApiKey(account_id, key_id, livemode, role, scopes)


def revoke(connection: Connection, account_id: UUID, key_id: str) -> datetime | None:
    """When it was revoked just now; None if there is no such key in force."""
    row = connection.execute(_REVOKE, (account_id, key_id)).fetchone()
    return row[0] if row else None


def _account_of(text: str) -> tuple[UUID | None, bool]:
    named = _TEXT.fullmatch(text)
    if named is None:
        return None, False
    try:
        return uuid_of(f"acct_{named[2]}", "acct"), named[1] == "live"
    except MalformedId:
        return None, False


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
