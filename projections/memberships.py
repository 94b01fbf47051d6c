"""Members of all subscriptions: what each event leaves of one, how they are listed and exported."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from domain.shared.personal import ERASED
from domain.subscriptions import states
from domain.subscriptions.member import Member, Status
from projections import last_active, seats, subscriptions
from projections.conditions import Field
from projections.exports import Export, count, text, word
from projections.exports import instant as cell
from projections.lists import Listing
from projections.rendering import common, instant, taken
from projections.resource import Resource
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.envelope import Envelope
    from projections.subscription_row import SubscriptionRow
    from projections.table import Rows


@dataclass(slots=True)
class MemberRow:
    """It is an open member from the position `invited_in` on, until `removed_in`."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    subscription_id: str
    status: str
    email: str
    first_name: str | None
    last_name: str | None
    customer_id: str | None
    invited_at: datetime
    accepted_at: datetime | None
    removed_at: datetime | None
    invited_in: int
    removed_in: int | None


_NAMES = frozenset(field.name for field in fields(MemberRow))


def _created(envelope: Envelope) -> MemberRow:
    told: Member.Created = envelope.event
    return MemberRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        subscription_id=told.subscription_id,
        status=Status.PENDING.value,
        email=told.email,
        first_name=told.first_name,
        last_name=told.last_name,
        customer_id=told.customer_id,
        invited_at=told.invited_at,
        accepted_at=None,
        removed_at=None,
        invited_in=envelope.position,
        removed_in=None,
    )


def _activated(row: MemberRow, envelope: Envelope) -> None:
    row.status = Status.ACTIVE.value
    row.accepted_at = envelope.event.accepted_at


def _updated(row: MemberRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _removed(row: MemberRow, envelope: Envelope) -> None:
    row.status = Status.REMOVED.value
    row.removed_at = envelope.event.removed_at
    row.removed_in = envelope.position


def _erased(row: MemberRow, _: Envelope) -> None:
    row.email, row.first_name, row.last_name = ERASED, None, None


TABLE = Table("memberships", MemberRow)
VIEW = ResourceView(
    TABLE,
    Member,
    created={Member.Created: _created},
    changed={
        Member.Activated: _activated,
        Member.Updated: _updated,
        Member.Removed: _removed,
        Member.Erased: _erased,
    },
)


class Around(NamedTuple):
    """What a member shows besides its own: the subscription, and when its customer was seen."""

    subscription: SubscriptionRow | None
    seen_at: datetime | None


def _around(rows: Rows, members: Sequence[MemberRow]) -> dict[str, Around]:
    owned = subscriptions.TABLE.load(rows, {member.subscription_id for member in members})
    seen = last_active.of_customers(rows, [member.customer_id for member in members])
    return {
        member.id: Around(owned.get(member.subscription_id), seen.get(member.customer_id or ""))
        for member in members
    }


def _streams(rows: Rows, ref: str) -> list[str]:
    return [row.subscription_id for row in TABLE.load(rows, [ref]).values()]


def render(row: MemberRow, around: Around, *, livemode: bool) -> dict[str, Any]:
    owned = around.subscription
    seen = [at for at in (row.accepted_at, around.seen_at) if at is not None]
    return {
        **common("member", row, livemode=livemode),
        "subscription_id": row.subscription_id,
        "subscription_status": None if owned is None else owned.status,
        "plan_id": None if owned is None else owned.plan_id,
        "owner_id": None if owned is None else owned.recipient_id or owned.customer_id,
        "status": row.status,
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "customer_id": row.customer_id,
        "invited_at": instant(row.invited_at),
        "accepted_at": instant(row.accepted_at),
        "removed_at": instant(row.removed_at),
        "last_active_at": instant(max(seen, default=None)),
    }


# Of a gift whoever redeemed it.
_OWNER = "coalesce(s.recipient_id, s.customer_id)"
_JOINS = f"""
  LEFT JOIN subscriptions s ON s.account_id = t.account_id
   AND s.generation = t.generation AND s.id = t.subscription_id
  LEFT JOIN customers c ON c.account_id = t.account_id
   AND c.generation = t.generation AND c.id = {_OWNER}
  LEFT JOIN organizations g ON g.account_id = t.account_id
   AND g.generation = t.generation AND g.id = c.organization_id
  LEFT JOIN plans p ON p.account_id = t.account_id
   AND p.generation = t.generation AND p.id = s.plan_id
{seats.JOIN.format(subscription="t.subscription_id")}
{last_active.JOIN.format(customer="t.customer_id")}"""
_SEEN = f"greatest(t.accepted_at, {last_active.AT})"
MEMBERSHIPS: Resource[MemberRow] = Resource(
    "member",
    VIEW,
    Listing(
        TABLE,
        joins=_JOINS,
        search=("t.id", "t.email", "t.first_name", "t.last_name"),
        hidden=frozenset({"invited_in", "removed_in"}),
        folded=frozenset({"email"}),
        more=[
            Field("plan_id", "s.plan_id", "text"),
            Field("owner_id", _OWNER, "text"),
            Field("subscription_status", "s.status", "text", tuple(states.Status)),
            Field("last_active_at", _SEEN, "timestamptz"),
        ],
        found_by=frozenset({"subscription_id", "customer_id", "email"}),
        trigrams=True,
    ),
    render,
    related=_around,
    streams=_streams,
    expands={"plan": "plans", "owner": "customers"},
    export=Export(
        word("member.id", "t.id"),
        word("member.status", "t.status"),
        text("member.email", "t.email"),
        text("member.first_name", "t.first_name"),
        text("member.last_name", "t.last_name"),
        word("customer.id", "t.customer_id"),
        word("owner.id", _OWNER),
        text("owner.email", "c.email"),
        text("organization.name", "g.name"),
        word("subscription.id", "t.subscription_id"),
        word("subscription.status", "s.status"),
        word("plan.id", "s.plan_id"),
        text("plan.name", "p.name"),
        cell("invited_at", "t.invited_at"),
        cell("accepted_at", "t.accepted_at"),
        count("seat_capacity", "s.seat_capacity"),
        count("seats_used", seats.used("s.seat_capacity")),
        count("seats_available", seats.available("s.seat_capacity")),
        cell("last_active_at", _SEEN),
    ),
)
