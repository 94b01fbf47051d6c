"""Payments that banks took back, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.payments.dispute import Dispute, Status
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
class DisputeRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    status: str
    payment_id: str
    invoice_id: str | None
    customer_id: str
    amount: int
    currency: str
    gateway: str
    gateway_reference: str
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None


def _opened(envelope: Envelope) -> DisputeRow:
    told: Dispute.Created = envelope.event
    return DisputeRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        status=Status.OPENED.value,
        payment_id=told.payment_id,
        invoice_id=told.invoice_id,
        customer_id=told.customer_id,
        amount=told.amount,
        currency=told.currency,
        gateway=told.gateway,
        gateway_reference=told.gateway_reference,
        reason=told.reason,
        opened_at=told.opened_at,
        closed_at=None,
    )


def _won(row: DisputeRow, envelope: Envelope) -> None:
    row.status = Status.WON.value
    row.closed_at = envelope.event.won_at


def _lost(row: DisputeRow, envelope: Envelope) -> None:
    row.status = Status.LOST.value
    row.closed_at = envelope.event.lost_at


def render(row: DisputeRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("dispute", row, livemode=livemode),
        "status": row.status,
        "payment_id": row.payment_id,
        "invoice_id": row.invoice_id,
        "customer_id": row.customer_id,
        "amount": row.amount,
        "currency": row.currency,
        "gateway": row.gateway,
        "gateway_reference": row.gateway_reference,
        "reason": row.reason,
        "opened_at": shown(row.opened_at),
        "closed_at": shown(row.closed_at),
    }


TABLE = Table("disputes", DisputeRow)
VIEW = ResourceView(
    TABLE,
    Dispute,
    created={Dispute.Created: _opened},
    changed={Dispute.Won: _won, Dispute.Lost: _lost},
)
DISPUTES: Resource[DisputeRow] = Resource(
    "dispute",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "t.payment_id", "t.gateway_reference", "c.email"),
        found_by=frozenset({"payment_id", "invoice_id", "customer_id"}),
    ),
    render,
    expands={"customer": "customers", "invoice": "invoices", "payment": "payments"},
    export=Export(
        word("id", "t.id"),
        word("status", "t.status"),
        word("payment.id", "t.payment_id"),
        word("invoice.id", "t.invoice_id"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        word("gateway", "t.gateway"),
        text("gateway_reference", "t.gateway_reference"),
        text("reason", "t.reason"),
        instant("opened_at", "t.opened_at"),
        instant("closed_at", "t.closed_at"),
        instant("created_at", "t.created_at"),
    ),
)
