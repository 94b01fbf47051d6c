"""Subscriptions: begun, changed, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from api.fields import (
    Body,
    CollectionMethod,
    Instant,
    LongText,
    Metadata,
    MetadataChange,
    OldId,
    Quantity,
    Ref,
    Text,
    absent,
)
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of, paid
from domain.commands import ending, starting, subscribing
from domain.commands.sales import NewSubscription
from projections.subscription_resource import SUBSCRIPTIONS

if TYPE_CHECKING:
    from api.call import Call


BillingBehavior = Literal["bill_immediately", "bill_on_start_date"]
TrialDays = Annotated[int, Field(ge=0, le=3650)]


class SubscriptionCreation(Body):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None
    plan_id: Ref
    plan_old_provider_id: OldId | None = None
    quantity: Quantity = absent()
    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    payment_method_id: Ref | None = None
    start_date: Instant | None = None
    billing_behavior: BillingBehavior | None = None
    current_period_end: Instant | None = None
    next_invoice_date: Instant | None = None
    trial_days: TrialDays | None = None
    suspended_until: Instant | None = None
    shipping_address_id: Ref | None = None
    shipping_address_old_provider_id: OldId | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    old_provider_id: OldId | None = None
    metadata: Metadata = absent()


class SubscriptionChange(Body):
    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    payment_method_id: Ref | None = None
    suspended_until: Instant | None = None
    shipping_address_id: Ref | None = None
    shipping_address_old_provider_id: OldId | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    old_provider_id: OldId | None = None
    metadata: MetadataChange = absent()


class Start(Body):
    start_date: Instant


class Suspension(Body):
    until: Instant


class Cancellation(Body):
    mode: Literal["period_end"]
    reason: Text | None = None


def create(call: Call, body: SubscriptionCreation) -> Written:
    new = NewSubscription(**body.sent())
    gateways, act = call.services.gateways, call.act
    return paid(subscribing.create_subscription(call.books, gateways, call.account, new, act))


def update(call: Call, body: SubscriptionChange) -> Written:
    changes = body.sent()
    done = subscribing.update_subscription(call.books, call.ref, changes, call.act, call.version)
    return of(done)


def cancel(call: Call, body: Cancellation) -> Written:
    return of(ending.cancel_at_period_end(call.books, call.ref, body.reason, call.act))


def reschedule(call: Call, body: Start) -> Written:
    return of(
        starting.reschedule_subscription(
            call.books, call.account, call.ref, body.start_date, call.act
        )
    )


def suspend(call: Call, body: Suspension) -> Written:
    return of(subscribing.suspend_subscription(call.books, call.ref, body.until, call.act))


def unsuspend(call: Call, _: Body) -> Written:
    return of(subscribing.suspend_subscription(call.books, call.ref, None, call.act))


ROUTES: tuple[Route, ...] = reads(
    SUBSCRIPTIONS,
    write(
        SUBSCRIPTIONS, "POST", "", create, "Begin a subscription", SubscriptionCreation, status=201
    ),
    write(SUBSCRIPTIONS, "PATCH", "/{id}", update, "Change a subscription", SubscriptionChange),
    write(SUBSCRIPTIONS, "POST", "/{id}/reschedule", reschedule, "Another start date", Start),
    write(SUBSCRIPTIONS, "POST", "/{id}/suspend", suspend, "Suspend shipments", Suspension),
    write(SUBSCRIPTIONS, "POST", "/{id}/unsuspend", unsuspend, "Let shipments go on"),
    write(
        SUBSCRIPTIONS,
        "POST",
        "/{id}/cancel",
        cancel,
        "End a subscription with its term",
        Cancellation,
    ),
)
