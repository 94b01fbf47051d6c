"""Customers' addresses; a deleted one is hidden."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.customers.address import Address
from domain.shared.personal import ERASED
from projections.exports import Export, boolean, instant, text, word
from projections.lists import Listing
from projections.rendering import common, taken
from projections.resource import Resource
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class AddressRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    customer_id: str
    type: str
    first_name: str | None
    last_name: str | None
    company: str | None
    line1: str
    line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str
    is_default: bool
    deleted: bool
    old_provider_id: str | None


_NAMES = frozenset(field.name for field in fields(AddressRow))


def _created(envelope: Envelope) -> AddressRow:
    told: Address.Created = envelope.event
    return AddressRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        customer_id=told.customer_id,
        type=told.type,
        first_name=told.first_name,
        last_name=told.last_name,
        company=told.company,
        line1=told.line1,
        line2=told.line2,
        city=told.city,
        state=told.state,
        postal_code=told.postal_code,
        country=told.country,
        is_default=told.is_default,
        deleted=False,
        old_provider_id=told.old_provider_id,
    )


def _updated(row: AddressRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _deleted(row: AddressRow, _: Envelope) -> None:
    row.deleted = True
    row.is_default = False


def _erased(row: AddressRow, _: Envelope) -> None:
    for name in Address.PERSONAL:
        setattr(row, name, ERASED if name == "line1" else None)
    row.deleted = True
    row.is_default = False


def render(row: AddressRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("address", row, livemode=livemode),
        "customer_id": row.customer_id,
        "type": row.type,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "company": row.company,
        "line1": row.line1,
        "line2": row.line2,
        "city": row.city,
        "state": row.state,
        "postal_code": row.postal_code,
        "country": row.country,
        "is_default": row.is_default,
        "old_provider_id": row.old_provider_id,
    }


TABLE = Table("addresses", AddressRow)
VIEW = ResourceView(
    TABLE,
    Address,
    created={Address.Created: _created},
    changed={
        Address.Updated: _updated,
        Address.Deleted: _deleted,
        Address.Erased: _erased,
    },
)
ADDRESSES: Resource[AddressRow] = Resource(
    "address",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN customers c ON c.account_id = t.account_id
            AND c.generation = t.generation AND c.id = t.customer_id""",
        search=(
            "t.id", "t.first_name", "t.last_name", "t.company", "t.line1", "t.line2", "t.city",
            "t.postal_code", "t.old_provider_id", "c.email",
        ),
        hidden=frozenset({"deleted"}),
        kept="NOT t.deleted",
        found_by=frozenset({"customer_id"}),
    ),
    render,
    expands={"customer": "customers"},
    export=Export(
        word("id", "t.id"),
        word("customer.id", "t.customer_id"),
        text("customer.email", "c.email"),
        word("type", "t.type"),
        text("first_name", "t.first_name"),
        text("last_name", "t.last_name"),
        text("company", "t.company"),
        text("line1", "t.line1"),
        text("line2", "t.line2"),
        text("city", "t.city"),
        text("state", "t.state"),
        text("postal_code", "t.postal_code"),
        word("country", "t.country"),
        boolean("is_default", "t.is_default"),
        text("old_provider_id", "t.old_provider_id"),
        instant("created_at", "t.created_at"),
        instant("updated_at", "t.updated_at"),
    ),
)  # fmt: skip
