"""Customers: made and changed, one by one and in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.commands.act import Done
from domain.commands.claims import (
    email_claim,
    kept,
    member_claim,
    moved_old_id,
    old_id_claims,
)
from domain.commands.in_bulk import decide_each, record_each
from domain.commands.linking import (
    customer_in,
    found_members,
    link_again,
    record_found,
    with_members,
)
from domain.commands.payment_methods import (
    method_of,
    new_payment_method,
    registered,
    settle_default,
)
from domain.customers.customer import Customer
from domain.customers.organization import Organization
from domain.shared.recording import Claim, Conditions, Guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.in_bulk import Refused
    from domain.customers.payment_method import PaymentMethod
    from domain.payments.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    phone: str | None = None
    language: str | None = None
    organization_id: str | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create_customer(books: Books, new: NewCustomer, act: Act) -> Done:
    """Raises ClaimTaken when the e-mail or old_provider_id belongs to another customer, Invalid
    for an organisation that is not there.
    """
    customer, claims = new_customer(books, new)
    guards = _joined(books, new.organization_id)
    given = act.given(customer.ref, claims=claims, guards=guards)
    found = found_members(books, [customer])
    return Done(customer.ref, record_found(books, [customer], found, act.by, given))


def new_customer(books: Books, new: NewCustomer) -> tuple[Customer, list[Claim]]:
    """The customer, not yet saved, and the claims its save must take."""
    customer = Customer.begin(
        Customer.Created,
        id=books.new_id(),
        email=new.email,
        first_name=new.first_name,
        last_name=new.last_name,
        title=new.title,
        phone=new.phone,
        language=new.language,
        organization_id=new.organization_id,
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
    )
    claims = old_id_claims("cus", new.old_provider_id, customer.id)
    if new.email is not None:
        claims.append(email_claim(books, new.email, customer.id))
    if new.organization_id is not None:
        claims.append(member_claim(new.organization_id, customer))
    return customer, claims


def _joined(books: Books, organization_ref: str | None) -> list[Guard]:
    """That the organisation is there, and is not deleted meanwhile."""
    if organization_ref is None:
        return []
    organization = kept(books, Organization, organization_ref, field="organization_id")
    return [Guard(organization.id, organization.version)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    token: str
    gateway: str = "sandbox"


def create_customers(
    books: Books,
    gateways: Mapping[str, Gateway],
    new: Sequence[tuple[NewCustomer, NewCard | None]],
    act: Act,
) -> list[Refused]:
    """The bulk form; a card given with a customer becomes its default payment method."""

    def decide(each: tuple[NewCustomer, NewCard | None]) -> Group:
        customer, claims = new_customer(books, each[0])
        return Group([customer, *_carded(books, gateways, customer, each[1])], Conditions(claims))

    decided, refused = decide_each(new, decide)
    groups = with_members(books, decided)
    lost = record_each(books, groups, act)
    gone = {each.place for each in lost}
    made = [customer_in(group) for at, group in groups.items() if at not in gone]
    link_again(books, made, act)
    return refused + lost


def _carded(
    books: Books, gateways: Mapping[str, Gateway], customer: Customer, card: NewCard | None
) -> list[PaymentMethod]:
    if card is None:
        return []
    kept_as = registered(books, gateways, customer, card.gateway, card.token)
    method = new_payment_method(books, customer, card.gateway, kept_as)
    settle_default(customer, method, asked=True)
    return [method]


def update_customer(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` by field name; None clears. Raises ClaimTaken, Invalid for a foreign card or an
    organisation that is not there.
    """
    customer = books.load(Customer, ref)
    customer.require_version(version)
    moved = [
        _chosen_card(books, customer, changes),
        moved_old_id(customer, changes, "cus"),
        _moved_email(books, customer, changes),
        _moved_organization(books, customer, changes),
    ]
    customer.update(changes)
    given = act.given(
        customer.ref,
        claims=[claim for each in moved for claim in each.get("claims", ())],
        releases=[claim for each in moved for claim in each.get("releases", ())],
        guards=[guard for each in moved for guard in each.get("guards", ())],
    )
    found = found_members(books, [customer] if "email" in changes else [])
    return Done(customer.ref, record_found(books, [customer], found, act.by, given))


def _chosen_card(books: Books, customer: Customer, changes: dict[str, Any]) -> dict[str, Any]:
    """That the card named is the customer's, and is not deleted meanwhile."""
    chosen = changes.get("default_payment_method_id")
    if chosen is None:
        return {}
    method = method_of(books, chosen, customer.ref, field="default_payment_method_id")
    return {"guards": [Guard(method.id, method.version)]}


def _moved_email(books: Books, customer: Customer, changes: dict[str, Any]) -> dict[str, Any]:
    if "email" not in changes:
        return {}
    before = [] if customer.email is None else [email_claim(books, customer.email, customer.id)]
    after = [] if changes["email"] is None else [email_claim(books, changes["email"], customer.id)]
    return {} if before == after else {"claims": after, "releases": before}


def _moved_organization(
    books: Books, customer: Customer, changes: dict[str, Any]
) -> dict[str, Any]:
    before, after = customer.organization_id, changes.get("organization_id")
    if "organization_id" not in changes or before == after:
        return {}
    return {
        "guards": _joined(books, after),
        "claims": [] if after is None else [member_claim(after, customer)],
        "releases": [] if before is None else [member_claim(before, customer)],
    }
