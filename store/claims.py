"""Reads who holds which value that is unique in an account; they change with appends only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.recording import Claim
from store.bindings import text_array

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from store.connections import Connection

_OWNERS = """
    SELECT value, owner FROM claims
     WHERE account_id = %b AND kind = %b AND value = ANY (%b::text[])"""
_CLAIMANTS = """
    SELECT owner FROM claims WHERE account_id = %b AND kind = %b ORDER BY value LIMIT %b"""
_CLAIMS_IN = """
    SELECT kind, value, owner FROM claims
     WHERE account_id = %b AND kind = ANY (%b::text[]) ORDER BY kind, value"""


def owners(
    connection: Connection, account_id: UUID, kind: str, values: Sequence[str]
) -> dict[str, UUID]:
    """By value; unclaimed values are left out."""
    bound = (account_id, kind, text_array(values))
    return dict(connection.execute(_OWNERS, bound, prepare=True, binary=True).fetchall())


def claimants(connection: Connection, account_id: UUID, kind: str, limit: int) -> list[UUID]:
    """Some of those who hold a claim of a kind."""
    bound = (account_id, kind, limit)
    rows = connection.execute(_CLAIMANTS, bound, prepare=True, binary=True).fetchall()
    return [owner for (owner,) in rows]


def of_kinds(connection: Connection, account_id: UUID, kinds: Sequence[str]) -> list[Claim]:
    """Every claim of some kinds of which there are few each."""
    bound = (account_id, text_array(kinds))
    rows = connection.execute(_CLAIMS_IN, bound, prepare=True, binary=True).fetchall()
    return [Claim._make(row) for row in rows]
