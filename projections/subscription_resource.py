"""How a subscription is listed, shown and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from projections import last_active, phases, seats, subscription_gifts
from projections.conditions import Field
from projections.exports import Export, boolean, count, instant, money, text, word
from projections.lists import Listing
from projections.rendering import common, read
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.subscriptions import TABLE, VIEW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from projections.phases import PhaseRow
    from projections.subscription_row import SubscriptionRow
    from projections.table import Rows


class Around(NamedTuple):
    """What a subscription shows besides its own: its terms, the seats used, its customer seen."""

    terms: list[PhaseRow]
    seats_used: int | None
    seen_at: datetime | None


def render(row: SubscriptionRow, around: Around, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("subscription", row, livemode=livemode),
        "customer_id": row.customer_id,
        "plan_id": row.plan_id,
        "product_id": row.product_id,
        "currency": row.currency,
        "quantity": row.quantity,
        "status": row.status,
        "auto_renew": row.auto_renew,
        "collection_method": row.collection_method,
        "payment_method_id": row.payment_method_id,
        "start_date": shown(row.start_date),
        "billing_behavior": row.billing_behavior,
        "current_period_start": shown(row.current_period_start),
        "current_period_end": shown(row.current_period_end),
        "next_invoice_date": shown(row.next_invoice_date),
        "renews_at": shown(row.renews_at),
        "expires_at": shown(row.expires_at),
        **_ending(row),
        **_delivery(row),
        **seats.render(row.seat_capacity, around.seats_used),
        "phases": phases.render(around.terms, row.phase_id, row.status),
        "latest_invoice_id": row.latest_invoice_id,
        "latest_payment_error": read(row.latest_payment_error),
        "usage_quantity": row.usage_quantity,
        "last_active_at": shown(around.seen_at),
        "discount": read(row.discount),
        "gift": subscription_gifts.render(row),
        "old_provider_id": row.old_provider_id,
        "metadata": read(row.metadata),
    }


def _ending(row: SubscriptionRow) -> dict[str, Any]:
    return {
        "cancel_at_period_end": row.cancel_at_period_end,
        "canceled_at": shown(row.canceled_at),
        "cancel_reason": row.cancel_reason,
        "ended_at": shown(row.ended_at),
    }


def _delivery(row: SubscriptionRow) -> dict[str, Any]:
    return {
        "suspended_until": shown(row.suspended_until),
        "shipments_remaining": row.shipments_remaining,
        "shipping_address_id": row.shipping_address_id,
        "invoice_notes": row.invoice_notes,
        "purchase_order": row.purchase_order,
    }


def _around(rows: Rows, subscriptions: Sequence[SubscriptionRow]) -> dict[str, Around]:
    ids = [each.id for each in subscriptions]
    terms = phases.phases_of(rows, ids)
    active = seats.active_of(rows, ids)
    readers = {each.id: subscription_gifts.reader_of(each) for each in subscriptions}
    seen = last_active.of_customers(rows, readers.values(), last=True)
    return {
        each: Around(terms.get(each, []), active.get(each), seen.get(reader or ""))
        for each, reader in readers.items()
    }


_JOINS = f"""
  LEFT JOIN customers c ON c.account_id = t.account_id
   AND c.generation = t.generation AND c.id = t.customer_id
  LEFT JOIN organizations g ON g.account_id = t.account_id
   AND g.generation = t.generation AND g.id = c.organization_id
  LEFT JOIN plans p ON p.account_id = t.account_id
   AND p.generation = t.generation AND p.id = t.plan_id
  LEFT JOIN products o ON o.account_id = t.account_id
   AND o.generation = t.generation AND o.id = t.product_id
{seats.JOIN.format(subscription="t.id")}
{last_active.JOIN.format(customer=subscription_gifts.READER)}"""
SUBSCRIPTIONS: Resource[SubscriptionRow] = Resource(
    "subscription",
    VIEW,
    Listing(
        TABLE,
        joins=_JOINS,
        search=("t.id", "t.old_provider_id", "c.email", "c.first_name", "c.last_name", "p.name"),
        hidden=frozenset(
            {
                "phase_id",
                "due_at",
                "due_kind",
                "trial_end",
                "extended_from",
                "retry_at",
                "booked",
                "plan_amount",
                "billing_retry_at",
                "dunning_until",
                "entitlements",
                "past_due_since",
                "restarted",
                "incomplete_until",
                "discount",
                "gift_code",
                "gift_message",
            }
        ),
        folded=frozenset({"gift_recipient_email"}),
        more=[
            Field("is_gift", "(t.gift_code IS NOT NULL)", "boolean"),
            Field("seats_used", seats.used("t.seat_capacity"), "bigint"),
            Field("seats_available", seats.available("t.seat_capacity"), "bigint"),
            Field("last_active_at", last_active.AT, "timestamptz"),
        ],
        found_by=frozenset({"customer_id", "recipient_id"}),
    ),
    render,
    related=_around,
    streams=lambda _, ref: [seats.seats_id(ref)],
    expands={
        "customer": "customers",
        "plan": "plans",
        "product": "products",
        "latest_invoice": "invoices",
        "payment_method": "payment_methods",
    },
    export=Export(
        word("id", "t.id"),
        word("status", "t.status"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        text("customer.first_name", "c.first_name"),
        text("customer.last_name", "c.last_name"),
        text("organization.name", "g.name"),
        word("product.id", "t.product_id"),
        text("product.name", "o.name"),
        word("plan.id", "t.plan_id"),
        text("plan.name", "p.name"),
        money("plan.amount", "t.plan_amount"),
        word("currency", "t.currency"),
        count("quantity", "t.quantity"),
        word("collection_method", "t.collection_method"),
        boolean("auto_renew", "t.auto_renew"),
        instant("created_at", "t.created_at"),
        instant("start_date", "t.start_date"),
        instant("current_period_start", "t.current_period_start"),
        instant("current_period_end", "t.current_period_end"),
        instant("final_phase_end", "coalesce(t.final_phase_end, t.current_period_end)"),
        instant("renews_at", "t.renews_at"),
        instant("expires_at", "t.expires_at"),
        instant("canceled_at", "t.canceled_at"),
        text("cancel_reason", "t.cancel_reason"),
        count("shipments_remaining", "t.shipments_remaining"),
        instant("suspended_until", "t.suspended_until"),
        text("old_provider_id", "t.old_provider_id"),
        count("seat_capacity", "t.seat_capacity"),
        count("seats_used", seats.used("t.seat_capacity")),
        count("seats_available", seats.available("t.seat_capacity")),
    ),
)
