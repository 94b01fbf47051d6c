"""When a declined charge is tried again, and when it is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.period import days_after
from domain.subscriptions.states import Status

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.invoicing.invoice import Invoice
    from domain.payments.gateway import Declined
    from domain.subscriptions.subscription import Subscription


def next_retry(
    account: Account, subscription: Subscription, at: datetime, declined: Declined | None = None
) -> datetime | None:
    """On the account's dunning days, counted from the first decline; of a first payment only those
    that fall before its window ends. None where there is no further one. After a hard decline too:
    it is the card's, and by then there may be another."""
    if declined is not None and declined.code == "invoice_terminal":
        return None
    until = subscription.incomplete_until
    if subscription.status is Status.INCOMPLETE:
        return None if until is None else retry_after(account, _since(subscription, at), at, until)
    if _in_dunning(subscription):
        return retry_after(account, _since(subscription, at), at)
    return None


def dunning_until(account: Account, subscription: Subscription, at: datetime) -> datetime | None:
    """The last of the dunning days: then what is still unpaid is given up."""
    if not _in_dunning(subscription):
        return None
    last = max(account.dunning_days, default=0)
    return max(days_after(_since(subscription, at), last, account.timezone), at)


def by_itself(invoice: Invoice) -> bool:
    """Whether an invoice by hand is charged without anybody asking for it."""
    automatic = invoice.collection_method == "charge_automatically"
    return automatic and invoice.subscription_id is None


def left_behind(invoice: Invoice, subscription: Subscription | None) -> bool:
    """Whether the subscription has been billed anew since, and asks for this one no more: what
    became of its charge was known late."""
    if subscription is None or invoice.ref == subscription.latest_invoice_id:
        return False
    coming = any(booked.invoice_id == invoice.ref for booked in subscription.upcoming)
    return not coming and _in_dunning(subscription)


def charged_again(
    account: Account, invoice: Invoice, at: datetime, *, begins: bool
) -> datetime | None:
    """When an invoice that no subscription asks for is charged once more: on the dunning days
    after its first decline. `begins`: this may be the first."""
    since = invoice.declined_since or (at if begins else None)
    if since is None:
        return None
    return retry_after(account, since, at)


def _in_dunning(subscription: Subscription) -> bool:
    """Of a term that runs, or begins with this charge. What was sent is waited for, not asked
    for again: it stays past due until it is paid or a person gives it up."""
    if subscription.collection_method != "charge_automatically":
        return False
    return subscription.status in {Status.ACTIVE, Status.EXTENDED, Status.PAST_DUE}


def _since(subscription: Subscription, at: datetime) -> datetime:
    return subscription.declined_since or at


def retry_after(
    account: Account, since: datetime, at: datetime, until: datetime | None = None
) -> datetime | None:
    """The first of the account's days after `since` that is later than `at`."""
    days = sorted(account.dunning_days)
    retries = (days_after(since, each, account.timezone) for each in days)
    return next((each for each in retries if each > at and (until is None or each < until)), None)
