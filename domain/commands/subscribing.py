"""A customer takes a plan: the subscription, its first invoice and, by card, its first charge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from domain.application import Group
from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.act import Done
from domain.commands.billing import Bill, bill_term
from domain.commands.catalog import moved_old_id, terms_as_sold
from domain.commands.charging import Gateways, ask, chosen_method, settle, settle_many
from domain.commands.claims import old_id_claims, resolve
from domain.commands.collecting import Case
from domain.commands.customers import method_of
from domain.commands.in_bulk import decide_each, record_each
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.shared.aggregate import Aggregate
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.money import LARGEST_AMOUNT
from domain.shared.recording import Conditions, Guard
from domain.subscriptions.phases import first_phase
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.in_bulk import Refused
    from domain.payments.gateway import Outcome
    from domain.shared.terms import Terms
    from domain.subscriptions.phases import Phase

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
    invoice_notes: str | None = None
    purchase_order: str | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sale:
    """The parties of a new subscription, loaded and agreed."""

    customer: Customer
    plan: Plan
    product: Product
    terms: Terms
    collection_method: str
    method: PaymentMethod | None

    def guards(self) -> list[Guard]:
        return [
            Guard(self.plan.id, self.plan.version),
            Guard(self.product.id, self.product.version),
        ]


def create_subscription(
    books: Books, gateways: Gateways, account: Account, new: NewSubscription, act: Act
) -> tuple[Done, Outcome | None]:
    """Issues the first invoice and charges it where the card pays by itself.

    A decline leaves the subscription incomplete and the invoice open; it is not an error.
    Raises Invalid for wrong references, Conflict for an archived plan or product.
    """
    sale = _sale(books, new)
    case = open_subscription(books, account, sale, new, books.now(), act.request_key)
    if case.subscription is None:
        raise TypeError("a sale opens a subscription")
    ref = case.subscription.ref
    claims = old_id_claims("sub", new.old_provider_id, case.subscription.id)
    conditions = {"claims": claims, "guards": sale.guards()}
    if case.payment is None:
        given = act.given(ref, **conditions)
        return Done(ref, books.record(*case.opened(), by=act.by, given=given)), None
    recorded = books.record(*case.opened(), by=act.by, given=act.intent(**conditions))
    outcome = ask(gateways, case.payment)
    done, _ = settle(books, account, case.payment.ref, outcome, act)
    return Done(ref, done.recorded or recorded), outcome


def create_subscriptions(
    books: Books, gateways: Gateways, account: Account, new: Sequence[NewSubscription], act: Act
) -> list[Refused]:
    """The bulk form, for subscriptions that name customer and plan by their old_provider_ids.

    For books with a cache. A charge whose outcome could not be saved is an intent to be resumed.
    """
    at, parties = books.now(), _parties(books, new)

    def decide(each: NewSubscription) -> tuple[Case, Group]:
        sale = _agreed(books, each, *parties.of(each))
        case = open_subscription(books, account, sale, each, at)
        claims = old_id_claims("sub", each.old_provider_id, case.opened()[0].id)
        return case, Group(case.opened(), Conditions(claims, guards=sale.guards()))

    decided, refused = decide_each(new, decide)
    lost = record_each(books, {index: group for index, (_, group) in decided.items()}, act)
    gone = {loss.place for loss in lost}
    begun = [case for index, (case, _) in decided.items() if index not in gone]
    settle_many(books, gateways, account, begun, act)
    return refused + lost


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


def _parties(books: Books, new: Sequence[NewSubscription]) -> Parties:
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


def _sale(books: Books, new: NewSubscription) -> Sale:
    customer_ref = resolve(books, "cus", "customer", new.customer_id, new.customer_old_provider_id)
    plan_ref = resolve(books, "plan", "plan", new.plan_id, new.plan_old_provider_id)
    if customer_ref is None or plan_ref is None:
        raise Invalid(_missing(customer_id=customer_ref, plan_id=plan_ref))
    customer = books.load(Customer, customer_ref, field="customer_id")
    plan = books.load(Plan, plan_ref, field="plan_id")
    return _agreed(books, new, customer, plan, books.load(Product, plan.terms.product_id))


def _agreed(
    books: Books, new: NewSubscription, customer: Customer, plan: Plan, product: Product
) -> Sale:
    plan.require_sellable()
    product.require_sellable()
    collection = new.collection_method or plan.collection_method
    return Sale(
        customer, plan, product, terms_as_sold(plan, product), collection,
        _method(books, new, customer, collection),
    )  # fmt: skip


def _missing(**refs: object) -> tuple[FieldError, ...]:
    return tuple(FieldError(name, "required", "is needed") for name, ref in refs.items() if not ref)


def _method(
    books: Books, new: NewSubscription, customer: Customer, collection: str
) -> PaymentMethod | None:
    if collection == "charge_automatically":
        return method_of(books, chosen_method(new.payment_method_id, customer), customer.ref)
    if new.payment_method_id is not None:
        method_of(books, new.payment_method_id, customer.ref)
    return None


def open_subscription(
    books: Books,
    account: Account,
    sale: Sale,
    new: NewSubscription,
    at: datetime,
    request_key: str | None = None,
) -> Case:
    """The subscription with its first invoice and intent, decided and not yet saved."""
    auto_renew = sale.plan.auto_renew if new.auto_renew is None else new.auto_renew
    _require_notes_allowed(account, new, auto_renew=auto_renew)
    _require_countable(sale.terms, new.quantity)
    subscription_id = books.new_id()
    phase = first_phase(typed_id("ph", books.new_id()), at, account.timezone, sale.terms)
    invoice, payment = None, None
    if phase.index >= 0:
        ref = typed_id(Subscription.prefix, subscription_id)
        bill = _first_bill(sale, new, ref, phase, request_key)
        invoice, payment = bill_term(books, account, bill, at)
    subscription = Subscription.begin(
        Subscription.Created,
        id=subscription_id,
        customer_id=sale.customer.ref,
        phase=phase,
        quantity=new.quantity,
        auto_renew=auto_renew,
        collection_method=sale.collection_method,
        payment_method_id=None if sale.method is None else sale.method.ref,
        anchor=phase.end if phase.index < 0 else phase.start,
        timezone=account.timezone,
        start_date=at,
        invoice_id=None if invoice is None else invoice.ref,
        incomplete_until=at + timedelta(days=account.incomplete_days),
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
    )
    if _begins_at_once(subscription, invoice):
        subscription.activate(at)
    return Case(payment, invoice, subscription)  # type: ignore[arg-type]


def _first_bill(
    sale: Sale, new: NewSubscription, ref: str, phase: Phase, request_key: str | None
) -> Bill:
    return Bill(
        customer=sale.customer,
        subscription_ref=ref,
        phase=phase,
        quantity=new.quantity,
        collection_method=sale.collection_method,
        billing_reason="subscription_create",
        method=sale.method,
        notes=new.invoice_notes,
        purchase_order=new.purchase_order,
        request_key=request_key,
    )


def _require_countable(terms: Terms, quantity: int) -> None:
    """Checked before a trial too: its renewals must not be the first to find out."""
    if terms.amount * quantity * (1 + (terms.tax_rate or 0)) >= LARGEST_AMOUNT:
        raise Invalid.one("quantity", "amount_too_large", f"costs {LARGEST_AMOUNT} or more a term")


def _require_notes_allowed(account: Account, new: NewSubscription, *, auto_renew: bool) -> None:
    if new.invoice_notes is not None or new.purchase_order is not None:
        account.require_native_engine("notes on invoices")
    if auto_renew:
        raise_for = [
            FieldError(name, "invoice_notes_manual_renewal_only", "only for manual renewal")
            for name in ("invoice_notes", "purchase_order")
            if getattr(new, name) is not None
        ]
        if raise_for:
            raise Invalid(tuple(raise_for))


def _begins_at_once(subscription: Subscription, invoice: Any) -> bool:
    if invoice is None or invoice.status == "paid":
        return True
    by_invoice = subscription.collection_method == "send_invoice"
    return by_invoice and invoice.strategy == "invoice_creation"


def update_subscription(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` of payment_method_id, auto_renew, collection_method, metadata, old_provider_id."""
    subscription = books.load(Subscription, ref)
    subscription.require_version(version)
    if changes.get("payment_method_id") is not None:
        method_of(books, changes["payment_method_id"], subscription.customer_id)
    moved = moved_old_id(subscription, changes, "sub")
    subscription.update(changes)
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref, **moved)))
