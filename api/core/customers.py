"""Customers: who buys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.fields import (
    Body,
    Email,
    Metadata,
    MetadataChange,
    OldId,
    Ref,
    Text,
    absent,
)
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import customers
from projections.customers import CUSTOMERS

if TYPE_CHECKING:
    from api.call import Call


class CustomerCreation(Body):
    email: Email | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    title: Text | None = None
    phone: Text | None = None
    language: Text | None = None
    organization_id: Ref | None = None
    organization_old_provider_id: OldId | None = None
    old_provider_id: OldId | None = None
    metadata: Metadata = absent()


class CustomerChange(Body):
    email: Email | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    title: Text | None = None
    phone: Text | None = None
    language: Text | None = None
    organization_id: Ref | None = None
    organization_old_provider_id: OldId | None = None
    default_payment_method_id: Ref | None = None
    old_provider_id: OldId | None = None
    metadata: MetadataChange = absent()


def create(call: Call, body: CustomerCreation) -> Written:
    return of(customers.create_customer(call.books, customers.NewCustomer(**body.sent()), call.act))


def update(call: Call, body: CustomerChange) -> Written:
    done = customers.update_customer(call.books, call.ref, body.sent(), call.act, call.version)
    return of(done)


ROUTES: tuple[Route, ...] = reads(
    CUSTOMERS,
    write(CUSTOMERS, "POST", "", create, "Create a customer", CustomerCreation, status=201),
    write(CUSTOMERS, "PATCH", "/{id}", update, "Change a customer", CustomerChange),
)
