"""Products: what is sold, and how its revenue is recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.fields import Body, LongText, Metadata, MetadataChange, Name, OldId, Strategy, Text, absent
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import catalog
from projections.products import PRODUCTS

if TYPE_CHECKING:
    from api.call import Call


class ProductCreation(Body):
    name: Name
    description: LongText | None = None
    image: Text | None = None
    old_provider_id: OldId | None = None
    revenue_recognition_strategy: Strategy = absent()
    metadata: Metadata = absent()


class ProductChange(Body):
    name: Name = absent()
    description: LongText | None = None
    image: Text | None = None
    old_provider_id: OldId | None = None
    revenue_recognition_strategy: Strategy = absent()
    metadata: MetadataChange = absent()


def create(call: Call, body: ProductCreation) -> Written:
    return of(catalog.create_product(call.books, catalog.NewProduct(**body.sent()), call.act))


def update(call: Call, body: ProductChange) -> Written:
    done = catalog.update_product(call.books, call.ref, body.sent(), call.act, call.version)
    return of(done)


def archive(call: Call, _: Body) -> Written:
    return of(catalog.archive_product(call.books, call.ref, call.act))


def unarchive(call: Call, _: Body) -> Written:
    return of(catalog.unarchive_product(call.books, call.ref, call.act))


def delete(call: Call, _: Body) -> Written:
    return of(catalog.delete_product(call.books, call.ref, call.act))


ROUTES: tuple[Route, ...] = reads(
    PRODUCTS,
    write(
        PRODUCTS, "POST", "", create, "Create a product", ProductCreation, status=201, alone=True
    ),
    write(PRODUCTS, "PATCH", "/{id}", update, "Change a product", ProductChange),
    write(PRODUCTS, "POST", "/{id}/archive", archive, "Archive a product"),
    write(PRODUCTS, "POST", "/{id}/unarchive", unarchive, "Sell a product again"),
    write(
        PRODUCTS, "DELETE", "/{id}", delete, "Delete a product without active plans", deletes=True
    ),
)
