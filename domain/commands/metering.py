"""Usage told by whoever counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from domain.application import Books
    from domain.commands.act import Act


def record_usage(books: Books, ref: str, quantity: int, used_at: datetime | None, act: Act) -> Done:
    """Counts for the term that runs; without an instant it was just now. Raises as
    `Subscription.record_usage`."""
    subscription, now = books.load(Subscription, ref), books.now()
    subscription.record_usage(quantity, now if used_at is None else used_at, now)
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref)))
