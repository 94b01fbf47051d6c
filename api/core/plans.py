"""Plans: how a product is sold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.fields import (
    BillingPrompt,
    Body,
    CollectionMethod,
    Currency,
    Metadata,
    MetadataChange,
    Name,
    OldId,
    Price,
    Ref,
    Required,
    Says,
    TaxBehavior,
    TaxRate,
    absent,
)
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import billing_rules, catalog
from domain.shared.period import Interval
from projections.plans import PLANS

if TYPE_CHECKING:
    from api.call import Call


PlanType = Literal["regular", "membership"]
IntervalName = Literal["day", "week", "month", "year"]
IntervalCount = Annotated[int, Field(ge=1, le=1200)]


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise PydanticCustomError("given_twice", "names each entitlement once")
    return names


Entitlements = Annotated[
    list[Required], Field(max_length=50), AfterValidator(_each_once), Says(uniqueItems=True)
]


class _Offer(Body):
    """What may be sold differently from one day to the next."""

    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    trial_days: Annotated[int, Field(ge=0, le=3650)] = absent()
    entitlements: Entitlements = absent()
    seat_capacity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    shipments_per_interval: Annotated[int, Field(ge=1, le=1000)] | None = None
    tax_rate: TaxRate | None = None
    tax_behavior: TaxBehavior = absent()
    old_provider_id: OldId | None = None
    billing_prompt: BillingPrompt | None = None
    maximum_amount: Price | None = None


class PlanCreation(_Offer):
    product_id: Ref
    product_old_provider_id: OldId | None = None
    name: Name
    type: PlanType = absent()
    amount: Price
    currency: Currency
    interval: IntervalName
    interval_count: IntervalCount = absent()
    metadata: Metadata = absent()


class PlanChange(_Offer):
    """Counts for what is sold from now on. What the plan is by cannot change, only be repeated."""

    name: Name = absent()
    amount: Price = absent()
    product_id: Ref = absent()
    product_old_provider_id: OldId | None = None
    type: PlanType = absent()
    currency: Currency = absent()
    interval: IntervalName = absent()
    interval_count: IntervalCount = absent()
    metadata: MetadataChange = absent()


class PolicyActivation(Body):
    activate: Annotated[int, Field(ge=1, le=1_000_000, examples=[1])]


def create(call: Call, body: PlanCreation) -> Written:
    sent: dict[str, Any] = body.sent()
    if "entitlements" in sent:
        sent["entitlements"] = tuple(sent["entitlements"])
    sent["interval"] = Interval(body.interval)
    sent["policy"] = billing_rules.compiled(
        call.services.agent_to_ask(), sent.pop("billing_prompt", None), currency=body.currency,
        interval=sent["interval"], interval_count=sent.get("interval_count", 1),
        maximum_amount=sent.pop("maximum_amount", None),
    )  # fmt: skip
    return of(catalog.create_plan(call.books, catalog.NewPlan(**sent), call.act))


def update(call: Call, body: PlanChange) -> Written:
    agent = call.services.agent_to_ask()
    changes = body.sent()
    return of(
        billing_rules.update_ruled_plan(
            call.books, agent, call.ref, changes, call.act, call.version
        )
    )


def activate_policy(call: Call, body: PolicyActivation) -> Written:
    return of(
        billing_rules.activate_policy(call.books, call.ref, body.activate, call.act, call.version)
    )


def archive(call: Call, _: Body) -> Written:
    return of(catalog.archive_plan(call.books, call.ref, call.act))


def unarchive(call: Call, _: Body) -> Written:
    return of(catalog.unarchive_plan(call.books, call.ref, call.act))


def delete(call: Call, _: Body) -> Written:
    return of(catalog.delete_plan(call.books, call.ref, call.act))


ROUTES: tuple[Route, ...] = reads(
    PLANS,
    write(PLANS, "POST", "", create, "Create a plan", PlanCreation, status=201),
    write(PLANS, "PATCH", "/{id}", update, "Change a plan", PlanChange),
    write(PLANS, "POST", "/{id}/archive", archive, "Archive a plan"),
    write(PLANS, "POST", "/{id}/unarchive", unarchive, "Sell a plan again"),
    write(
        PLANS,
        "POST",
        "/{id}/billing_policy",
        activate_policy,
        "Bill a plan by one of its compiled policies",
        PolicyActivation,
    ),
    write(PLANS, "DELETE", "/{id}", delete, "Delete a plan", deletes=True),
)
