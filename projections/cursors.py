"""Where a page ended, as text that only goes back to the list it came from."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from uuid import UUID

_SEAL_SIZE = 9
Value = str | int | bool | None


class End(NamedTuple):
    """The last row's place in the order; instants as text."""

    value: Value
    id: str


class _Sealed(NamedTuple):
    scope: str
    value: Value
    id: str


_decode = msgspec.json.Decoder(_Sealed).decode


def write_cursor(account_id: UUID, scope: str, value: object, row_id: str) -> str:
    """`scope` is the list and its order: a cursor of another one is refused."""
    plain = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    body = msgspec.json.encode((scope, plain, row_id))
    return urlsafe_b64encode(_seal(account_id, body) + body).decode().rstrip("=")


def read_cursor(account_id: UUID, scope: str, cursor: str) -> End:
    """Raises Invalid `invalid_cursor` for one that was not written for this list."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        seal, body = raw[:_SEAL_SIZE], raw[_SEAL_SIZE:]
        sealed = _decode(body)
    except (ValueError, msgspec.MsgspecError):
        raise refused() from None
    if seal != _seal(account_id, body) or sealed.scope != scope:
        raise refused()
    return End(sealed.value, sealed.id)


def _seal(account_id: UUID, body: bytes) -> bytes:
    """Tells a mangled or foreign cursor; what it holds is bound as parameters, never trusted."""
    return blake2b(body, digest_size=_SEAL_SIZE, key=account_id.bytes).digest()


def refused() -> Invalid:
    """What a cursor is answered with that was not written for this list."""
    return Invalid.one("cursor", "invalid_cursor", "the cursor does not belong to this list")
