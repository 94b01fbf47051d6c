"""Ending a subscription by will."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.act import Done
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.application import Books
    from domain.commands.act import Act


def cancel_at_period_end(books: Books, ref: str, reason: str | None, act: Act) -> Done:
    """Raises Conflict `subscription_not_cancelable`."""
    subscription = books.load(Subscription, ref)
    subscription.cancel_at_end(books.now(), reason)
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref)))


def cancel_many_at_period_end(
    books: Books, refs: Sequence[str], reason: str | None, act: Act
) -> None:
    """The bulk form; what cannot be cancelled any more is left alone."""
    at = books.now()
    subscriptions = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.cancelable
    ]
    for subscription in subscriptions:
        subscription.cancel_at_end(at, reason)
    books.record_in_bulk([Group([subscription]) for subscription in subscriptions], by=act.by)
