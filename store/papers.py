"""Papers that were sent, each once: found by the state they told and by their bytes' hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection

_OF_STATES = """
    SELECT s.state, p.hash, p.data
      FROM paper_sendings s
      JOIN papers p ON p.account_id = s.account_id AND p.hash = s.hash
     WHERE s.account_id = %(account)s AND s.subject = ANY (%(subjects)s)
       AND s.state = ANY (%(states)s)"""
_KEEP = """
    INSERT INTO papers (account_id, hash, kind, template_version, data, created_at)
    VALUES (%(account)s, %(hash)s, %(kind)s, %(version)s, %(data)b, clock_timestamp())
        ON CONFLICT (account_id, hash) DO NOTHING"""
# Of two that set the same state at once, the paper of the first stays.
_SENT = """
    INSERT INTO paper_sendings AS s
           (account_id, subject, state, hash, first_sent_at, last_sent_at, times)
    VALUES (%(account)s, %(subject)s, %(state)s, %(hash)s, clock_timestamp(), clock_timestamp(), 1)
        ON CONFLICT (account_id, subject, state) DO UPDATE
       SET last_sent_at = excluded.last_sent_at, times = s.times + 1"""
_SENDINGS = """
    SELECT s.hash, p.kind, p.template_version, octet_length(p.data), s.first_sent_at,
           s.last_sent_at, s.times
      FROM paper_sendings s
      JOIN papers p ON p.account_id = s.account_id AND p.hash = s.hash
     WHERE s.account_id = %(account)s AND s.subject = %(subject)s
     ORDER BY s.first_sent_at, s.hash"""
_BY_HASH = """
    SELECT kind, data FROM papers WHERE account_id = %(account)s AND hash = %(hash)s"""


class Kept(NamedTuple):
    kind: str
    data: bytes


class Sending(NamedTuple):
    hash: bytes
    kind: str
    template_version: int
    size_bytes: int
    first_sent_at: datetime
    last_sent_at: datetime
    times: int


def of_states(
    connection: Connection, account_id: UUID, states: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The papers by which these states, by subject, were told before."""
    bound = {
        "account": account_id, "subjects": list(states), "states": list(states.values())
    }  # fmt: skip
    rows = connection.execute(_OF_STATES, bound, binary=True).fetchall()
    by_state = {bytes(state): bytes(data) for state, _, data in rows}
    return {
        subject: by_state[state] for subject, state in states.items() if state in by_state
    }  # fmt: skip


def keep(
    connection: Connection,
    account_id: UUID,
    sent: Sequence[tuple[str, bytes, bytes]],
    *,
    kind: str,
    template_version: int,
) -> None:
    """Each of `sent` is a subject, its state and the paper's bytes. In one order for everybody."""
    for subject, state, data in sorted(sent):
        bound = {"account": account_id, "hash": hashlib.sha256(data).digest()}
        connection.execute(
            _KEEP, {**bound, "kind": kind, "version": template_version, "data": data}
        )
        connection.execute(_SENT, {**bound, "subject": subject, "state": state})


def sendings(connection: Connection, account_id: UUID, subject: str) -> list[Sending]:
    """What was sent of a subject, the earliest first."""
    bound = {"account": account_id, "subject": subject}
    return [Sending(*row) for row in connection.execute(_SENDINGS, bound, binary=True).fetchall()]


def by_hash(connection: Connection, account_id: UUID, hashed: bytes) -> Kept | None:
    bound = {"account": account_id, "hash": hashed}
    row = connection.execute(_BY_HASH, bound, binary=True).fetchone()
    return None if row is None else Kept(*row)
