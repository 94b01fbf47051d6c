"""Members of memberships: invited, accepted, changed, removed; the list over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api import views
from api.core import events
from api.fields import Body, Email, Nothing, Text, absent
from api.query import allow
from api.reading import instant
from api.resource_routes import BASE, LIST, reads
from api.route import Read, Route, Shape, Write
from api.views import Listed
from api.writing import Written, of
from domain.commands import memberships
from domain.shared.errors import Gathered, NotFound
from projections import member_updates
from projections.groups import RESOURCES
from projections.memberships import MEMBERSHIPS
from projections.pages import limit_of
from projections.reading import reading
from projections.subscription_resource import SUBSCRIPTIONS
from store.activity import seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.call import Call
    from api.views import Found

MOST_AT_ONCE = 100
_PATH = f"{BASE}/subscriptions/{{id}}/members"
_MEMBER = f"{_PATH}/{{mem}}"


class Invitation(Body):
    email: Email
    first_name: Text | None = None
    last_name: Text | None = None


def _one_or_many(schema: dict[str, Any]) -> None:
    """What the validator below refuses, in the words of JSON Schema."""
    one, many = {"required": ["email"]}, {"required": ["members"]}
    both = [{"required": ["members", name]} for name in Invitation.model_fields]
    schema["not"] = {"anyOf": [{"not": {"anyOf": [one, many]}}, *both]}


class Invitations(Body):
    """One person, or up to a hundred as `members`, of whom all are invited or none."""

    model_config = ConfigDict(json_schema_extra=_one_or_many)

    email: Email = absent()
    first_name: Text | None = None
    last_name: Text | None = None
    members: Annotated[list[Invitation], Field(min_length=1, max_length=MOST_AT_ONCE)] = absent()

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        named = self.model_fields_set
        if "members" not in named and "email" not in named:
            needed = "an email is needed, or members"
            raise PydanticCustomError("required", needed, {"field": "email"})
        if "members" in named and len(named) > 1:
            either = "one person's fields, or members"
            raise PydanticCustomError("not_with_members", either, {"field": "members"})
        return self

    @property
    def listed(self) -> bool:
        return "members" in self.model_fields_set

    @property
    def people(self) -> Sequence[memberships.NewMember]:
        sent = self.sent()
        return [memberships.NewMember(**each) for each in sent.get("members", [sent])]


class MemberChange(Body):
    first_name: Text | None = None
    last_name: Text | None = None


def invite(call: Call, body: Invitations) -> Written:
    invited = memberships.invite_members(
        call.books, call.ref, body.people, call.act, listed=body.listed
    )
    told: dict[str, Any] = {"ids": invited.refs} if body.listed else {}
    return Written(invited.refs[0], invited.recorded, told)


def accept(call: Call, _: Nothing) -> Written:
    done, customer_id = memberships.accept_member(call.books, call.ref, _ref(call), call.act)
    if customer_id is not None:
        with call.services.connections.connection() as connection:
            seen(connection, call.account_id, [customer_id])
    return of(done)


def update(call: Call, body: MemberChange) -> Written:
    ref, changes = _ref(call), body.sent()
    return of(memberships.update_member(call.books, call.ref, ref, changes, call.act))


def remove(call: Call, _: Nothing) -> Written:
    return of(memberships.remove_member(call.books, call.ref, _ref(call), call.act))


def members(call: Call) -> Listed:
    """Those of the subscription the address names. Raises NotFound."""
    views.one(call, SUBSCRIPTIONS, call.ref)
    return views.page(call, MEMBERSHIPS, call.query, always={"subscription_id": call.ref})


def member(call: Call) -> Found:
    """Raises NotFound for a member of another subscription too."""
    allow(call.query, "as_of", "expand")
    as_of, expand = call.query.get("as_of"), call.query.get("expand")
    if as_of is None:
        found = views.one(call, MEMBERSHIPS, _ref(call), expand=expand)
    else:
        when = instant(call, "as_of", as_of)
        found = views.one_as_of(call, MEMBERSHIPS, _ref(call), when, expand=expand)
    if found.resource["subscription_id"] != call.ref:
        raise NotFound(detail=f"there is no member {_ref(call)} in {call.ref}")
    return found


def member_events(call: Call) -> Listed:
    memberships.member_of(call.books, call.ref, _ref(call))
    return events.of_subject(call, _ref(call))


def updates(call: Call) -> Listed:
    """The newest first. Raises NotFound."""
    views.require_ref(MEMBERSHIPS, call.ref)
    wrong = Gathered()
    with wrong.noting():
        allow(call.query, "limit")
    with wrong.noting():
        limit = limit_of(call.query.get("limit"))
    wrong.require_none()
    with reading(call.services.connections, call.account_id, RESOURCES) as now:
        found = MEMBERSHIPS.table.load(now, [call.ref]).get(call.ref)
        if found is None:
            raise NotFound(detail=f"there is no member {call.ref}")
        told = member_updates.of_member(now, found, limit)
        return Listed(told, None, now.position, now.head)


def _ref(call: Call) -> str:
    return call.path["mem"]


def _write(method: str, path: str, handler: Any, summary: str, **rest: Any) -> Write:
    return Write(
        method=method, path=path, handler=handler, summary=summary, kind=MEMBERSHIPS,
        rule="memberships:write", **rest,
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    *reads(MEMBERSHIPS),
    Read(
        method="GET", path=_PATH, handler=members, kind=MEMBERSHIPS, rule="memberships:read",
        shape=Shape.LIST, parameters=LIST, summary="List a subscription's members",
    ),
    Read(
        method="GET", path=_MEMBER, handler=member, kind=MEMBERSHIPS, rule="memberships:read",
        shape=Shape.ITEM, parameters=("as_of", "expand"), summary="One of a subscription's members",
    ),
    Read(
        method="GET", path=f"{_MEMBER}/events", handler=member_events, kind="event",
        rule="events:read", shape=Shape.LIST, parameters=("limit", "cursor", "sort"),
        summary="What happened to one of a subscription's members",
    ),
    Read(
        method="GET", path=f"{BASE}/memberships/{{id}}/subscription_updates", handler=updates,
        kind="member_update", rule="memberships:read", shape=Shape.LIST, parameters=("limit",),
        summary="What a member is told of their subscription: member.subscription_updated",
    ),
    _write(
        "POST", _PATH, invite, "Invite a member, or up to a hundred: all or none",
        body=Invitations, status=201, many=True,
    ),
    _write("PATCH", _MEMBER, update, "Change a member's name", body=MemberChange),
    _write("DELETE", _MEMBER, remove, "Remove a member, or take an invitation back"),
    _write("POST", f"{_MEMBER}/accept", accept, "Accept an invitation"),
)  # fmt: skip
