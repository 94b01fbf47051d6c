"""Products, plans and customers of the file, each created once whatever came before."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from domain.commands.catalog import NewPlan, NewProduct, create_plans, create_products
from domain.commands.customers import NewCard, NewCustomer, create_customers
from domain.shared.period import Interval
from importer.outcome import Told
from importer.subscriber import Customer, Plan, Product

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.commands.in_bulk import Refused
    from importer.outcome import Outcome, Watch
    from importer.staging import Staging
    from scheduler.due import Desk

T = TypeVar("T", Product, Plan, Customer)

AT_ONCE = 250
"""Things asked for at a time: a customer with a card is two aggregates of an append's 500."""


def create_catalogue(
    desk: Desk, currency: str, staging: Staging, outcome: Outcome, watch: Watch
) -> None:
    """Everything that subscriptions refer to, in the order of that."""
    books, act = desk.books, desk.act

    def products(new: Sequence[Product]) -> list[Refused]:
        return create_products(books, [_new_product(each) for each in new], act)

    def plans(new: Sequence[Plan]) -> list[Refused]:
        return create_plans(books, [_new_plan(each, currency) for each in new], act)

    def customers(new: Sequence[Customer]) -> list[Refused]:
        return create_customers(books, desk.gateways, [_new_customer(each) for each in new], act)

    steps = staging.count(Product) + staging.count(Plan) + staging.count(Customer)
    watch.stage("customers and plans", steps)
    _create(desk, "prod", staging, Product, products, outcome, watch)
    _create(desk, "plan", staging, Plan, plans, outcome, watch)
    _create(desk, "cus", staging, Customer, customers, outcome, watch)


def _create(
    desk: Desk,
    prefix: str,
    staging: Staging,
    kind: type[T],
    create: Callable[[Sequence[T]], list[Refused]],
    outcome: Outcome,
    watch: Watch,
) -> None:
    name = kind.__name__.lower()
    for page in staging.pages(kind, AT_ONCE):
        new = absent(desk, prefix, page)
        refused = create(new) if new else []
        outcome.created[f"{name}s"] += len(new) - len(refused)
        for place, error in refused:
            outcome.refused.add(Told(name, new[place].old_provider_id, str(error)))
        watch.moved(len(page))


def absent(desk: Desk, prefix: str, page: Sequence[Any]) -> list[Any]:
    """Those of a page that the account does not have yet, by their old_provider_ids."""
    keys = [each.old_provider_id for each in page]
    there = desk.books.owners_of(f"{prefix}.old_provider_id", keys)
    return [each for each in page if each.old_provider_id not in there]


def _new_product(product: Product) -> NewProduct:
    return NewProduct(
        name=product.name,
        description=product.description,
        old_provider_id=product.old_provider_id,
        revenue_recognition_strategy=product.revenue_recognition_strategy,
    )


def _new_plan(plan: Plan, currency: str) -> NewPlan:
    return NewPlan(
        name=plan.name,
        amount=plan.amount,
        currency=currency,
        interval=Interval(plan.interval),
        interval_count=plan.interval_count,
        product_old_provider_id=plan.product_old_provider_id,
        auto_renew=plan.auto_renew,
        collection_method=plan.collection_method,
        tax_rate=None if plan.tax_rate is None else Decimal(plan.tax_rate),
        tax_behavior=plan.tax_behavior,
        old_provider_id=plan.old_provider_id,
    )


def _new_customer(customer: Customer) -> tuple[NewCustomer, NewCard | None]:
    new = NewCustomer(
        email=customer.email,
        first_name=customer.first_name,
        last_name=customer.last_name,
        title=customer.title,
        phone=customer.phone,
        language=customer.language,
        old_provider_id=customer.old_provider_id,
        metadata=customer.metadata,
    )
    if customer.token is None:
        return new, None
    return new, NewCard(token=customer.token, gateway=customer.gateway)
