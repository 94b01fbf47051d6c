"""Refunds: money on its way back to a customer, where to, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.payments.refund import Refund
from projections.exports import Export, instant, money, text, word
from projections.lists import Listing
from projections.rendering import common
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.sorts import Told
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class RefundRow:
    """`sent_to`: card, balance or offline. `wall_at` is when it was really recorded, whatever a
    test clock said."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    status: str
    customer_id: str
    invoice_id: str | None
    credit_note_id: str | None
    payment_id: str | None
    subscription_id: str | None
    amount: int
    currency: str
    sent_to: str
    policy: str | None
    reason: str | None
    gateway: str | None
    gateway_reference: str | None
    failure_code: str | None
    failure_detail: str | None
    settled_at: datetime | None
    wall_at: datetime


def _created(envelope: Envelope) -> RefundRow:
    told: Refund.Created = envelope.event
    by_card = told.to == "card"
    return RefundRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        status="pending" if by_card else "succeeded",
        customer_id=told.customer_id,
        invoice_id=told.invoice_id,
        credit_note_id=told.credit_note_id,
        payment_id=told.payment_id,
        subscription_id=told.subscription_id,
        amount=told.amount,
        currency=told.currency,
        sent_to=told.to,
        policy=told.policy,
        reason=told.reason,
        gateway=told.gateway,
        gateway_reference=None,
        failure_code=None,
        failure_detail=None,
        settled_at=None if by_card else envelope.recorded_at,
        wall_at=envelope.wall_at,
    )


def _succeeded(row: RefundRow, envelope: Envelope) -> None:
    told: Refund.Succeeded = envelope.event
    row.status = "succeeded"
    row.gateway_reference = told.gateway_reference
    row.settled_at = told.succeeded_at


def _failed(row: RefundRow, envelope: Envelope) -> None:
    told: Refund.Failed = envelope.event
    row.status = "failed"
    row.failure_code = told.code
    row.failure_detail = told.detail
    row.settled_at = told.failed_at


def render(row: RefundRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("refund", row, livemode=livemode),
        "status": row.status,
        "customer_id": row.customer_id,
        "invoice_id": row.invoice_id,
        "credit_note_id": row.credit_note_id,
        "payment_id": row.payment_id,
        "subscription_id": row.subscription_id,
        "amount": row.amount,
        "currency": row.currency,
        "to": row.sent_to,
        "policy": row.policy,
        "reason": row.reason,
        "gateway": row.gateway,
        "gateway_reference": row.gateway_reference,
        "failure_code": row.failure_code,
        "failure_detail": row.failure_detail,
        "settled_at": shown(row.settled_at),
    }


TABLE = Table("refunds", RefundRow)
VIEW = ResourceView(
    TABLE,
    Refund,
    created={Refund.Created: _created},
    changed={Refund.Succeeded: _succeeded, Refund.Failed: _failed},
    added_later=True,
)
REFUNDS: Resource[RefundRow] = Resource(
    "refund",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "t.reason", "t.gateway_reference", "c.email"),
        hidden=frozenset({"sent_to", "wall_at"}),
        told=(Told("to", ("sent_to",)),),
        found_by=frozenset({"invoice_id", "customer_id"}),
    ),
    render,
    expands={
        "customer": "customers",
        "invoice": "invoices",
        "credit_note": "credit_notes",
        "payment": "payments",
        "subscription": "subscriptions",
    },
    export=Export(
        word("id", "t.id"),
        word("status", "t.status"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("invoice.id", "t.invoice_id"),
        word("credit_note.id", "t.credit_note_id"),
        word("payment.id", "t.payment_id"),
        word("subscription.id", "t.subscription_id"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        word("to", "t.sent_to"),
        word("policy", "t.policy"),
        text("reason", "t.reason"),
        word("gateway", "t.gateway"),
        text("gateway_reference", "t.gateway_reference"),
        word("failure_code", "t.failure_code"),
        text("failure_detail", "t.failure_detail"),
        instant("settled_at", "t.settled_at"),
        instant("created_at", "t.created_at"),
    ),
)
