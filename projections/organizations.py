"""Organisations, with how many customers belong to each counted when read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.customers.organization import Organization
from projections import customers
from projections.conditions import Field
from projections.exports import Export, count, instant, text, word
from projections.lists import Listing
from projections.rendering import common, read, stored, stored_map, taken
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.envelope import Envelope
    from projections.table import Rows

ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")


@dataclass(slots=True)
class OrganizationRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    industry: str | None
    website: str | None
    email: str | None
    phone: str | None
    tax_id: str | None
    address: Json | None
    deleted: bool
    old_provider_id: str | None
    metadata: Json


_NAMES = frozenset(field.name for field in fields(OrganizationRow)) - {"address"}


def _created(envelope: Envelope) -> OrganizationRow:
    told: Organization.Created = envelope.event
    return OrganizationRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        industry=told.industry,
        website=told.website,
        email=told.email,
        phone=told.phone,
        tax_id=told.tax_id,
        address=_address(told.address),
        deleted=False,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
    )


def _address(known: Any) -> Json | None:
    return None if known is None else stored(known)


def _updated(row: OrganizationRow, envelope: Envelope) -> None:
    changes = envelope.event.changes
    taken(changes, row, _NAMES)
    if "address" in changes:
        row.address = _address(changes["address"])


def _deleted(row: OrganizationRow, _: Envelope) -> None:
    row.deleted = True


def customers_of(rows: Rows, organizations: Sequence[OrganizationRow]) -> Mapping[str, int]:
    """By organisation, how many customers belong to it; none is left out."""
    refs = [organization.id for organization in organizations]
    return customers.TABLE.count_by(rows, "organization_id", refs)


def members(rows: Rows, ref: str) -> list[str]:
    """Those who belong to it now: as of a past instant, who has left since is not counted."""
    return [customer.id for customer in customers.TABLE.load_by(rows, "organization_id", [ref])]


def render(row: OrganizationRow, members: int | None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("organization", row, livemode=livemode),
        "name": row.name,
        "industry": row.industry,
        "website": row.website,
        "email": row.email,
        "phone": row.phone,
        "tax_id": row.tax_id,
        "address": _shown(row.address),
        "customers_count": members or 0,
        "old_provider_id": row.old_provider_id,
        "metadata": read(row.metadata),
    }


def _shown(address: Json | None) -> dict[str, Any] | None:
    known = read(address)
    return None if known is None else {part: known.get(part) for part in ADDRESS}


TABLE = Table("organizations", OrganizationRow)
VIEW = ResourceView(
    TABLE,
    Organization,
    created={Organization.Created: _created},
    changed={Organization.Updated: _updated, Organization.Deleted: _deleted},
)
_CUSTOMERS = """(SELECT count(*) FROM customers c
    WHERE c.account_id = t.account_id AND c.generation = t.generation
      AND c.organization_id = t.id)"""
ORGANIZATIONS: Resource[OrganizationRow] = Resource(
    "organization",
    VIEW,
    Listing(
        TABLE,
        search=(
            "t.id", "t.name", "t.industry", "t.website", "t.email", "t.phone", "t.tax_id",
            "t.old_provider_id",
        ),
        hidden=frozenset({"deleted"}),
        kept="NOT t.deleted",
        walked=frozenset({"name"}),
        more=[Field("customers_count", _CUSTOMERS, "bigint")],
        trigrams=True,
    ),
    render,
    related=customers_of,
    streams=members,
    export=Export(
        word("id", "t.id"),
        text("name", "t.name"),
        text("industry", "t.industry"),
        text("website", "t.website"),
        text("email", "t.email"),
        text("phone", "t.phone"),
        text("tax_id", "t.tax_id"),
        word("country", "(t.address ->> 'country')"),
        count("customers_count", _CUSTOMERS),
        text("old_provider_id", "t.old_provider_id"),
        instant("created_at", "t.created_at"),
    ),
)  # fmt: skip
