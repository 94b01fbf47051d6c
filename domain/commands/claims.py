"""Values that are unique in an account, as claims the store holds for one owner."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, TypeVar

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Invalid, NotFound
from domain.shared.recording import Claim

if TYPE_CHECKING:
    from uuid import UUID

    from domain.application import Books
    from domain.customers.customer import Customer

A = TypeVar("A", bound=Aggregate)

ACTIVE_PLAN = "active_plan"


def email_digest(books: Books, email: str) -> str:
    """An address is kept as a fingerprint, so that a claim names nobody."""
    folded = email.casefold().encode()
    return hmac.digest(books.account_id.bytes, folded, "sha256").hex()


def email_claim(books: Books, email: str, owner: UUID) -> Claim:
    return Claim("email", email_digest(books, email), owner)


def seat_kind(books: Books, email: str) -> str:
    """The kind of claim an open member of this e-mail holds on its subscription: one in each."""
    return f"member:{email_digest(books, email)}.email"


def old_id_claim(kind: str, old_provider_id: str, owner: UUID) -> Claim:
    return Claim(f"{kind}.old_provider_id", old_provider_id, owner)


def old_id_claims(kind: str, old_provider_id: str | None, owner: UUID) -> list[Claim]:
    return [] if old_provider_id is None else [old_id_claim(kind, old_provider_id, owner)]


def moved_old_id(holder: Any, changes: dict[str, Any], kind: str) -> dict[str, list[Claim]]:
    """The claims to take and to release when `changes` names another old_provider_id."""
    if "old_provider_id" not in changes or changes["old_provider_id"] == holder.old_provider_id:
        return {}
    return {
        "claims": old_id_claims(kind, changes["old_provider_id"], holder.id),
        "releases": old_id_claims(kind, holder.old_provider_id, holder.id),
    }


def members_kind(organization_ref: str) -> str:
    """The kind of claim each customer holds on its organisation: deleting needs none to be left."""
    return f"customer_of:{organization_ref}"


def member_claim(organization_ref: str, customer: Customer) -> Claim:
    return Claim(members_kind(organization_ref), customer.ref, customer.id)


def active_plan_kind(product_ref: str) -> str:
    """The kind of claim each active plan holds on its product: archiving needs none to be left."""
    return f"{ACTIVE_PLAN}:{product_ref}"


def resolve(
    books: Books, kind: str, field: str, ref: str | None, old_provider_id: str | None
) -> str | None:
    """The typed id that `ref` or the other system's id names; both must name the same record.

    `kind` is the prefix and claim family, as in `plan`. Raises Invalid naming the wrong field.
    """
    if old_provider_id is None:
        return ref
    found = books.owner_of(f"{kind}.old_provider_id", old_provider_id)
    if found is None:
        raise Invalid.one(f"{field}_old_provider_id", "not_found", "no such record")
    named = books.ref_of(found, kind)
    if ref is not None and ref != named:
        raise Invalid.one(f"{field}_id", "reference_mismatch", "the two ids name different records")
    return named


def kept(books: Books, kind: type[A], ref: str, *, field: str | None = None) -> A:
    """As `books.load`, but what was deleted is not found either."""
    found = books.load(kind, ref, field=field)
    if getattr(found, "deleted", False):
        detail = f"there is no {kind.TOPIC} {ref!r}"
        raise NotFound(detail=detail) if field is None else Invalid.one(field, "not_found", detail)
    return found
