"""Subscriptions: begun, changed, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api.fields import (
    Body,
    CollectionMethod,
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
from domain.commands import ending, subscribing
from projections.subscription_resource import SUBSCRIPTIONS

if TYPE_CHECKING:
    from api.call import Call


class SubscriptionCreation(Body):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None
    plan_id: Ref
    plan_old_provider_id: OldId | None = None
    quantity: Quantity = absent()
    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    payment_method_id: Ref | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    old_provider_id: OldId | None = None
    metadata: Metadata = absent()


class SubscriptionChange(Body):
    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    payment_method_id: Ref | None = None
    old_provider_id: OldId | None = None
    metadata: MetadataChange = absent()


class Cancellation(Body):
    mode: Literal["period_end"]
    reason: Text | None = None


def create(call: Call, body: SubscriptionCreation) -> Written:
    new = subscribing.NewSubscription(**body.sent())
    gateways, act = call.services.gateways, call.act
    return paid(subscribing.create_subscription(call.books, gateways, call.account, new, act))


def update(call: Call, body: SubscriptionChange) -> Written:
    changes = body.sent()
    done = subscribing.update_subscription(call.books, call.ref, changes, call.act, call.version)
    return of(done)


def cancel(call: Call, body: Cancellation) -> Written:
    return of(ending.cancel_at_period_end(call.books, call.ref, body.reason, call.act))


ROUTES: tuple[Route, ...] = reads(
    SUBSCRIPTIONS,
    write(
        SUBSCRIPTIONS, "POST", "", create, "Begin a subscription", SubscriptionCreation, status=201
    ),
    write(SUBSCRIPTIONS, "PATCH", "/{id}", update, "Change a subscription", SubscriptionChange),
    write(
        SUBSCRIPTIONS,
        "POST",
        "/{id}/cancel",
        cancel,
        "End a subscription with its term",
        Cancellation,
    ),
)
