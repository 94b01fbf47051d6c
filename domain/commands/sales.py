"""What is sold to whom: the parties of a new subscription, found and agreed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.catalog import terms_as_sold
from domain.commands.charging import chosen_method
from domain.commands.claims import kept, resolve
from domain.commands.coupons import coupon_named
from domain.commands.credit_at_issue import Credits, balances_of
from domain.commands.payment_methods import method_of
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.shared.aggregate import Aggregate
from domain.shared.errors import FieldError, Invalid
from domain.shared.personal import PARTY, key_name
from domain.shared.recording import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.catalog.coupon import Coupon
    from domain.shared.discount import Discount
    from domain.shared.terms import Terms
    from domain.subscriptions.gift import Gift

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What the caller may leave out is taken from the plan and the customer."""

    customer_id: str | None = None
    customer_old_provider_id: str | None = None
    plan_id: str | None = None
    plan_old_provider_id: str | None = None
    quantity: int = 1
    auto_renew: bool | None = None
    collection_method: str | None = None
    payment_method_id: str | None = None
    start_date: datetime | None = None
    billing_behavior: str | None = None
    current_period_end: datetime | None = None
    next_invoice_date: datetime | None = None
    trial_days: int | None = None
    suspended_until: datetime | None = None
    shipping_address_id: str | None = None
    invoice_notes: str | None = None
    purchase_order: str | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    gift: Gift | None = None
    coupon_id: str | None = None
    coupon_code: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """The parties of a new subscription, loaded and agreed."""

    customer: Customer
    plan: Plan
    product: Product
    terms: Terms
    collection_method: str
    method: PaymentMethod | None
    coupon: Coupon | None = None

    def guards(self) -> list[Guard]:
        """A plan that tells of a failed rule is held by its own version."""
        read = [self.product] if self.plan.pending_events else [self.plan, self.product]
        return [Guard(each.id, each.version) for each in read]

    @property
    def told(self) -> list[Aggregate]:
        """What the sale changes besides: the plan whose billing rule failed, the coupon redeemed.
        Recorded with it."""
        changed: list[Aggregate | None] = [self.plan, self.coupon]
        return [each for each in changed if each is not None and each.pending_events]

    @property
    def discount(self) -> Discount | None:
        return None if self.coupon is None else self.coupon.discount()

    @property
    def spender(self) -> tuple[str, str]:
        """Whose credit pays first, in which currency."""
        return self.customer.ref, self.terms.currency

    def credits(self, books: Books, account: Account) -> Credits:
        return Credits(books, account, [self.spender])

    def redeem(self, subscription_ref: str, at: datetime) -> None:
        if self.coupon is not None:
            self.coupon.redeem(self.customer.ref, at, subscription_id=subscription_ref)


@dataclass(frozen=True, slots=True)
class Parties:
    """Customers, plans and products of many sales, loaded at once."""

    customers: Mapping[str, Customer]
    plans: Mapping[str, Plan]
    products: Mapping[str, Product]

    def of(self, new: NewSubscription) -> tuple[Customer, Plan, Product]:
        """Raises Invalid for an old_provider_id that names nothing."""
        customer = self.customers.get(new.customer_old_provider_id or "")
        plan = self.plans.get(new.plan_old_provider_id or "")
        if customer is None or plan is None:
            raise Invalid(_missing(customer_old_provider_id=customer, plan_old_provider_id=plan))
        return customer, plan, self.products[plan.terms.product_id]


def parties_of(books: Books, new: Sequence[NewSubscription]) -> Parties:
    customers = _by_old_id(books, Customer, [each.customer_old_provider_id for each in new])
    plans = _by_old_id(books, Plan, [each.plan_old_provider_id for each in new])
    products = books.load_many(Product, {plan.terms.product_id for plan in plans.values()})
    cards = {customer.default_payment_method_id for customer in customers.values()}
    books.load_many(PaymentMethod, [card for card in cards if card])
    return Parties(customers, plans, {product.ref: product for product in products.values()})


def _by_old_id(books: Books, kind: type[A], old_ids: Sequence[str | None]) -> dict[str, A]:
    wanted = sorted({old_id for old_id in old_ids if old_id})
    owners = books.owners_of(f"{kind.prefix}.old_provider_id", wanted)
    loaded = books.load_many(kind, owners.values())
    return {old_id: loaded[owner] for old_id, owner in owners.items()}


def require_address(
    books: Books, ref: str | None, customer_ref: str, recipient_ref: str | None = None
) -> None:
    """Raises Invalid for a shipping address that is not the customer's, nor the recipient's."""
    if ref is None:
        return
    address = kept(books, Address, ref, field="shipping_address_id")
    if address.customer_id not in {customer_ref, recipient_ref}:
        raise Invalid.one("shipping_address_id", "not_found", "no such address")


def sale_of(books: Books, account: Account, new: NewSubscription) -> Sale:
    """What decides the sale is read in two exchanges: what it names, and what that names."""
    customer_ref = resolve(books, "cus", "customer", new.customer_id, new.customer_old_provider_id)
    plan_ref = resolve(books, "plan", "plan", new.plan_id, new.plan_old_provider_id)
    if customer_ref is None or plan_ref is None:
        raise Invalid(_missing(customer_id=customer_ref, plan_id=plan_ref))
    books.load_ahead(customer_ref, plan_ref)
    customer = books.load(Customer, customer_ref, field="customer_id")
    plan = books.load(Plan, plan_ref, field="plan_id")
    books.load_ahead(
        plan.terms.product_id,
        new.payment_method_id or customer.default_payment_method_id,
        customer.organization_id,
        known=balances_of(account, [(customer.ref, plan.terms.currency)]),
        keys=[key_name(customer.ref, PARTY)],
    )
    return agreed(books, new, customer, plan, books.load(Product, plan.terms.product_id))


def agreed(
    books: Books, new: NewSubscription, customer: Customer, plan: Plan, product: Product
) -> Sale:
    customer.require_not_erased()
    plan.require_sellable()
    product.require_sellable()
    require_address(books, new.shipping_address_id, customer.ref)
    collection = new.collection_method or plan.collection_method
    terms = terms_as_sold(plan, product)
    if new.trial_days is not None or new.gift is not None:
        terms = replace(terms, trial_days=new.trial_days or 0)
    return Sale(
        customer, plan, product, terms, collection,
        _method(books, new, customer, collection), _coupon(books, new, terms),
    )  # fmt: skip


def _coupon(books: Books, new: NewSubscription, terms: Terms) -> Coupon | None:
    if new.coupon_id is None and new.coupon_code is None:
        return None
    return coupon_named(books, new.coupon_id, new.coupon_code, terms.currency, books.now())


def _missing(**refs: object) -> tuple[FieldError, ...]:
    return tuple(FieldError(name, "required", "is needed") for name, ref in refs.items() if not ref)


def _method(
    books: Books, new: NewSubscription, customer: Customer, collection: str
) -> PaymentMethod | None:
    if collection == "charge_automatically":
        return method_of(books, chosen_method(new.payment_method_id, customer), customer.ref)
    if new.payment_method_id is not None:
        return method_of(books, new.payment_method_id, customer.ref)
    return None
