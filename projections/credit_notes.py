"""Credit notes: the documents by which parts of invoices are taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.invoicing.credit_note import CreditNote
from projections.exports import Export, instant, json_text, money, text, word
from projections.lists import Listing
from projections.rendering import common, read, stored_list
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.sorts import Told
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class CreditNoteRow:
    """`lines` and `allocations` are kept as the API shows them."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    number: str | None
    status: str
    customer_id: str
    invoice_id: str
    invoice_number: str | None
    subscription_id: str | None
    currency: str
    subtotal: int
    tax: int
    total: int
    policy: str
    reason: str | None
    issued_at: datetime
    voided_at: datetime | None
    lines: Json
    allocations: Json


def _created(envelope: Envelope) -> CreditNoteRow:
    told: CreditNote.Created = envelope.event
    return CreditNoteRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        number=told.number,
        status="issued",
        customer_id=told.customer_id,
        invoice_id=told.invoice_id,
        invoice_number=told.invoice_number,
        subscription_id=told.subscription_id,
        currency=told.currency,
        subtotal=told.subtotal,
        tax=told.tax,
        total=told.total,
        policy=told.policy,
        reason=told.reason,
        issued_at=told.issued_at,
        voided_at=None,
        lines=stored_list([
            {"line_id": line.line_id, "description": line.description, "amount": line.amount,
             "tax": line.tax}
            for line in told.lines
        ]),
        allocations=stored_list(
            [{"to": part.to, "amount": part.amount} for part in told.allocations]
        ),
    )  # fmt: skip


def _voided(row: CreditNoteRow, envelope: Envelope) -> None:
    row.status = "void"
    row.voided_at = envelope.event.voided_at


def render(row: CreditNoteRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("credit_note", row, livemode=livemode),
        "number": row.number,
        "status": row.status,
        "customer_id": row.customer_id,
        "invoice_id": row.invoice_id,
        "invoice_number": row.invoice_number,
        "subscription_id": row.subscription_id,
        "currency": row.currency,
        "lines": read(row.lines),
        "subtotal": row.subtotal,
        "tax": row.tax,
        "total": row.total,
        "amount": row.total,
        "allocations": read(row.allocations),
        "policy": row.policy,
        "reason": row.reason,
        "issued_at": shown(row.issued_at),
        "voided_at": shown(row.voided_at),
    }


TABLE = Table("credit_notes", CreditNoteRow)
VIEW = ResourceView(
    TABLE,
    CreditNote,
    created={CreditNote.Created: _created},
    changed={CreditNote.Voided: _voided},
)
CREDIT_NOTES: Resource[CreditNoteRow] = Resource(
    "credit_note",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=("t.id", "t.number", "t.invoice_number", "t.reason", "c.email"),
        told=(Told("amount", ("total",)),),
        found_by=frozenset({"invoice_id", "customer_id", "number"}),
    ),
    render,
    expands={"customer": "customers", "invoice": "invoices", "subscription": "subscriptions"},
    export=Export(
        word("id", "t.id"),
        text("number", "t.number"),
        word("status", "t.status"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("invoice.id", "t.invoice_id"),
        text("invoice.number", "t.invoice_number"),
        word("subscription.id", "t.subscription_id"),
        word("currency", "t.currency"),
        money("subtotal", "t.subtotal"),
        money("tax", "t.tax"),
        money("total", "t.total"),
        word("policy", "t.policy"),
        text("reason", "t.reason"),
        instant("issued_at", "t.issued_at"),
        instant("voided_at", "t.voided_at"),
        instant("created_at", "t.created_at"),
        money("amount", "t.total"),
        json_text("allocations", "t.allocations::text"),
    ),
)
