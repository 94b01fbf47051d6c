"""What a customer may use now, or could at an instant, and why: by own and shared subscriptions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.accounts.account import Account
from domain.shared.errors import NotFound
from domain.shared.identifiers import typed_id, uuid_of
from domain.shared.period import days_after
from domain.subscriptions.member import Status as MemberStatus
from domain.subscriptions.states import Status
from projections import accounts, customers, log, memberships, subscriptions
from projections.groups import RESOURCES
from projections.rendering import instant, read
from projections.ways import FIND_IN_INDEX
from projections.work import MemoryWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.glance import Glance
    from projections.reading import Reading
    from projections.subscription_row import SubscriptionRow
    from projections.table import Json, Rows

GRANTING = frozenset({Status.TRIALING, Status.ACTIVE, Status.EXTENDED})
"""With access; past due besides, within the account's grace."""


class Access(NamedTuple):
    """What a subscription says of the access it gives. `member_id` is of a shared one."""

    subscription_id: str
    member_id: str | None
    status: str
    plan_id: str
    current_period_end: datetime | None
    renews_at: datetime | None
    expires_at: datetime | None
    past_due_since: datetime | None
    entitlements: Json


class Grace(NamedTuple):
    """The account's, in calendar days of its time zone."""

    days: int
    timezone: str


class Grant(NamedTuple):
    """Access until an instant."""

    access: Access
    until: datetime


_COLUMNS = """s.status, s.plan_id, s.current_period_end, s.renews_at, s.expires_at,
               s.past_due_since, s.entitlements"""
# Bought for oneself, given by somebody, shared; a row at least for a customer that is there.
_NOW = f"""
SELECT a.grace_days, a.timezone, w.*
  FROM customers c
  JOIN accounts a ON a.account_id = c.account_id AND a.generation = c.generation
  LEFT JOIN LATERAL (
        SELECT s.id, NULL AS member_id, {_COLUMNS}
          FROM subscriptions s
         WHERE s.account_id = c.account_id AND s.generation = c.generation
           AND s.customer_id = c.id AND s.gift_code IS NULL
         UNION ALL
        SELECT s.id, NULL, {_COLUMNS}
          FROM subscriptions s
         WHERE s.account_id = c.account_id AND s.generation = c.generation
           AND s.recipient_id = c.id
         UNION ALL
        SELECT s.id, m.id, {_COLUMNS}
          FROM memberships m
          JOIN subscriptions s ON s.account_id = m.account_id
           AND s.generation = m.generation AND s.id = m.subscription_id
         WHERE m.account_id = c.account_id AND m.generation = c.generation
           AND m.customer_id = c.id AND m.status = 'active') w ON true
 WHERE c.account_id = %(account)s AND c.generation = %(generation)s AND c.id = %(customer)s"""


def now(glance: Glance, customer_id: str) -> list[dict[str, Any]]:
    """Raises NotFound."""
    rows = glance.steered(FIND_IN_INDEX, _NOW, {"customer": customer_id})
    if not rows:
        raise _absent(customer_id)
    ways = [Access(*row[2:]) for row in rows if row[2] is not None]
    return _told(ways, Grace(*rows[0][:2]), glance.shown.now)


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
    if customer_id not in customers.TABLE.load(memory, [customer_id]):
        raise _absent(customer_id)
    ref = typed_id(Account.prefix, reading.account_id)
    account = accounts.TABLE.load(memory, [ref])[ref]
    grace = Grace(account.grace_days, account.timezone)
    return _told(_ways(memory, customer_id), grace, at)


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


def _absent(customer_id: str) -> NotFound:
    return NotFound(detail=f"there is no customer {customer_id} then")


def _ways(rows: Rows, customer_id: str) -> list[Access]:
    """As `_NOW` finds them, of rows that are in no database."""
    own = _own(rows, customer_id)
    joined = [
        member
        for member in memberships.TABLE.load_by(rows, "customer_id", [customer_id])
        if member.status == MemberStatus.ACTIVE
    ]
    shared = subscriptions.TABLE.load(rows, {member.subscription_id for member in joined})
    ways = [_access(row, None) for row in own]
    return ways + [
        _access(shared[each.subscription_id], each.id)
        for each in joined
        if each.subscription_id in shared
    ]


def _access(row: SubscriptionRow, member_id: str | None) -> Access:
    return Access(
        row.id, member_id, row.status, row.plan_id, row.current_period_end, row.renews_at,
        row.expires_at, row.past_due_since, row.entitlements,
    )  # fmt: skip


def _told(ways: Sequence[Access], grace: Grace, at: datetime) -> list[dict[str, Any]]:
    by_name: dict[str, list[Grant]] = {}
    for access in ways:
        until = access_until(access, grace)
        if until is not None and (until > at or _goes_on(access)):
            for name in read(access.entitlements):
                by_name.setdefault(name, []).append(Grant(access, until))
    return [_render(name, by_name[name]) for name in sorted(by_name)]


def access_until(access: Access, grace: Grace) -> datetime | None:
    """Until when a subscription gives access as far as is known; None where it gives none."""
    if access.status in GRANTING:
        return access.current_period_end
    if access.status == Status.PAST_DUE and access.past_due_since is not None:
        return days_after(access.past_due_since, *grace)
    return None


def _goes_on(access: Access) -> bool:
    """The term is over and the next is only being begun: access is not lost in between."""
    return access.status in GRANTING and access.renews_at is not None


def _render(name: str, grants: list[Grant]) -> dict[str, Any]:
    """The reason that lasts longest comes first."""
    in_order = sorted(
        grants, key=lambda each: (each.until, each.access.subscription_id), reverse=True
    )
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
    access = grant.access
    return {
        "subscription_id": access.subscription_id,
        "via": "own" if access.member_id is None else "shared",
        "member_id": access.member_id,
        "status": access.status,
        "plan_id": access.plan_id,
        "until": instant(grant.until),
        "renews_at": instant(access.renews_at),
        "expires_at": instant(access.expires_at),
    }
