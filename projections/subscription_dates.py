"""When a subscription renews, expires, is billed next, and what falls due: pure of its row."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.subscriptions.states import ENDED, RUNNING, Status
from projections.rendering import EMPTY_LIST, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.subscription_row import SubscriptionRow
    from projections.table import Json

KINDS = ("expire", "activate", "extend", "renew", "unsuspend", "charge", "dunning", "give_up")
"""What happens by itself; of several at one instant the earlier here is done first."""


class Coming(NamedTuple):
    """A phase that was booked and has not begun."""

    start: datetime
    end: datetime
    billed: bool
    auto_renew: bool


def booked_of(kept: Json | None) -> list[Coming]:
    if kept is None or kept == EMPTY_LIST:
        return []
    return [
        Coming(
            datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]),
            each["billed"], each["auto_renew"],
        )
        for each in read(kept)
    ]  # fmt: skip


def renewal_and_expiry(
    row: SubscriptionRow, booked: Sequence[Coming] = ()
) -> tuple[datetime | None, datetime | None]:
    """`renews_at` and `expires_at`: of requirement S11, the first case that fits.

    An unpaid one is not renewed by itself, whatever its auto_renew says: it is told as it will be.
    """
    if row.status in ENDED:
        return None, row.ended_at
    if row.current_period_end is None:
        return None, None
    if row.cancel_at_period_end:
        return None, row.current_period_end
    if not row.auto_renew or row.status == Status.UNPAID:
        last = booked[-1].end if booked else row.current_period_end
        return (booked[0].start if booked else None), last
    return row.current_period_end, None


def next_invoice(row: SubscriptionRow, booked: Sequence[Coming] = ()) -> datetime | None:
    """When the next invoice is issued by itself, as far as it is known now."""
    if row.status in ENDED or row.cancel_at_period_end or row.current_period_end is None:
        return None
    if row.status == Status.SCHEDULED and row.latest_invoice_id is None and row.trial_end is None:
        return row.start_date
    unbilled = [each.start for each in booked if not each.billed]
    if unbilled:
        return unbilled[0]
    if booked:
        return booked[-1].end if booked[-1].auto_renew else None
    return row.renews_at


def due(row: SubscriptionRow, booked: Sequence[Coming] = ()) -> tuple[datetime | None, str | None]:
    """The instant and the kind of what happens next without anybody asking."""
    if row.status in ENDED:
        return None, None
    coming = [(at, kind) for kind, at in _coming(row, booked) if at is not None]
    return min(coming, key=lambda each: (each[0], KINDS.index(each[1])), default=(None, None))


def _coming(row: SubscriptionRow, booked: Sequence[Coming]) -> list[tuple[str, datetime | None]]:
    found: list[tuple[str, datetime | None]] = [("unsuspend", row.suspended_until)]
    if row.status == Status.INCOMPLETE:
        return [*found, *_window(row)]
    at = row.current_period_end
    if at is None:
        return found  # a gift that waits for its recipient
    if row.status == Status.SCHEDULED:
        return [*found, ("activate", _not_before(row, row.start_date))]
    renews = (row.auto_renew and row.status in RUNNING) or bool(booked)
    ending = "renew" if renews and not row.cancel_at_period_end else "expire"
    if row.status == Status.PAST_DUE:
        found += [("charge", _before_the_end(row)), ("dunning", row.dunning_until)]
    if row.status in {Status.ACTIVE, Status.TRIALING}:
        found.append(("extend", row.extended_from))
    return [*found, (ending, _not_before(row, at) if ending == "renew" else at)]


def _before_the_end(row: SubscriptionRow) -> datetime | None:
    """A charge that was not retried on its day is not asked for after the last one."""
    late = row.retry_at and row.dunning_until and row.retry_at > row.dunning_until
    return None if late else row.retry_at


def _not_before(row: SubscriptionRow, at: datetime) -> datetime:
    """A billing rule that failed is tried again later."""
    return at if row.billing_retry_at is None else max(at, row.billing_retry_at)


def _window(row: SubscriptionRow) -> list[tuple[str, datetime | None]]:
    """At the end of the window there is no further charge."""
    until, retry = row.incomplete_until, row.retry_at
    again = None if retry is None or until is None or retry >= until else retry
    return [("charge", again), ("give_up", until)]
