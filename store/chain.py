"""The hash chain over an account's log, computed outside the database that keeps it.

leaf  = SHA-256 of the row as text, see `leaf`; it depends on the row alone
chain = SHA-256 of the chain value before and the leaves of one append, in order
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from store.log import LoggedEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def first_link(account_id: UUID) -> bytes:
    """The chain value of a log without events."""
    return sha256(f"subledger chain 1 {account_id}".encode()).digest()


def next_link(link: bytes, leaves: Iterable[bytes]) -> bytes:
    return sha256(link + b"".join(leaves)).digest()


def leaf(account_id: UUID, row: LoggedEvent) -> bytes:
    """The row's fields joined by spaces; free text is led by its length, so none can shift."""
    lead = (
        f"1 {account_id} {microseconds(row.recorded_at)} {microseconds(row.wall_at)}"
        f" {row.causation_id or '-'} {row.correlation_id or '-'}"
        f" {_sized(row.actor)} {_sized(row.channel)} {_sized(row.reason)} {_sized(row.request_id)}"
        f" {row.position} {row.originator_id} {row.originator_version} {row.event_id}"
        f" {_sized(row.topic)} {_sized(row.document_number)} "
    )
    return sha256(lead.encode() + row.state).digest()


def microseconds(instant: datetime) -> int:
    """Since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def _sized(text: str | None) -> str:
    return "-" if text is None else f"{len(text.encode())}:{text}"
