"""Every statement that is not about one account's business: opening accounts, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.chain import first_link

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from store.connections import Connection


def open_account(
    connection: Connection, account_id: UUID, *, livemode: bool, clock: datetime | None = None
) -> None:
    """Begins an account's log. A test account runs on `clock`, or on real time until it has one."""
    connection.execute(
        "INSERT INTO heads (account_id, livemode, clock, chain) VALUES (%s, %s, %s, %s)",
        (account_id, livemode, clock, first_link(account_id)),
    )


def all_accounts(connection: Connection) -> list[UUID]:
    """Every account, in the order of its id."""
    return [
        row[0] for row in connection.execute("SELECT account_id FROM heads ORDER BY account_id")
    ]


def forget_answered_keys(connection: Connection, older_than: timedelta) -> int:
    """Deletes answered idempotency keys of all accounts; open intents stay."""
    return connection.execute(
        "DELETE FROM idempotency_keys"
        " WHERE answer IS NOT NULL AND created_at < clock_timestamp() - %s",
        (older_than,),
    ).rowcount
