"""The hash chain over an account's log, computed outside the database that keeps it.

content = SHA-256 of what a row says, as text, see `Contents`; known before the append
chain   = SHA-256 of the chain value before, of what the append was given (its first position, its
          time, its document numbers), and of its rows' contents, in order; see `next_link`
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from domain.shared.recording import Context
    from store.log import LoggedEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Contents:
    """Hashes the rows of one append; what they have in common is written once.

    A row's text are its fields joined by spaces: uuids as 32 digits, free text led by its length in
    octets, so that nothing can move from one field to the next, and the state as stored.
    """

    def __init__(self, account_id: UUID, by: Context | LoggedEvent) -> None:
        self._lead = (
            f"1 {account_id.hex} {_id(by.causation_id)} {_id(by.correlation_id)}"
            f" {_sized(by.actor)} {_sized(by.channel)} {_sized(by.reason)}"
            f" {_sized(by.request_id)} {_sized(by.idempotency_key)}"
        )

    def hash(
        self, originator_id: int, originator_version: int, event_id: int, topic: str, state: bytes
    ) -> bytes:
        """Takes the uuids' 128-bit numbers."""
        lead = (
            f"{self._lead} {originator_id:032x} {originator_version} {event_id:032x}"
            f" {_sized(topic)} "
        )
        return sha256(lead.encode() + state).digest()


def content(account_id: UUID, row: LoggedEvent) -> bytes:
    """A row's content, read back from the log."""
    originator, event = row.originator_id.int, row.event_id.int
    hashed = Contents(account_id, row).hash
    return hashed(originator, row.originator_version, event, row.topic, row.state)


def first_link(account_id: UUID) -> bytes:
    """The chain value of a log without events."""
    return sha256(f"subledger chain 1 {account_id}".encode()).digest()


def next_link(link: bytes, rows: Sequence[LoggedEvent], contents: Iterable[bytes]) -> bytes:
    """The chain value after an append of these rows."""
    first = rows[0]
    given = f"{first.position} {microseconds(first.recorded_at)} {microseconds(first.wall_at)}"
    if any(row.document_number is not None for row in rows):
        given += "".join(f" {_sized(row.document_number)}" for row in rows)
    return sha256(link + given.encode() + b"".join(contents)).digest()


def microseconds(instant: datetime) -> int:
    """Since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def _id(value: UUID | None) -> str:
    return "-" if value is None else value.hex


def _sized(text: str | None) -> str:
    return "-" if text is None else f"{len(text.encode())}:{text}"
