"""What would be billed up to an instant, decided as the renewal run decides it and never recorded.

Charges are taken to succeed; usage is what was told so far. The aggregates are thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from domain.commands.buyers import Buyers, buyers_of
from domain.commands.collecting import Case
from domain.commands.final_usage import FinalUsage
from domain.commands.renewing import renewed
from domain.commands.rules import Rules
from domain.commands.starting import started
from domain.shared.errors import Conflict
from domain.subscriptions.states import RUNNING, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.invoicing.invoice import Invoice
    from domain.subscriptions.phases import Phase

LATEST = datetime(2999, 12, 31, tzinfo=UTC)
_LOOKED_AHEAD = 12
_MOST_TERMS = 4000
"""Ahead of one subscription: more than ten years of days."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A term that begins, or the last one's end. No invoice where nothing is to be billed, or,
    with a `failure`, where nothing may be. `charged`: a card would be asked for it."""

    subscription: Subscription
    kind: str
    at: datetime
    phase: Phase
    invoice: Invoice | None
    charged: bool
    failure: str | None = None


def foreseen(
    books: Books, account: Account, refs: Sequence[str], until: datetime
) -> Iterator[Foreseen]:
    """For books without a cache, in the order of the refs, each one's terms in theirs."""
    subscriptions = list(books.load_many(Subscription, refs).values())
    desk = _Desk(
        books, account, buyers_of(books, account, subscriptions), Rules(books, subscriptions)
    )
    now = books.now()
    for subscription in subscriptions:
        yield from _ahead(desk, subscription, now, until)


def next_billing(books: Books, account: Account, subscription: Subscription) -> Foreseen:
    """The next term, or the first after it that asks for something or may not.

    Raises Conflict `subscription_not_renewable` where nothing is billed any more.
    """
    desk = _Desk(
        books, account, buyers_of(books, account, [subscription]), Rules(books, [subscription])
    )
    going_on = None
    for seen in islice(_ahead(desk, subscription, books.now(), LATEST), _LOOKED_AHEAD):
        if seen.invoice is not None or seen.failure is not None:
            return seen
        going_on = going_on or (seen if seen.kind != "end" else None)
    if going_on is None:
        raise Conflict("subscription_not_renewable", "its term is not followed by another")
    return going_on


@dataclass(frozen=True, slots=True)
class _Desk:
    books: Books
    account: Account
    buyers: Buyers
    rules: Rules


def _ahead(
    desk: _Desk, subscription: Subscription, now: datetime, until: datetime
) -> Iterator[Foreseen]:
    for _ in range(_MOST_TERMS):
        at = _next_instant(subscription, now)
        if at is None or at > until:
            return
        seen = _step(desk, subscription, at)
        yield seen
        if seen.failure is not None or seen.kind == "end":
            return


def _next_instant(subscription: Subscription, now: datetime) -> datetime | None:
    if subscription.waits_for_recipient:
        return None
    if subscription.status is Status.SCHEDULED:
        due = subscription.start_date
    elif subscription.status in RUNNING or (
        subscription.status is Status.UNPAID and subscription.upcoming
    ):
        due = subscription.phase.end
    else:
        return None
    return max(due, now, subscription.billing_retry_at or now)


def _step(desk: _Desk, subscription: Subscription, at: datetime) -> Foreseen:
    books, account, buyers, rules = desk.books, desk.account, desk.buyers, desk.rules
    if subscription.status is Status.SCHEDULED:
        begun = started(books, account, subscription, buyers, rules, at)
        if subscription.incomplete_until is not None:
            subscription.activate(at)
        return _told(subscription, "start", at, begun, failed=begun is None)
    if not subscription.renews:
        return _last(desk, subscription, at)
    case = renewed(books, account, subscription, buyers, rules, at)
    return _told(subscription, "renewal", at, case, failed=case is None)


def _last(desk: _Desk, subscription: Subscription, at: datetime) -> Foreseen:
    final = FinalUsage(desk.books, desk.account, [subscription])
    case, failed = final.billed(subscription, at)
    return _told(subscription, "end", at, case, failed=failed)


def _told(
    subscription: Subscription, kind: str, at: datetime, case: Any, *, failed: bool
) -> Foreseen:
    billed = case if isinstance(case, Case) else None
    return Foreseen(
        subscription, kind, at, subscription.phase,
        None if billed is None else billed.invoice,
        billed is not None and billed.payment is not None,
        _reason(subscription) if failed else None,
    )  # fmt: skip


def _reason(subscription: Subscription) -> str:
    fact: Any = subscription.pending_events[-1]
    return str(getattr(fact, "code", "billing_rule_failed"))
