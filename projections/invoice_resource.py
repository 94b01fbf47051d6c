"""How an invoice is listed, shown and exported."""

from __future__ import annotations

from typing import Any

from projections.exports import Export, instant, money, text, word
from projections.invoices import TABLE, VIEW, InvoiceRow
from projections.lists import Listing
from projections.rendering import common, read
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.sorts import Told


def render(row: InvoiceRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("invoice", row, livemode=livemode),
        "number": row.number,
        "status": row.status,
        "customer_id": row.customer_id,
        "subscription_id": row.subscription_id,
        "currency": row.currency,
        "lines": read(row.lines),
        "subtotal": row.subtotal,
        "discount_total": row.discount_total,
        "discount": None if row.discount is None else read(row.discount),
        "tax": row.tax,
        "total": row.total,
        "amount_paid": row.amount_paid,
        "balance_applied": row.balance_applied,
        "amount_remaining": row.amount_remaining,
        "amount_credited": row.credited + row.given_back,
        "amount_refunded": row.refunded,
        "amount_recovered": row.recovered,
        "collection_method": row.collection_method,
        "billing_reason": row.billing_reason,
        "latest_payment_error": read(row.latest_payment_error),
        "next_charge_at": shown(row.next_charge_at),
        "issued_at": shown(row.issued_at),
        "due_at": shown(row.due_at),
        "paid_at": shown(row.paid_at),
        "current_period_start": shown(row.current_period_start),
        "current_period_end": shown(row.current_period_end),
        "notes": row.notes,
        "purchase_order": row.purchase_order,
        "revenue_recognition_strategy": row.revenue_recognition_strategy,
        "old_provider_id": row.old_provider_id,
        "metadata": read(row.metadata),
    }


INVOICES: Resource[InvoiceRow] = Resource(
    "invoice",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "t.number", "c.email", "t.purchase_order", "t.old_provider_id"),
        hidden=frozenset(
            {
                "open_payment_id",
                "deleted",
                "discount",
                "latest_payment_error",
                "credited",
                "given_back",
                "refunded",
                "recovered",
            }
        ),
        told=(
            Told("amount_credited", ("credited", "given_back")),
            Told("amount_refunded", ("refunded",)),
            Told("amount_recovered", ("recovered",)),
        ),
        kept="NOT t.deleted",
        found_by=frozenset({"customer_id", "subscription_id", "number"}),
    ),
    render,
    expands={"customer": "customers", "subscription": "subscriptions"},
    export=Export(
        word("id", "t.id"),
        text("number", "t.number"),
        word("status", "t.status"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("subscription.id", "t.subscription_id"),
        word("currency", "t.currency"),
        money("subtotal", "t.subtotal"),
        money("tax", "t.tax"),
        money("total", "t.total"),
        money("amount_paid", "t.amount_paid"),
        money("balance_applied", "t.balance_applied"),
        money("amount_remaining", "t.amount_remaining"),
        instant("issued_at", "t.issued_at"),
        instant("due_at", "t.due_at"),
        instant("paid_at", "t.paid_at"),
        instant("current_period_start", "t.current_period_start"),
        instant("current_period_end", "t.current_period_end"),
        text("purchase_order", "t.purchase_order"),
        text("notes", "t.notes"),
        word("revenue_recognition_strategy", "t.revenue_recognition_strategy"),
    ),
)
