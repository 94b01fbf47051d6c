"""Files of exports, in pieces: made by one process, handed out by any, gone when they expire."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection, Connections

_BEGIN = """
    INSERT INTO export_runs AS r (account_id, id, attempts, secret)
    VALUES (%(account)s, %(id)s, 1, %(secret)s)
        ON CONFLICT (account_id, id) DO UPDATE SET attempts = r.attempts + 1, progress = 0
    RETURNING attempts"""
_CLEAR = "DELETE FROM export_pieces WHERE account_id = %(account)s AND id = %(id)s"
_KEEP = """
    INSERT INTO export_pieces (account_id, id, attempt, piece, data)
    VALUES (%(account)s, %(id)s, %(attempt)s, %(piece)s, %(data)b)"""
_ADVANCE = """
    UPDATE export_runs SET progress = %(progress)s
     WHERE account_id = %(account)s AND id = %(id)s AND attempts = %(attempt)s"""
_FINISH = """
    UPDATE export_runs SET expires_at = %(expires_at)s
     WHERE account_id = %(account)s AND id = %(id)s"""
_RUNS = """
    SELECT id, attempts, progress, secret, expires_at FROM export_runs
     WHERE account_id = %(account)s AND id = ANY (%(ids)s)"""
_PIECE = """
    SELECT data FROM export_pieces
     WHERE account_id = %(account)s AND id = %(id)s AND attempt = %(attempt)s
       AND piece = %(piece)s"""
_FORGET = "DELETE FROM export_runs WHERE account_id = %(account)s AND id = %(id)s"


class Run(NamedTuple):
    """`progress` is per cent; `secret` signs the link."""

    attempts: int
    progress: int
    secret: bytes
    expires_at: datetime | None


class Attempt(NamedTuple):
    """One go at making a file. Pieces of an earlier one are never mixed into it."""

    account_id: UUID
    id: str
    number: int

    def keep(self, connection: Connection, piece: int, data: bytes, progress: int) -> None:
        bound = {"account": self.account_id, "id": self.id, "attempt": self.number}
        connection.execute(_KEEP, {**bound, "piece": piece, "data": data})
        connection.execute(_ADVANCE, {**bound, "progress": progress})

    def finish(self, connection: Connection, expires_at: datetime) -> None:
        connection.execute(
            _FINISH, {"account": self.account_id, "id": self.id, "expires_at": expires_at}
        )


def begin(connection: Connection, account_id: UUID, export_id: str) -> Attempt:
    """What an attempt before left is deleted."""
    bound = {"account": account_id, "id": export_id}
    row = connection.execute(_BEGIN, {**bound, "secret": secrets.token_bytes(32)}).fetchone()
    connection.execute(_CLEAR, bound)
    return Attempt(account_id, export_id, row[0] if row else 1)


def runs(connection: Connection, account_id: UUID, ids: Collection[str]) -> dict[str, Run]:
    """By id; exports that were not begun, or whose files are gone, are left out."""
    found = connection.execute(_RUNS, {"account": account_id, "ids": list(ids)}).fetchall()
    return {row[0]: Run(*row[1:]) for row in found}


def pieces(
    connections: Connections, account_id: UUID, export_id: str, attempt: int
) -> Iterator[bytes]:
    """The file, a piece at a time: no connection is held between them."""
    bound = {"account": account_id, "id": export_id, "attempt": attempt}
    piece = 0
    while True:
        with connections.connection() as connection:
            row = connection.execute(_PIECE, {**bound, "piece": piece}, binary=True).fetchone()
        if row is None:
            return
        yield row[0]
        piece += 1


def forget(connection: Connection, account_id: UUID, export_id: str) -> None:
    """The file and its link."""
    bound = {"account": account_id, "id": export_id}
    connection.execute(_CLEAR, bound)
    connection.execute(_FORGET, bound)
