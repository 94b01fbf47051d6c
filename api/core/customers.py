"""Customers, and the payment methods they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api import views
from api.fields import (
    Body,
    Email,
    Metadata,
    MetadataChange,
    OldId,
    Ref,
    Required,
    Text,
    absent,
)
from api.resource_routes import BASE, LIST, reads, write
from api.route import Read, Route, Shape, Write
from api.writing import Written, of
from domain.commands import customers
from projections.customers import CUSTOMERS
from projections.payment_methods import PAYMENT_METHODS

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Listed

Gateway = Literal["sandbox", "stripe", "vantiv"]


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


class CardCreation(Body):
    """For the customer the address names."""

    token: Required
    gateway: Gateway = absent()
    is_default: bool = absent()


class PaymentMethodCreation(CardCreation):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None


def create(call: Call, body: CustomerCreation) -> Written:
    return of(customers.create_customer(call.books, customers.NewCustomer(**body.sent()), call.act))


def update(call: Call, body: CustomerChange) -> Written:
    done = customers.update_customer(call.books, call.ref, body.sent(), call.act, call.version)
    return of(done)


def create_card(call: Call, body: CardCreation) -> Written:
    views.require_ref(CUSTOMERS, call.ref)
    call.books.load(views.aggregate_of(CUSTOMERS), call.ref)
    return _register(call, body, call.ref)


def create_payment_method(call: Call, body: PaymentMethodCreation) -> Written:
    return _register(call, body, body.customer_id)


def _register(call: Call, body: CardCreation, customer_id: str) -> Written:
    new = customers.NewPaymentMethod(**{**body.sent(), "customer_id": customer_id})
    gateways = call.services.gateways
    return of(customers.create_payment_method(call.books, gateways, new, call.act))


def cards(call: Call) -> Listed:
    """The payment methods of the customer the address names. Raises NotFound."""
    views.one(call, CUSTOMERS, call.ref)
    return views.page(call, PAYMENT_METHODS, call.query, always={"customer_id": call.ref})


ROUTES: tuple[Route, ...] = (
    *reads(
        CUSTOMERS,
        write(CUSTOMERS, "POST", "", create, "Create a customer", CustomerCreation, status=201),
        write(CUSTOMERS, "PATCH", "/{id}", update, "Change a customer", CustomerChange),
        Read(
            method="GET",
            path=f"{BASE}/customers/{{id}}/payment_methods",
            handler=cards,
            kind=PAYMENT_METHODS,
            rule="payment_methods:read",
            shape=Shape.LIST,
            parameters=LIST,
            summary="List a customer's payment methods",
        ),
        Write(
            method="POST",
            path=f"{BASE}/customers/{{id}}/payment_methods",
            handler=create_card,
            kind=PAYMENT_METHODS,
            rule="payment_methods:write",
            body=CardCreation,
            status=201,
            summary="Add a card to a customer",
        ),
    ),
    *reads(
        PAYMENT_METHODS,
        write(
            PAYMENT_METHODS,
            "POST",
            "",
            create_payment_method,
            "Add a payment method",
            PaymentMethodCreation,
            status=201,
        ),
    ),
)
