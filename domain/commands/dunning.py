"""When a declined charge is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.subscriptions.states import Status

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.subscriptions.subscription import Subscription


def next_retry(account: Account, subscription: Subscription, at: datetime) -> datetime | None:
    """Of a first payment: on the account's days that fall before its window ends, then no more."""
    until = subscription.incomplete_until
    if subscription.status is not Status.INCOMPLETE or until is None:
        return None
    since = subscription.declined_since or at
    return retry_after(account, since, at, until)


def retry_after(
    account: Account, since: datetime, at: datetime, until: datetime
) -> datetime | None:
    """The first of the account's days after `since` that is later than `at`."""
    retries = (since + timedelta(days=each) for each in sorted(account.dunning_days))
    return next((when for when in retries if at < when < until), None)
