"""Customers: who buys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

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
from domain.commands import customers, erasing
from projections.belongings import belongings_of
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


class Erasure(Body):
    """`invoices`: whom invoices were written to is kept as long as the law asks, or erased too."""

    reason: Text | None = None
    invoices: Literal["keep", "erase"] = absent()


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


def erase(call: Call, body: Erasure) -> Written:
    find = partial(belongings_of, call.services.connections, call.account_id)
    asked = erasing.Asked(call.ref, find, invoices=body.sent().get("invoices") == "erase")
    done = erasing.erase_customer(call.books, call.gateways, call.account, asked, call.act)
    return of(done)


ROUTES: tuple[Route, ...] = reads(
    CUSTOMERS,
    write(
        CUSTOMERS, "POST", "", create, "Create a customer", CustomerCreation, status=201, alone=True
    ),
    write(CUSTOMERS, "PATCH", "/{id}", update, "Change a customer", CustomerChange),
    write(
        CUSTOMERS,
        "POST",
        "/{id}/erase",
        erase,
        "Erase a customer's personal data for ever",
        Erasure,
        rule="customers:erase",
    ),
)
