"""Subscriptions: begun, changed, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from api.core.cancelling import Cancellation, cancel
from api.core.gifts import GiftChange, GiftOrder, ordered
from api.core.previews import previewed, previewed_billing, usage_so_far
from api.fields import (
    BillingBehavior,
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
from domain.commands import (
    booking,
    changing,
    ending_with_term,
    extending,
    metering,
    restarting,
    starting,
    subscribing,
)
from domain.commands.coupons import take_up
from domain.commands.foreseeing import next_billing
from domain.commands.sales import NewSubscription
from domain.subscriptions.subscription import Subscription
from projections.subscription_resource import SUBSCRIPTIONS

if TYPE_CHECKING:
    from api.call import Call


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
    coupon_id: Ref | None = None
    coupon_code: Text | None = None
    suspended_until: Instant | None = None
    shipping_address_id: Ref | None = None
    shipping_address_old_provider_id: OldId | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    old_provider_id: OldId | None = None
    metadata: Metadata = absent()
    gift: GiftOrder | None = None


class Restart(Body):
    """What is left out is taken from the plan; without a plan it is the one it had. The fields that
    put a beginning off are those of a new membership, and refused: `not_with_restart`."""

    plan_id: Ref | None = None
    plan_old_provider_id: OldId | None = None
    coupon_id: Ref | None = None
    coupon_code: Text | None = None
    quantity: Quantity = absent()
    auto_renew: bool = absent()
    collection_method: CollectionMethod = absent()
    payment_method_id: Ref | None = None
    suspended_until: Instant | None = None
    shipping_address_id: Ref | None = None
    shipping_address_old_provider_id: OldId | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    metadata: Metadata = absent()
    old_provider_id: OldId | None = None
    start_date: Instant | None = None
    billing_behavior: BillingBehavior | None = None
    trial_days: TrialDays | None = None
    next_invoice_date: Instant | None = None
    current_period_end: Instant | None = None
    gift: GiftOrder | None = None


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
    gift: GiftChange = absent()


class Start(Body):
    start_date: Instant


class Suspension(Body):
    until: Instant


class Extension(Body):
    end_date: Instant


class Renewal(Body):
    plan_id: Ref | None = None
    plan_old_provider_id: OldId | None = None
    quantity: Quantity | None = None
    auto_renew: bool | None = None
    collection_method: CollectionMethod | None = None
    payment_method_id: Ref | None = None
    invoice_notes: LongText | None = None
    purchase_order: Text | None = None
    billing_behavior: BillingBehavior | None = None
    coupon_id: Ref | None = None
    coupon_code: Text | None = None
    replace_upcoming_phases: bool = absent()


class PlanSwitch(Body):
    plan_id: Ref
    plan_old_provider_id: OldId | None = None
    proration: Literal["immediate", "next_invoice", "none"] = absent()


class Preview(Body):
    """Of a change to another plan; without one, of what is billed next by itself, by a coupon too
    that would be taken up."""

    coupon_id: Ref | None = None
    coupon_code: Text | None = None
    plan_id: Ref | None = None
    plan_old_provider_id: OldId | None = None
    proration: Literal["immediate", "next_invoice", "none"] = absent()


class Usage(Body):
    quantity: Quantity
    at: Instant = absent()


def create(call: Call, body: SubscriptionCreation) -> Written:
    new = NewSubscription(**ordered(body.sent()))
    gateways, act = call.gateways, call.act
    return paid(subscribing.create_subscription(call.books, gateways, call.account, new, act))


def restart(call: Call, body: Restart) -> Written:
    new = NewSubscription(**ordered(body.sent()))
    gateways, act = call.gateways, call.act
    return paid(
        restarting.restart_subscription(call.books, gateways, call.account, call.ref, new, act)
    )


def update(call: Call, body: SubscriptionChange) -> Written:
    changes = body.sent()
    done = subscribing.update_subscription(
        call.books, call.account, call.ref, changes, call.act, call.version
    )
    return of(done)


def reactivate(call: Call, _: Body) -> Written:
    return of(ending_with_term.reactivate_subscription(call.books, call.ref, call.act))


def extend(call: Call, body: Extension) -> Written:
    end = body.end_date
    return of(extending.extend_subscription(call.books, call.account, call.ref, end, call.act))


def renew(call: Call, body: Renewal) -> Written:
    new = booking.Renewal(**body.sent())
    gateways = call.gateways
    return paid(booking.book_phase(call.books, gateways, call.account, call.ref, new, call.act))


def record_usage(call: Call, body: Usage) -> Written:
    return of(metering.record_usage(call.books, call.ref, body.quantity, body.at, call.act))


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


def change_plan(call: Call, body: PlanSwitch) -> Written:
    gateways, way = call.gateways, body.sent().get("proration", "immediate")
    return paid(
        changing.change_plan(
            call.books, gateways, call.account, call.ref, body.plan_id, way, call.act
        )
    )


def preview(call: Call, body: Preview) -> Written:
    """Decides as `change_plan` does, or without a plan as the next renewal; records nothing."""
    if body.plan_id is None:
        subscription = call.books.load(Subscription, call.ref)
        usage = usage_so_far(subscription)
        take_up(call.books, subscription, body.coupon_id, body.coupon_code)
        seen = next_billing(call.books, call.account, subscription)
        return Written(call.ref, None, {"shown": previewed_billing(seen, usage)})
    way = body.sent().get("proration", "immediate")
    change = changing.decide_change(call.books, call.account, call.ref, body.plan_id, way)
    told = previewed(change.subscription, change.invoice, change.noted)
    return Written(call.ref, None, {"shown": told})


ROUTES: tuple[Route, ...] = reads(
    SUBSCRIPTIONS,
    write(
        SUBSCRIPTIONS,
        "POST",
        "",
        create,
        "Begin a subscription",
        SubscriptionCreation,
        status=201,
        waits=True,
    ),
    write(SUBSCRIPTIONS, "PATCH", "/{id}", update, "Change a subscription", SubscriptionChange),
    write(
        SUBSCRIPTIONS,
        "POST",
        "/{id}/change_plan",
        change_plan,
        "Change the plan",
        PlanSwitch,
        waits=True,
    ),
    write(SUBSCRIPTIONS, "POST", "/{id}/preview", preview, "What would be billed", Preview),
    write(SUBSCRIPTIONS, "POST", "/{id}/renew", renew, "Book a further phase", Renewal, waits=True),
    write(SUBSCRIPTIONS, "POST", "/{id}/extend", extend, "Move the term's end out", Extension),
    write(SUBSCRIPTIONS, "POST", "/{id}/reactivate", reactivate, "Take a cancellation back"),
    write(SUBSCRIPTIONS, "POST", "/{id}/usage", record_usage, "Tell what was used", Usage),
    write(SUBSCRIPTIONS, "POST", "/{id}/reschedule", reschedule, "Another start date", Start),
    write(
        SUBSCRIPTIONS,
        "POST",
        "/{id}/restart",
        restart,
        "Restart an expired membership",
        Restart,
        waits=True,
    ),
    write(SUBSCRIPTIONS, "POST", "/{id}/suspend", suspend, "Suspend shipments", Suspension),
    write(SUBSCRIPTIONS, "POST", "/{id}/unsuspend", unsuspend, "Let shipments go on"),
    write(
        SUBSCRIPTIONS,
        "POST",
        "/{id}/cancel",
        cancel,
        "End a subscription, with its term or at once",
        Cancellation,
    ),
)
