"""Looks up whether a request has happened, and what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from domain.shared.errors import KeyReused

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connection

_LOOK_UP = """
    SELECT request_hash, answer, position
      FROM idempotency_keys WHERE account_id = %b AND key = %b"""


class Request(NamedTuple):
    """A request that was recorded. `answer` is None while its outcome is open.

    `position` is the log's after the append that answered it.
    """

    answer: dict[str, Any] | None
    position: int


def look_up(
    connection: Connection, account_id: UUID, key: str, request_hash: bytes
) -> Request | None:
    """None: it has not happened. Raises KeyReused if the key was used for another request."""
    row = connection.execute(_LOOK_UP, (account_id, key), prepare=True, binary=True).fetchone()
    if row is None:
        return None
    if row[0] != request_hash:
        raise KeyReused(detail=f"the key {key!r} was used for another request")
    return Request(None if row[1] is None else msgspec.json.decode(row[1]), row[2])
