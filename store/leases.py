"""One holder at a time for a job of an account; a dead holder's lease runs out by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connection

_TAKE = """
    INSERT INTO leases AS l (account_id, job, holder, leased_until)
    VALUES (%b, %b, %b, clock_timestamp() + make_interval(secs => %b))
        ON CONFLICT (account_id, job) DO UPDATE
       SET holder = excluded.holder, leased_until = excluded.leased_until
     WHERE l.holder = excluded.holder OR l.leased_until < clock_timestamp()
    RETURNING holder"""
_RELEASE = "DELETE FROM leases WHERE account_id = %b AND job = %b AND holder = %b"


def take(connection: Connection, account_id: UUID, job: str, holder: str, seconds: int) -> bool:
    """True if the holder has the job now, for so many seconds; taking again prolongs it."""
    return connection.execute(_TAKE, (account_id, job, holder, seconds)).fetchone() is not None


def release(connection: Connection, account_id: UUID, job: str, holder: str) -> None:
    connection.execute(_RELEASE, (account_id, job, holder))
