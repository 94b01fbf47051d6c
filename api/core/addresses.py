"""Customers' addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api import views
from api.fields import Body, Country, OldId, Ref, Required, Text, absent
from api.resource_routes import BASE, LIST, reads, write
from api.route import Read, Route, Shape, Write
from api.writing import Written, of
from domain.commands import addresses
from projections.addresses import ADDRESSES
from projections.customers import CUSTOMERS

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Listed

AddressType = Literal["billing", "shipping"]


class _Known(Body):
    """What may be missing of an address."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    state: Text | None = None
    postal_code: Text | None = None
    old_provider_id: OldId | None = None


class CustomerAddress(_Known):
    """Of the customer the address names; for shipping unless it says billing."""

    type: AddressType = absent()
    line1: Required
    country: Country
    is_default: bool = absent()


class AddressCreation(CustomerAddress):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None


class AddressChange(_Known):
    type: AddressType = absent()
    line1: Required = absent()
    country: Country = absent()
    is_default: bool = absent()


def create(call: Call, body: AddressCreation) -> Written:
    new = addresses.NewAddress(**body.sent())
    return of(addresses.create_address(call.books, new, call.act))


def create_of_customer(call: Call, body: CustomerAddress) -> Written:
    views.require_ref(CUSTOMERS, call.ref)
    call.books.load(views.aggregate_of(CUSTOMERS), call.ref)
    new = addresses.NewAddress(**body.sent(), customer_id=call.ref)
    return of(addresses.create_address(call.books, new, call.act))


def update(call: Call, body: AddressChange) -> Written:
    return of(addresses.update_address(call.books, call.ref, body.sent(), call.act, call.version))


def delete(call: Call, _: Body) -> Written:
    return of(addresses.delete_address(call.books, call.ref, call.act))


def of_customer(call: Call) -> Listed:
    """Raises NotFound for a customer that is not there."""
    views.one(call, CUSTOMERS, call.ref)
    return views.page(call, ADDRESSES, call.query, always={"customer_id": call.ref})


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/customers/{{id}}/addresses",
        handler=of_customer,
        kind=ADDRESSES,
        rule="addresses:read",
        shape=Shape.LIST,
        parameters=LIST,
        summary="List a customer's addresses",
    ),
    Write(
        method="POST",
        path=f"{BASE}/customers/{{id}}/addresses",
        handler=create_of_customer,
        kind=ADDRESSES,
        rule="addresses:write",
        body=CustomerAddress,
        status=201,
        summary="Add an address to a customer",
    ),
    *reads(
        ADDRESSES,
        write(ADDRESSES, "POST", "", create, "Create an address", AddressCreation, status=201),
        write(ADDRESSES, "PATCH", "/{id}", update, "Change an address", AddressChange),
        write(ADDRESSES, "DELETE", "/{id}", delete, "Delete an address", deletes=True),
    ),
)
