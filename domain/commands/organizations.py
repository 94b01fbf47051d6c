"""Organisations: made, changed, and deleted after their customers were unlinked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.commands.act import Done
from domain.commands.claims import kept, member_claim, members_kind, moved_old_id, old_id_claims
from domain.customers.customer import Customer
from domain.customers.organization import Organization
from domain.shared.errors import ClaimHeld, ConcurrentChange
from domain.shared.groups import AGGREGATES_AN_APPEND
from domain.shared.recording import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from domain.application import Books
    from domain.commands.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganization:
    name: str
    industry: str | None = None
    website: str | None = None
    email: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    address: dict[str, str] | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create_organization(books: Books, new: NewOrganization, act: Act) -> Done:
    """Raises ClaimTaken when the old_provider_id belongs to another organisation."""
    organization = Organization.begin(
        Organization.Created,
        id=books.new_id(),
        name=new.name,
        industry=new.industry,
        website=new.website,
        email=new.email,
        phone=new.phone,
        tax_id=new.tax_id,
        address=new.address,
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
    )
    claims = old_id_claims("org", new.old_provider_id, organization.id)
    given = act.given(organization.ref, claims=claims)
    return Done(organization.ref, books.record(organization, by=act.by, given=given))


def update_organization(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    organization = kept(books, Organization, ref)
    organization.require_version(version)
    moved = moved_old_id(organization, changes, "org")
    organization.update(changes)
    given = act.given(organization.ref, **moved)
    return Done(organization.ref, books.record(organization, by=act.by, given=given))


def delete_organization(books: Books, ref: str, act: Act) -> Done:
    """Unlinks its customers, a few hundred an append, then deletes it with none left.

    Each customer of an organisation holds a claim on it, so whoever joins meanwhile is found, and
    at no position of the log does a customer belong to a deleted organisation. To be called within
    a transaction: cut off midway, nothing has happened. Raises ConcurrentChange where a customer
    joins before it has begun.
    """
    organization = kept(books, Organization, ref)
    organization.delete()
    given = act.given(
        ref,
        releases=old_id_claims("org", organization.old_provider_id, organization.id),
        forbidden_claims=[members_kind(ref)],
    )
    _unlink_all(books, ref, act)
    try:
        return Done(ref, books.record(organization, by=act.by, given=given))
    except ClaimHeld as joined:
        raise ConcurrentChange(detail="a customer joined it meanwhile") from joined


def _unlink_all(books: Books, ref: str, act: Act) -> None:
    by = replace(act.by, reason=act.by.reason or f"organization {ref} deleted")
    while members := books.claimants(members_kind(ref), AGGREGATES_AN_APPEND):
        groups = [_unlinked(customer, ref) for customer in _loaded(books, members)]
        lost = books.record_in_bulk(groups, by=by)
        if len(lost) == len(groups):
            raise ConcurrentChange(detail="its customers are being changed")


def _loaded(books: Books, members: Sequence[UUID]) -> list[Customer]:
    return list(books.load_many(Customer, members).values())


def _unlinked(customer: Customer, ref: str) -> Group:
    customer.update({"organization_id": None})
    return Group([customer], Conditions(releases=[member_claim(ref, customer)]))


def name_for(books: Books, customer: Customer) -> str | None:
    """The name of the customer's organisation, as documents keep it."""
    if customer.organization_id is None:
        return None
    return books.load(Organization, customer.organization_id).name
