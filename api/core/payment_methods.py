"""The payment methods that customers have, and which one they pay with by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api import views
from api.fields import Body, OldId, Ref, Required, absent
from api.resource_routes import BASE, LIST, reads, write
from api.route import Read, Route, Shape, Write
from api.writing import Written, of
from domain.commands import payment_methods
from projections.customers import CUSTOMERS
from projections.payment_methods import PAYMENT_METHODS

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Listed

Gateway = Literal["sandbox", "stripe", "vantiv"]


class CardCreation(Body):
    """For the customer the address names."""

    token: Required
    gateway: Gateway = absent()
    is_default: bool = absent()


class PaymentMethodCreation(CardCreation):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None


class PaymentMethodChange(Body):
    is_default: bool = absent()


def create_card(call: Call, body: CardCreation) -> Written:
    views.require_ref(CUSTOMERS, call.ref)
    call.books.load(views.aggregate_of(CUSTOMERS), call.ref)
    return _register(call, body, call.ref)


def create_payment_method(call: Call, body: PaymentMethodCreation) -> Written:
    return _register(call, body, body.customer_id)


def _register(call: Call, body: CardCreation, customer_id: str) -> Written:
    new = payment_methods.NewPaymentMethod(**{**body.sent(), "customer_id": customer_id})
    gateways = call.gateways
    return of(payment_methods.create_payment_method(call.books, gateways, new, call.act))


def cards(call: Call) -> Listed:
    """The payment methods of the customer the address names. Raises NotFound."""
    views.one(call, CUSTOMERS, call.ref)
    return views.page(call, PAYMENT_METHODS, call.query, always={"customer_id": call.ref})


def update(call: Call, body: PaymentMethodChange) -> Written:
    done = payment_methods.update_payment_method(
        call.books, call.ref, body.sent(), call.act, call.version
    )
    return of(done)


def delete(call: Call, _: Body) -> Written:
    return of(payment_methods.delete_payment_method(call.books, call.ref, call.act))


CARD = Write(
    method="POST",
    path=f"{BASE}/customers/{{id}}/payment_methods",
    handler=create_card,
    kind=PAYMENT_METHODS,
    rule="payment_methods:write",
    body=CardCreation,
    status=201,
    summary="Add a card to a customer",
)

ROUTES: tuple[Route, ...] = (
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
    CARD,
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
        write(
            PAYMENT_METHODS,
            "PATCH",
            "/{id}",
            update,
            "Make a payment method the default",
            PaymentMethodChange,
        ),
        write(PAYMENT_METHODS, "DELETE", "/{id}", delete, "Delete a payment method", deletes=True),
    ),
)
