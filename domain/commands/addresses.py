"""Customers' addresses: made, changed, deleted, and which one is the default of its type.

The default of a customer and type is a claim that only one address can hold, so two requests at
once cannot make two. The first address of a type is the default; one that asks for it takes it
over; with the default deleted or moved to the other type there is none until one asks or is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.claims import kept, moved_old_id, old_id_claims
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.shared.errors import ClaimTaken, ConcurrentChange
from domain.shared.recording import Claim

if TYPE_CHECKING:
    from domain.application import Books
    from domain.commands.act import Act

_DEFAULT = "default_address:"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    customer_id: str
    line1: str
    country: str
    type: str = "shipping"
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    is_default: bool = False
    old_provider_id: str | None = None


def create_address(books: Books, new: NewAddress, act: Act) -> Done:
    """Raises Invalid for an unknown customer, ClaimTaken for another's old_provider_id."""
    customer = books.load(Customer, new.customer_id, field="customer_id")
    customer.require_not_erased()
    before = _default(books, customer.ref, new.type)
    address = Address.begin(
        Address.Created,
        id=books.new_id(),
        customer_id=customer.ref,
        type=new.type,
        line1=new.line1,
        country=new.country,
        first_name=new.first_name,
        last_name=new.last_name,
        company=new.company,
        line2=new.line2,
        city=new.city,
        state=new.state,
        postal_code=new.postal_code,
        is_default=new.is_default or before is None,
        old_provider_id=new.old_provider_id,
    )
    moved = {"claims": old_id_claims("adr", new.old_provider_id, address.id)}
    return _recorded(books, address, None, before, moved, act)


def update_address(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` by field name; None clears. Another type is joined as by a new address."""
    address = kept(books, Address, ref)
    address.require_version(version)
    moved = moved_old_id(address, changes, "adr")
    held = _claim(address) if address.is_default else None
    kind = changes.get("type", address.type)
    before = _default(books, address.customer_id, kind)
    if kind != address.type:
        changes = {**changes, "is_default": changes.get("is_default", False) or before is None}
    address.update(changes)
    return _recorded(books, address, held, before, moved, act)


def delete_address(books: Books, ref: str, act: Act) -> Done:
    address = kept(books, Address, ref)
    held = _claim(address) if address.is_default else None
    address.delete()
    moved = {"releases": old_id_claims("adr", address.old_provider_id, address.id)}
    return _recorded(books, address, held, None, moved, act)


def _recorded(
    books: Books,
    address: Address,
    held: Claim | None,
    before: Address | None,
    moved: dict[str, list[Claim]],
    act: Act,
) -> Done:
    """The one rule: who is the default holds the claim, and whoever held it before gives it up.

    `held` is the address's own claim as it was; `before` the default of its type as it is.
    """
    taken = _claim(address) if address.is_default else None
    released = [] if held is None or held == taken else [held]
    also = []
    if taken is not None and before is not None and before.id != address.id:
        before.update({"is_default": False})
        released.append(_claim(before))
        also.append(before)
    given = act.given(
        address.ref,
        claims=[*moved.get("claims", []), *([] if taken is None else [taken])],
        releases=[*moved.get("releases", []), *released],
    )
    try:
        return Done(address.ref, books.record(*also, address, by=act.by, given=given))
    except ClaimTaken as other:
        if other.kind.startswith(_DEFAULT):
            raise ConcurrentChange(detail="another address became the default") from other
        raise


def _default(books: Books, customer_ref: str, kind: str) -> Address | None:
    owner = books.owner_of(f"{_DEFAULT}{kind}", customer_ref)
    return None if owner is None else books.load(Address, owner)


def default_claims(address: Address) -> list[Claim]:
    """What it holds as the default of its type."""
    return [_claim(address)] if address.is_default else []


def _claim(address: Address) -> Claim:
    return Claim(f"{_DEFAULT}{address.type}", address.customer_id, address.id)
