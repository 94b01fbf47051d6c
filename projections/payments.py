"""Payments: money asked of a gateway or recorded by hand, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.payments.payment import Payment, Status
from projections.exports import Export, instant, money, text, word
from projections.lists import Listing
from projections.rendering import common
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class PaymentRow:
    """`wall_at` is when the intent was really recorded, whatever a test clock said."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    status: str
    customer_id: str
    invoice_id: str | None
    amount: int
    currency: str
    gateway: str | None
    payment_method_id: str | None
    gateway_reference: str | None
    category: str | None
    reference: str | None
    failure_code: str | None
    failure_detail: str | None
    started_at: datetime
    settled_at: datetime | None
    wall_at: datetime
    refunded_at_gateway: int
    refunded_at_gateway_at: datetime | None


def _begun(envelope: Envelope, told: Any, status: Status) -> PaymentRow:
    return PaymentRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        status=status.value,
        customer_id=told.customer_id,
        invoice_id=told.invoice_id,
        amount=told.amount,
        currency=told.currency,
        gateway=None,
        payment_method_id=None,
        gateway_reference=None,
        category=None,
        reference=None,
        failure_code=None,
        failure_detail=None,
        started_at=told.started_at,
        settled_at=None,
        wall_at=envelope.wall_at,
        refunded_at_gateway=0,
        refunded_at_gateway_at=None,
    )


def _started(envelope: Envelope) -> PaymentRow:
    told: Payment.Created = envelope.event
    row = _begun(envelope, told, Status.STARTED)
    row.gateway = told.gateway
    row.payment_method_id = told.payment_method_id
    return row


def _recorded(envelope: Envelope) -> PaymentRow:
    told: Payment.Recorded = envelope.event
    row = _begun(envelope, told, Status.SUCCEEDED)
    row.category = told.category
    row.reference = told.reference
    row.settled_at = told.started_at
    return row


def _succeeded(row: PaymentRow, envelope: Envelope) -> None:
    told: Payment.Succeeded = envelope.event
    row.status = Status.SUCCEEDED.value
    row.gateway_reference = told.gateway_reference or row.gateway_reference
    row.failure_code = row.failure_detail = None
    row.settled_at = told.succeeded_at


def _action_required(row: PaymentRow, envelope: Envelope) -> None:
    told: Payment.ActionRequired = envelope.event
    row.status = Status.REQUIRES_ACTION.value
    row.gateway_reference = told.gateway_reference


def _unknown(row: PaymentRow, _: Envelope) -> None:
    row.status = Status.UNKNOWN.value


def _failed(row: PaymentRow, envelope: Envelope) -> None:
    told: Payment.Failed = envelope.event
    row.status = Status.FAILED.value
    row.failure_code = told.code
    row.failure_detail = told.detail
    row.settled_at = told.failed_at


def _refunded_at_gateway(row: PaymentRow, envelope: Envelope) -> None:
    """Since when there is any."""
    told: Payment.RefundedAtGateway = envelope.event
    row.refunded_at_gateway = told.amount
    row.refunded_at_gateway_at = (
        (row.refunded_at_gateway_at or told.told_at) if told.amount else None
    )


def render(row: PaymentRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("payment", row, livemode=livemode),
        "status": row.status,
        "customer_id": row.customer_id,
        "invoice_id": row.invoice_id,
        "amount": row.amount,
        "currency": row.currency,
        "gateway": row.gateway,
        "payment_method_id": row.payment_method_id,
        "gateway_reference": row.gateway_reference,
        "category": row.category,
        "reference": row.reference,
        "failure_code": row.failure_code,
        "failure_detail": row.failure_detail,
        "started_at": shown(row.started_at),
        "settled_at": shown(row.settled_at),
    }


TABLE = Table("payments", PaymentRow)
VIEW = ResourceView(
    TABLE,
    Payment,
    created={Payment.Created: _started, Payment.Recorded: _recorded},
    changed={
        Payment.ActionRequired: _action_required,
        Payment.Unknown: _unknown,
        Payment.Succeeded: _succeeded,
        Payment.Failed: _failed,
        Payment.RefundedAtGateway: _refunded_at_gateway,
    },
)
PAYMENTS: Resource[PaymentRow] = Resource(
    "payment",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "t.reference", "t.gateway_reference", "c.email"),
        hidden=frozenset({"wall_at", "refunded_at_gateway", "refunded_at_gateway_at"}),
        found_by=frozenset({"invoice_id"}),
    ),
    render,
    expands={
        "customer": "customers",
        "invoice": "invoices",
        "payment_method": "payment_methods",
    },
    export=Export(
        word("id", "t.id"),
        word("status", "t.status"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("invoice.id", "t.invoice_id"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        word("gateway", "t.gateway"),
        word("payment_method.id", "t.payment_method_id"),
        text("gateway_reference", "t.gateway_reference"),
        word("category", "t.category"),
        text("reference", "t.reference"),
        word("failure_code", "t.failure_code"),
        text("failure_detail", "t.failure_detail"),
        instant("started_at", "t.started_at"),
        instant("settled_at", "t.settled_at"),
        instant("created_at", "t.created_at"),
    ),
)
