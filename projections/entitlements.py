"""What a customer may use now, or could at an instant, and why: by own and shared subscriptions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.accounts.account import Account
from domain.shared.errors import NotFound
from domain.shared.identifiers import typed_id, uuid_of
from domain.subscriptions.member import Status as MemberStatus
from domain.subscriptions.states import Status
from projections import accounts, customers, log, memberships, subscriptions
from projections.groups import RESOURCES
from projections.rendering import instant, read
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from projections.memberships import MemberRow
    from projections.reading import Reading
    from projections.subscription_row import SubscriptionRow
    from projections.table import Rows

GRANTING = frozenset({Status.TRIALING, Status.ACTIVE, Status.EXTENDED})
"""With access; past due besides, within the account's grace."""


class Grant(NamedTuple):
    """A subscription that gives access until an instant; shared ones through `member`."""

    subscription: SubscriptionRow
    member: MemberRow | None
    until: datetime


def now(reading: Reading, customer_id: str) -> list[dict[str, Any]]:
    """Raises NotFound."""
    return _told(reading, customer_id, reading.account_id, reading.now)


def as_of(reading: Reading, customer_id: str, at: datetime) -> list[dict[str, Any]]:
    """As the events of all that is concerned leave it at an instant. Raises NotFound."""
    concerned = {customer_id, *_subscriptions_of(reading, customer_id)}
    for member in memberships.TABLE.load_by(reading, "customer_id", [customer_id]):
        concerned |= {member.id, member.subscription_id}
    streams = [reading.account_id, *(uuid_of(each) for each in sorted(concerned))]
    position = log.position_at(reading.cursor, reading.account_id, streams, at)
    memory = MemoryWork(reading.account_id)
    events = log.read_streams(reading.cursor, reading.account_id, streams, position)
    RESOURCES.fold(memory, [event for event in events if event.topic in RESOURCES.topics])
    return _told(memory, customer_id, reading.account_id, at)


def _subscriptions_of(rows: Rows, customer_id: str) -> list[str]:
    table = subscriptions.TABLE
    return [
        row.id
        for column in ("customer_id", "recipient_id")
        for row in table.load_by(rows, column, [customer_id])
    ]


def _own(rows: Rows, customer_id: str) -> list[SubscriptionRow]:
    """What was bought for oneself, or given by somebody: a gift is not its donor's."""
    bought = subscriptions.TABLE.load_by(rows, "customer_id", [customer_id])
    given = subscriptions.TABLE.load_by(rows, "recipient_id", [customer_id])
    return [*(row for row in bought if row.gift_code is None), *given]


def _told(rows: Rows, customer_id: str, account_id: Any, at: datetime) -> list[dict[str, Any]]:
    if customer_id not in customers.TABLE.load(rows, [customer_id]):
        raise NotFound(detail=f"there is no customer {customer_id} then")
    account = typed_id(Account.prefix, account_id)
    grace = timedelta(days=accounts.TABLE.load(rows, [account])[account].grace_days)
    by_name: dict[str, list[Grant]] = {}
    for grant in _grants(rows, customer_id, grace, at):
        for name in read(grant.subscription.entitlements):
            by_name.setdefault(name, []).append(grant)
    return [_render(name, by_name[name]) for name in sorted(by_name)]


def _grants(rows: Rows, customer_id: str, grace: timedelta, at: datetime) -> Iterator[Grant]:
    own = _own(rows, customer_id)
    joined = [
        member
        for member in memberships.TABLE.load_by(rows, "customer_id", [customer_id])
        if member.status == MemberStatus.ACTIVE
    ]
    shared = subscriptions.TABLE.load(rows, {member.subscription_id for member in joined})
    ways: list[tuple[SubscriptionRow, MemberRow | None]] = [(row, None) for row in own]
    ways += [
        (shared[each.subscription_id], each) for each in joined if each.subscription_id in shared
    ]
    for subscription, member in ways:
        until = access_until(subscription, grace)
        if until is not None and (until > at or _goes_on(subscription)):
            yield Grant(subscription, member, until)


def access_until(row: SubscriptionRow, grace: timedelta) -> datetime | None:
    """Until when a subscription gives access as far as is known; None where it gives none."""
    if row.status in GRANTING:
        return row.current_period_end
    if row.status == Status.PAST_DUE and row.past_due_since is not None:
        return row.past_due_since + grace
    return None


def _goes_on(row: SubscriptionRow) -> bool:
    """The term is over and the next is only being begun: access is not lost in between."""
    return row.status in GRANTING and row.renews_at is not None


def _render(name: str, grants: list[Grant]) -> dict[str, Any]:
    """The reason that lasts longest comes first."""
    in_order = sorted(grants, key=lambda each: (each.until, each.subscription.id), reverse=True)
    reasons = [_reason(grant) for grant in in_order]
    return {
        "object": "entitlement",
        "entitlement": name,
        "granted": True,
        "until": reasons[0]["until"],
        "reason": reasons[0],
        "reasons": reasons,
    }


def _reason(grant: Grant) -> dict[str, Any]:
    row, member = grant.subscription, grant.member
    return {
        "subscription_id": row.id,
        "via": "own" if member is None else "shared",
        "member_id": None if member is None else member.id,
        "status": row.status,
        "plan_id": row.plan_id,
        "until": instant(grant.until),
        "renews_at": instant(row.renews_at),
        "expires_at": instant(row.expires_at),
    }
