"""Members of a membership: invited, accepted, changed, removed, and linked to customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.claims import seat_kind
from domain.commands.linking import look_again, owners_of
from domain.shared.errors import Conflict, FieldError, Invalid, NotFound
from domain.shared.recording import Claim, Guard
from domain.subscriptions.member import Member, Status
from domain.subscriptions.seats import Seats
from domain.subscriptions.states import ENDED
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.application import Books
    from domain.commands.act import Act
    from domain.shared.recording import Recorded
    from domain.shared.terms import Terms

MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    email: str
    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """In the order of the request."""

    refs: Sequence[str]
    recorded: Recorded


def invite_members(
    books: Books, ref: str, new: Sequence[NewMember], act: Act, *, listed: bool
) -> Invited:
    """All of them or none. `listed`: the request named them as a list.

    Raises Conflict `not_a_membership` or `subscription_ended`, Invalid `taken` for an e-mail that
    an open member has, `seat_capacity_exceeded` where the seats left are fewer.
    """
    subscription = membership_of(books, ref)
    require_running(subscription)
    _require_new(books, ref, new, listed=listed)
    seats = seats_of(books, subscription)
    seats.invite(len(new), subscription.phase.terms.seat_capacity)
    customers, at = owners_of(books, [each.email for each in new]), books.now()
    members = [_invited(books, ref, each, customers.get(each.email), at) for each in new]
    refs = [member.ref for member in members]
    conditions = {
        "claims": [seat_claim(books, member) for member in members],
        "guards": [Guard(subscription.id, subscription.version)],
    }
    given = act.given_all(refs, **conditions) if listed else act.given(refs[0], **conditions)
    recorded = books.record(*members, seats, by=act.by, given=given)
    return Invited(refs, look_again(books, members, act) or recorded)


def accept_member(books: Books, ref: str, member_ref: str, act: Act) -> tuple[Done, str | None]:
    """Also the customer who accepted, where they are known.

    Raises Conflict `member_not_pending` or `subscription_ended`, Invalid
    `seat_capacity_exceeded` where the plan got smaller since the invitation."""
    subscription = membership_of(books, ref)
    require_running(subscription)
    member, seats = member_of(books, ref, member_ref), seats_of(books, subscription)
    member.accept(books.now())
    if member.customer_id is None and (owner := owners_of(books, [member.email])):
        member.link(owner[member.email])
    seats.accept(subscription.phase.terms.seat_capacity)
    guards = [Guard(subscription.id, subscription.version)]
    given = act.given(member_ref, guards=guards)
    recorded = books.record(member, seats, by=act.by, given=given)
    return Done(member_ref, recorded), member.customer_id


def remove_member(books: Books, ref: str, member_ref: str, act: Act) -> Done:
    """Whatever the subscription's state: who restarts one with fewer seats has to make room.

    Raises Conflict `member_removed`.
    """
    member = member_of(books, ref, member_ref)
    seats = books.load(Seats, Seats.id_for(books.load(Subscription, ref).id))
    was_active = member.status is Status.ACTIVE
    member.remove(books.now())
    seats.free(active=was_active)
    given = act.given(member_ref, releases=[seat_claim(books, member)])
    return Done(member_ref, books.record(member, seats, by=act.by, given=given))


def update_member(
    books: Books, ref: str, member_ref: str, changes: dict[str, Any], act: Act
) -> Done:
    """`changes` of first_name and last_name. Raises Conflict `member_removed`."""
    member = member_of(books, ref, member_ref)
    member.update(changes)
    return Done(member_ref, books.record(member, by=act.by, given=act.given(member_ref)))


def membership_of(books: Books, ref: str) -> Subscription:
    """Raises NotFound, Conflict `not_a_membership`."""
    subscription = books.load(Subscription, ref)
    if subscription.phase.terms.type != MEMBERSHIP:
        raise Conflict("not_a_membership", "only a subscription to a membership plan has members")
    return subscription


def require_running(subscription: Subscription) -> None:
    """Raises Conflict `subscription_ended`."""
    if subscription.status in ENDED:
        raise Conflict("subscription_ended", f"the subscription is {subscription.status}")


def seats_of(books: Books, subscription: Subscription) -> Seats:
    """The subscription's, begun where it never had a member."""
    seats_id = Seats.id_for(subscription.id)
    try:
        return books.load(Seats, seats_id)
    except NotFound:
        return Seats.begin(Seats.Created, id=seats_id, subscription_id=subscription.ref)


def require_fitting(books: Books, subscription: Subscription, terms: Terms) -> list[Guard]:
    """That its members have room on a plan to come, and that none joins or leaves meanwhile.

    Raises Invalid `seat_capacity_exceeded`, or `not_a_membership` where there are members.
    """
    if subscription.phase.terms.type != MEMBERSHIP:
        return []
    seats = seats_of(books, subscription)
    if terms.type != MEMBERSHIP and seats.held:
        raise Invalid.one("plan_id", "not_a_membership", "its members need a membership plan")
    seats.require_room(terms.seat_capacity, "plan_id")
    return [Guard(seats.id, 0 if seats.pending_events else seats.version)]


def member_of(books: Books, ref: str, member_ref: str) -> Member:
    """Raises NotFound for one of another subscription too."""
    member = books.load(Member, member_ref)
    if member.subscription_id != ref:
        raise NotFound(detail=f"there is no member {member_ref[:100]} in {ref[:100]}")
    return member


def _require_new(books: Books, ref: str, new: Sequence[NewMember], *, listed: bool) -> None:
    kinds = [seat_kind(books, each.email) for each in new]
    taken = {claim.kind for claim in books.claims_in(kinds) if claim.value == ref}
    wrong = []
    for at, kind in enumerate(kinds):
        field = f"members[{at}].email" if listed else "email"
        if kind in taken:
            wrong.append(FieldError(field, "taken", "already a member or invited"))
        elif kind in kinds[:at]:
            wrong.append(FieldError(field, "taken", "is named twice"))
    if wrong:
        raise Invalid(tuple(wrong))


def _invited(
    books: Books, ref: str, new: NewMember, customer_id: str | None, at: datetime
) -> Member:
    return Member.begin(
        Member.Created,
        id=books.new_id(),
        subscription_id=ref,
        email=new.email,
        first_name=new.first_name,
        last_name=new.last_name,
        customer_id=customer_id,
        invited_at=at,
    )


def seat_claim(books: Books, member: Member) -> Claim:
    return Claim(seat_kind(books, member.email), member.subscription_id, member.id)
