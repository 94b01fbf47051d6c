"""Values that are unique in an account, as claims the store holds for one owner."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from domain.shared.errors import Invalid
from domain.shared.recording import Claim

if TYPE_CHECKING:
    from uuid import UUID

    from domain.application import Books

ACTIVE_PLAN = "active_plan"


def email_claim(books: Books, email: str, owner: UUID) -> Claim:
    """An address is kept as a fingerprint, so that the claim names nobody."""
    folded = email.casefold().encode()
    digest = hmac.digest(books.account_id.bytes, folded, "sha256").hex()
    return Claim("email", digest, owner)


def old_id_claim(kind: str, old_provider_id: str, owner: UUID) -> Claim:
    return Claim(f"{kind}.old_provider_id", old_provider_id, owner)


def old_id_claims(kind: str, old_provider_id: str | None, owner: UUID) -> list[Claim]:
    return [] if old_provider_id is None else [old_id_claim(kind, old_provider_id, owner)]


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
