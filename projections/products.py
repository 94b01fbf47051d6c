"""Products: what is sold. A deleted one is hidden; what was sold of it keeps its name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.catalog.product import Product
from projections.exports import Export, boolean, count, instant, text, word
from projections.lists import Listing
from projections.rendering import common, read, stored_map, taken
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class ProductRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    description: str | None
    image: str | None
    revenue_recognition_strategy: str
    archived: bool
    deleted: bool
    old_provider_id: str | None
    metadata: Json


_NAMES = frozenset(field.name for field in fields(ProductRow))


def _created(envelope: Envelope) -> ProductRow:
    told: Product.Created = envelope.event
    return ProductRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        description=told.description,
        image=told.image,
        revenue_recognition_strategy=told.revenue_recognition_strategy,
        archived=False,
        deleted=False,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
    )


def _updated(row: ProductRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _archived(row: ProductRow, _: Envelope) -> None:
    row.archived = True


def _unarchived(row: ProductRow, _: Envelope) -> None:
    row.archived = False


def _deleted(row: ProductRow, _: Envelope) -> None:
    row.deleted = True


def render(row: ProductRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("product", row, livemode=livemode),
        "name": row.name,
        "description": row.description,
        "image": row.image,
        "revenue_recognition_strategy": row.revenue_recognition_strategy,
        "archived": row.archived,
        "old_provider_id": row.old_provider_id,
        "metadata": read(row.metadata),
    }


TABLE = Table("products", ProductRow)
VIEW = ResourceView(
    TABLE,
    Product,
    created={Product.Created: _created},
    changed={
        Product.Updated: _updated,
        Product.Archived: _archived,
        Product.Unarchived: _unarchived,
        Product.Deleted: _deleted,
    },
)
_ACTIVE_PLANS = """(SELECT count(*) FROM plans p
    WHERE p.account_id = t.account_id AND p.generation = t.generation AND p.product_id = t.id
      AND NOT p.archived AND NOT p.deleted)"""
PRODUCTS: Resource[ProductRow] = Resource(
    "product",
    VIEW,
    Listing(
        TABLE,
        search=("t.id", "t.name", "t.description", "t.old_provider_id"),
        hidden=frozenset({"deleted"}),
        kept="NOT t.deleted",
        trigrams=True,
    ),
    render,
    export=Export(
        word("id", "t.id"),
        text("name", "t.name"),
        text("description", "t.description"),
        word("revenue_recognition_strategy", "t.revenue_recognition_strategy"),
        boolean("archived", "t.archived"),
        count("active_plans", _ACTIVE_PLANS),
        text("old_provider_id", "t.old_provider_id"),
        instant("created_at", "t.created_at"),
        instant("updated_at", "t.updated_at"),
    ),
)
