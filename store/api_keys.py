"""The secrets of API keys: text shown once, of which only a hash is kept.

What a key may and since when is told by its events; this table is what a request is let in by, and
changes in the transaction of the append that it belongs to.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from domain.shared.identifiers import typed_id
from store import secret_texts
from store.bindings import text_array
from store.exchange import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection, Connections
    from store.secret_texts import SecretText

_MODES = {"sk_test": False, "sk_live": True}
_CREATE = """
    INSERT INTO api_key_secrets (account_id, id, hash, livemode, role, scopes, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)"""
IN_FORCE = "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())"
"""Of a row `k`."""

_FIND = f"""
    SELECT k.id, k.hash, k.livemode, k.role, k.scopes
      FROM api_key_secrets k
     WHERE k.account_id = %(account)b AND k.hash = %(hash)b AND {IN_FORCE}"""
_TOUCH = """
    UPDATE api_key_secrets SET last_used_at = clock_timestamp()
     WHERE account_id = %b AND hash = %b"""
# A bucket of a minute's requests, kept as the time they use up: each of `rate` a minute takes
# 60 / rate seconds, and what is not used flows back by itself.
_LEASE = """
    UPDATE api_key_secrets k
       SET last_used_at = o.now,
           paid_until = o.base + make_interval(secs => least(o.room, %(wanted)s) * 60.0 / %(rate)s)
      FROM (SELECT s.account_id, s.hash, c.now, b.base,
                   greatest(0, floor((60 - extract(epoch FROM b.base - c.now)) * %(rate)s / 60)
                   )::bigint AS room
              FROM api_key_secrets s
             CROSS JOIN (SELECT clock_timestamp() AS now) c
             CROSS JOIN LATERAL (SELECT greatest(s.paid_until, c.now) AS base) b
             WHERE s.account_id = %(account)s AND s.hash = %(hash)s
               FOR UPDATE OF s) o
     WHERE k.account_id = o.account_id AND k.hash = o.hash
    RETURNING least(o.room, %(wanted)s), o.room - least(o.room, %(wanted)s),
              extract(epoch FROM k.paid_until - o.now) + 60.0 / %(rate)s - 60"""
_REVOKE = """
    UPDATE api_key_secrets SET revoked_at = clock_timestamp()
     WHERE account_id = %s AND id = %s AND revoked_at IS NULL
    RETURNING revoked_at"""


class NewKey(NamedTuple):
    """`text` is what the caller sends; it cannot be shown again."""

    id: str
    text: str


class Caller(NamedTuple):
    """Who asks, with the rights they have: the bearer of a key in force, or a collaborator.

    `id` is the actor of what they record.
    """

    account_id: UUID
    id: str
    livemode: bool
    role: str
    scopes: Sequence[str]


class Changed(Exception):
    """The key is not in force any more, or has other rights: ask again who it is."""


class Bearer(NamedTuple):
    """A key and who its bearer was found to be, as an append is sent them."""

    hash: bytes
    id: bytes
    livemode: bytes
    role: bytes
    scopes: bytes


class Admission(Protocol):
    """Of a caller known from before, until it is `heard` whether they still are who they were."""

    heard: bool

    @property
    def bearer(self) -> Bearer: ...

    def look(self, connections: Connections) -> None:
        """By itself. Raises Changed."""


def create(
    connection: Connection,
    account_id: UUID,
    key_id: UUID,
    *,
    livemode: bool,
    role: str = "owner",
    scopes: Sequence[str] = ("*",),
    expires_at: datetime | None = None,
) -> NewKey:
    text = secret_texts.make("sk_live" if livemode else "sk_test", account_id)
    key = NewKey(typed_id("key", key_id), text)
    hashed = secret_texts.hash_of(text)
    row = (account_id, key.id, hashed, livemode, role, list(scopes), expires_at)
    connection.execute(_CREATE, row)
    return key


def find(connection: Connection, text: str) -> Caller | None:
    """The key this text is, unless it is malformed, unknown, revoked or expired."""
    said = secret_texts.read(text)
    if said is None:
        return None
    sql, bound = asked(said)
    return caller(said, connection.execute(sql, bound, prepare=True, binary=True).fetchall())


def asked(said: SecretText) -> Asked:
    """What `caller` reads the answer of."""
    return Asked(_FIND, {"account": said.account_id, "hash": said.hash})


def caller(said: SecretText, rows: Sequence[tuple[Any, ...]]) -> Caller | None:
    if not rows or said.kind not in _MODES:
        return None
    key_id, hashed, livemode, role, scopes = rows[0]
    if not hmac.compare_digest(hashed, said.hash) or livemode is not _MODES[said.kind]:
        return None
    return Caller(said.account_id, key_id, livemode, role, scopes)


def bearer_of(said: SecretText, caller: Caller) -> Bearer:
    _account, key_id, livemode, role, scopes = caller
    rights = bytes([livemode]), role.encode(), text_array(scopes)
    return Bearer(said.hash, key_id.encode(), *rights)


class Granted(NamedTuple):
    """So many requests, so many left for others, and seconds until there is one again."""

    requests: int
    in_bucket: int
    wait: float


def lease(
    connection: Connection, account_id: UUID, hashed: bytes, wanted: int, per_minute: int
) -> Granted:
    """Takes requests out of the key's quota, and notes that it is in use; 0 a minute: only that."""
    if not per_minute:
        connection.execute(_TOUCH, (account_id, hashed))
        return Granted(0, 0, 0.0)
    bound = {"wanted": wanted, "rate": per_minute, "account": account_id, "hash": hashed}
    row = connection.execute(_LEASE, bound).fetchone()
    return Granted(int(row[0]), int(row[1]), float(row[2])) if row else Granted(0, 0, 1.0)


def revoke(connection: Connection, account_id: UUID, key_id: str) -> datetime | None:
    """When it was revoked just now; None if there is no such key in force."""
    row = connection.execute(_REVOKE, (account_id, key_id)).fetchone()
    return row[0] if row else None
