"""Products and plans: made, changed, archived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.accounts import account_of
from domain.commands.act import Done
from domain.commands.claims import active_plan_kind, moved_old_id, old_id_claims, resolve
from domain.commands.in_bulk import decide_each, record_each
from domain.shared.errors import ClaimHeld, Conflict, Invalid
from domain.shared.recording import Claim, Conditions, Guard
from domain.shared.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.in_bulk import Refused
    from domain.shared.period import Interval
    from domain.shared.policy import BillingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    name: str
    description: str | None = None
    image: str | None = None
    old_provider_id: str | None = None
    revenue_recognition_strategy: str = "invoice_creation"
    metadata: dict[str, str] = field(default_factory=dict)


def create_product(books: Books, new: NewProduct, act: Act) -> Done:
    _require_engine(books, new.revenue_recognition_strategy)
    product = _new_product(books, new)
    claims = old_id_claims("prod", new.old_provider_id, product.id)
    given = act.given(product.ref, claims=claims)
    return Done(product.ref, books.record(product, by=act.by, given=given))


def create_products(books: Books, new: Sequence[NewProduct], act: Act) -> list[Refused]:
    """The bulk form."""
    groups = {}
    for index, each in enumerate(new):
        product = _new_product(books, each)
        claims = old_id_claims("prod", each.old_provider_id, product.id)
        groups[index] = Group([product], Conditions(claims=claims))
    return record_each(books, groups, act)


def _require_engine(books: Books, strategy: str | None) -> None:
    """Recognition by payment is ours alone: another system's payments are not seen here."""
    if strategy == "invoice_payment":
        account_of(books).require_native_engine("recognition by payment")


def _new_product(books: Books, new: NewProduct) -> Product:
    return Product.begin(
        Product.Created,
        id=books.new_id(),
        name=new.name,
        description=new.description,
        image=new.image,
        old_provider_id=new.old_provider_id,
        revenue_recognition_strategy=new.revenue_recognition_strategy,
        metadata=new.metadata,
    )


def update_product(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    product = books.load(Product, ref)
    product.require_version(version)
    _require_engine(books, changes.get("revenue_recognition_strategy"))
    moved = moved_old_id(product, changes, "prod")
    product.update(changes)
    given = act.given(product.ref, **moved)
    return Done(product.ref, books.record(product, by=act.by, given=given))


def archive_product(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict `product_has_active_plans`."""
    product = books.load(Product, ref)
    product.archive()
    return _without_active_plans(books, product, act, releases=[])


def delete_product(books: Books, ref: str, act: Act) -> Done:
    """Hidden from then on; its plans and reports keep its name. Raises as `archive_product`."""
    product = books.load(Product, ref)
    product.delete()
    releases = old_id_claims("prod", product.old_provider_id, product.id)
    return _without_active_plans(books, product, act, releases)


def _without_active_plans(books: Books, product: Product, act: Act, releases: list[Claim]) -> Done:
    forbidden = [active_plan_kind(product.ref)]
    given = act.given(product.ref, forbidden_claims=forbidden, releases=releases)
    try:
        return Done(product.ref, books.record(product, by=act.by, given=given))
    except ClaimHeld as held:
        raise Conflict(
            "product_has_active_plans", "archive or delete its active plans first"
        ) from held


def unarchive_product(books: Books, ref: str, act: Act) -> Done:
    product = books.load(Product, ref)
    product.unarchive()
    return Done(product.ref, books.record(product, by=act.by, given=act.given(product.ref)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """`amount` in minor units per unit and interval."""

    name: str
    amount: int
    currency: str
    interval: Interval
    product_id: str | None = None
    product_old_provider_id: str | None = None
    type: str = "regular"
    interval_count: int = 1
    auto_renew: bool = True
    collection_method: str = "charge_automatically"
    trial_days: int = 0
    entitlements: tuple[str, ...] = ()
    seat_capacity: int | None = None
    shipments_per_interval: int | None = None
    tax_rate: Decimal | None = None
    tax_behavior: str = "exclusive"
    old_provider_id: str | None = None
    policy: BillingPolicy | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create_plan(books: Books, new: NewPlan, act: Act) -> Done:
    """Raises Invalid for an unknown product, Conflict when it is archived or deleted."""
    product = books.load(Product, _product_ref(books, new), field="product_id")
    plan = _sold_under(books, new, product)
    if new.policy is not None:
        plan.keep_policy(new.policy, books.now())
    given = act.given(plan.ref, **_conditions(plan, product))
    return Done(plan.ref, books.record(plan, by=act.by, given=given))


def create_plans(books: Books, new: Sequence[NewPlan], act: Act) -> list[Refused]:
    """The bulk form, for plans that name their product by its old_provider_id."""
    old_ids = {each.product_old_provider_id for each in new} - {None}
    owners = books.owners_of("prod.old_provider_id", [old for old in old_ids if old])
    products = books.load_many(Product, owners.values())

    def decide(each: NewPlan) -> Group:
        owner = owners.get(each.product_old_provider_id or "")
        if owner is None:
            raise Invalid.one("product_old_provider_id", "not_found", "no such record")
        plan = _sold_under(books, each, products[owner])
        return Group([plan], Conditions(**_conditions(plan, products[owner])))

    groups, refused = decide_each(new, decide)
    return refused + record_each(books, groups, act)


def _sold_under(books: Books, new: NewPlan, product: Product) -> Plan:
    product.require_sellable()
    return _new_plan(books, new, product)


def _conditions(plan: Plan, product: Product) -> dict[str, Any]:
    claims = [
        *old_id_claims("plan", plan.old_provider_id, plan.id),
        Claim(active_plan_kind(product.ref), plan.ref, plan.id),
    ]
    return {"claims": claims, "guards": [Guard(product.id, product.version)]}


def _product_ref(books: Books, new: NewPlan) -> str:
    ref = resolve(books, "prod", "product", new.product_id, new.product_old_provider_id)
    if ref is None:
        raise Invalid.one("product_id", "required", "a plan belongs to a product")
    return ref


def _new_plan(books: Books, new: NewPlan, product: Product) -> Plan:
    plan_id = books.new_id()
    terms = Terms(
        plan_id=books.ref_of(plan_id, Plan.prefix),
        plan_name=new.name,
        product_id=product.ref,
        product_name=product.name,
        type=new.type,
        amount=new.amount,
        currency=new.currency,
        interval=new.interval,
        interval_count=new.interval_count,
        entitlements=new.entitlements,
        tax_rate=new.tax_rate,
        tax_behavior=new.tax_behavior,
        trial_days=new.trial_days,
        seat_capacity=new.seat_capacity,
        shipments_per_interval=new.shipments_per_interval,
        revenue_recognition_strategy=product.revenue_recognition_strategy,
    )
    return Plan.begin(
        Plan.Created,
        id=plan_id,
        terms=terms,
        auto_renew=new.auto_renew,
        collection_method=new.collection_method,
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
    )


def terms_as_sold(plan: Plan, product: Product) -> Terms:
    """The plan's terms with the product's name and strategy of the day."""
    return replace(
        plan.terms,
        product_name=product.name,
        revenue_recognition_strategy=product.revenue_recognition_strategy,
    )


def update_plan(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    plan = books.load(Plan, ref)
    plan.require_version(version)
    moved = change_plan(plan, changes)
    return Done(plan.ref, books.record(plan, by=act.by, given=act.given(plan.ref, **moved)))


def change_plan(plan: Plan, changes: dict[str, Any]) -> dict[str, list[Claim]]:
    """The change made, not yet recorded; the claims that change hands with it."""
    moved = moved_old_id(plan, changes, "plan")
    plan.update(changes)
    return moved


def archive_plan(books: Books, ref: str, act: Act) -> Done:
    plan = books.load(Plan, ref)
    plan.archive()
    return _released(books, plan, act, [])


def delete_plan(books: Books, ref: str, act: Act) -> Done:
    """Hidden from then on. Subscriptions run on: they have copied its terms and its name."""
    plan = books.load(Plan, ref)
    plan.delete()
    return _released(books, plan, act, old_id_claims("plan", plan.old_provider_id, plan.id))


def _released(books: Books, plan: Plan, act: Act, besides: list[Claim]) -> Done:
    """No longer in the way of its product's end."""
    active = Claim(active_plan_kind(plan.terms.product_id), plan.ref, plan.id)
    given = act.given(plan.ref, releases=[active, *besides])
    return Done(plan.ref, books.record(plan, by=act.by, given=given))


def unarchive_plan(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict when its product is archived or deleted."""
    plan = books.load(Plan, ref)
    plan.require_kept()
    product = books.load(Product, plan.terms.product_id)
    product.require_sellable()
    plan.unarchive()
    claim = Claim(active_plan_kind(product.ref), plan.ref, plan.id)
    guards = [Guard(product.id, product.version)]
    given = act.given(plan.ref, claims=[claim], guards=guards)
    return Done(plan.ref, books.record(plan, by=act.by, given=given))
