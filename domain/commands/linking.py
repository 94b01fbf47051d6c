"""Members and the customers who have their e-mails find each other, whichever comes first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.commands.claims import email_claim, seat_kind
from domain.customers.customer import Customer
from domain.shared.errors import ClaimHeld, ConcurrentChange
from domain.shared.groups import Group
from domain.shared.recording import NO_CONDITIONS, Conditions
from domain.subscriptions.member import Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from domain.application import Books
    from domain.commands.act import Act
    from domain.shared.aggregate import Aggregate
    from domain.shared.recording import Context, Recorded

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """`members`: linked by this, to be recorded with their customer. `uninvited`: the kinds of
    claims that an invitation of the other e-mails would take."""

    members: Sequence[Member]
    uninvited: Sequence[str]


def found_members(books: Books, customers: Iterable[Customer]) -> Found:
    """The open members who have these customers' e-mails and no customer yet."""
    by_kind: dict[str, Customer] = {}
    for each in customers:
        if each.email is not None:
            by_kind.setdefault(seat_kind(books, each.email), each)
    return _linked(books, by_kind)


def record_found(
    books: Books, changed: Sequence[Aggregate], found: Found, by: Context, given: Conditions
) -> Recorded:
    """The customers and their members in one append.

    Raises ConcurrentChange where somebody of their e-mails was invited meanwhile.
    """
    given = replace(given, forbidden_claims=(*given.forbidden_claims, *found.uninvited))
    try:
        return books.record(*changed, *found.members, by=by, given=given)
    except ClaimHeld as invited:
        if invited.kind not in found.uninvited:
            raise
        raise ConcurrentChange(detail="somebody of that e-mail was invited meanwhile") from invited


def with_members(books: Books, groups: Mapping[int, Group]) -> dict[int, Group]:
    """Bulk work: each group that brings a customer, with the members who have their e-mail."""
    found = found_members(books, [customer_in(group) for group in groups.values()])
    of: defaultdict[str | None, list[Member]] = defaultdict(list)
    for member in found.members:
        of[member.customer_id].append(member)
    return {
        at: Group([*group.aggregates, *of[customer_in(group).ref]], group.given)
        for at, group in groups.items()
    }


def customer_in(group: Group) -> Customer:
    (customer,) = (each for each in group.aggregates if isinstance(each, Customer))
    return customer


def owners_of(books: Books, emails: Sequence[str]) -> dict[str, str]:
    """The customers who have these e-mails, by e-mail."""
    digests = {email: email_claim(books, email, books.account_id).value for email in emails}
    owners = books.owners_of("email", list(digests.values())) if digests else {}
    return {
        email: books.ref_of(owners[digest], Customer.prefix)
        for email, digest in digests.items()
        if digest in owners
    }


def look_again(books: Books, members: Sequence[Member], act: Act) -> Recorded | None:
    """After an invitation was recorded: for the customer who took its e-mail at the same time.

    Should this be cut off, the acceptance finds them.
    """
    emails = [member.email for member in members if member.customer_id is None]
    owners = owners_of(books, emails).values()
    return link_again(books, books.load_many(Customer, owners).values(), act) if owners else None


def link_again(books: Books, customers: Iterable[Customer], act: Act) -> Recorded | None:
    """In an append of its own. It never refuses what was recorded before."""
    known = list(customers)
    for _ in range(ATTEMPTS):
        found = found_members(books, known).members
        try:
            return books.record(*found, by=act.by, given=NO_CONDITIONS) if found else None
        except ConcurrentChange:
            continue
    return None


def _linked(books: Books, by_kind: Mapping[str, Customer]) -> Found:
    claims = books.claims_in(list(by_kind))
    members = books.load_many(Member, [claim.owner for claim in claims])
    for claim in claims:
        members[claim.owner].link(by_kind[claim.kind].ref)
    held = {claim.kind for claim in claims}
    return Found(
        [member for member in members.values() if member.pending_events],
        [kind for kind in by_kind if kind not in held],
    )
