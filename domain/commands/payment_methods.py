"""Customers' payment methods: registered at a gateway, chosen as the default, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.claims import kept
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.payments.gateway import Registration
from domain.shared.errors import Invalid
from domain.shared.recording import Guard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.application import Books
    from domain.commands.act import Act
    from domain.payments.gateway import Card, Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaymentMethod:
    customer_id: str
    token: str
    gateway: str = "sandbox"
    is_default: bool = False


def create_payment_method(
    books: Books, gateways: Mapping[str, Gateway], new: NewPaymentMethod, act: Act
) -> Done:
    """Registers the card at its gateway; the first, or one that asks for it, is the default."""
    customer = books.load(Customer, new.customer_id, field="customer_id")
    customer.require_not_erased()
    card = registered(books, gateways, customer, new.gateway, new.token)
    method = new_payment_method(books, customer, new.gateway, card)
    settle_default(customer, method, asked=new.is_default or None)
    given = act.given(method.ref, guards=_unless_changed(customer))
    return Done(method.ref, books.record(method, customer, by=act.by, given=given))


def update_payment_method(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` of is_default, which stands with the customer."""
    method = kept(books, PaymentMethod, ref)
    method.require_version(version)
    customer = books.load(Customer, method.customer_id)
    settle_default(customer, method, asked=changes.get("is_default"))
    given = act.given(ref, guards=[Guard(method.id, method.version)])
    return Done(ref, books.record(customer, by=act.by, given=given))


def delete_payment_method(books: Books, ref: str, act: Act) -> Done:
    """Never charged again. With the default deleted there is none until one is chosen or added:
    no card is charged that nobody named.
    """
    method = kept(books, PaymentMethod, ref)
    customer = books.load(Customer, method.customer_id)
    settle_default(customer, method, asked=False)
    method.delete()
    given = act.given(ref, guards=_unless_changed(customer))
    return Done(ref, books.record(customer, method, by=act.by, given=given))


def settle_default(customer: Customer, method: PaymentMethod, *, asked: bool | None) -> None:
    """The one rule of the default, whatever the gateway: the first is, whoever asks becomes it.

    `asked` is None where nothing was said of it.
    """
    default = customer.default_payment_method_id
    if asked or (asked is None and default is None):
        customer.update({"default_payment_method_id": method.ref})
    elif asked is False and default == method.ref:
        customer.update({"default_payment_method_id": None})


def _unless_changed(customer: Customer) -> list[Guard]:
    """Where the customer is not written: nobody makes the card, or another, its default now."""
    return [] if customer.pending_events else [Guard(customer.id, customer.version)]


def method_of(
    books: Books, ref: str, customer_ref: str, *, field: str = "payment_method_id"
) -> PaymentMethod:
    """The payment method. Raises Invalid when there is none (any more) or it is another's."""
    method = kept(books, PaymentMethod, ref, field=field)
    if method.customer_id != customer_ref:
        raise Invalid.one(field, "not_found", "no such payment method")
    return method


def registered(
    books: Books, gateways: Mapping[str, Gateway], customer: Customer, gateway: str, token: str
) -> Card:
    """Beside the customer's default card, where that is of the same gateway.

    Raises Invalid `unknown_gateway`, `sandbox_not_live`, `token_not_accepted`.
    """
    beside = None
    if customer.default_payment_method_id is not None:
        default = books.load(PaymentMethod, customer.default_payment_method_id)
        beside = default.reference if default.gateway == gateway else None
    return gateway_of(gateways, gateway).register(Registration(token, customer.ref, beside))


def gateway_of(gateways: Mapping[str, Gateway], name: str) -> Gateway:
    """Raises Invalid `unknown_gateway`, `sandbox_not_live`."""
    gateway = gateways.get(name)
    if gateway is None and name == "sandbox":
        detail = "its cards move no money: a live account needs another gateway"
        raise Invalid.one("gateway", "sandbox_not_live", detail)
    if gateway is None:
        raise Invalid.one("gateway", "unknown_gateway", f"one of {', '.join(sorted(gateways))}")
    return gateway


def new_payment_method(books: Books, customer: Customer, gateway: str, card: Card) -> PaymentMethod:
    return PaymentMethod.begin(
        PaymentMethod.Created,
        id=books.new_id(),
        customer_id=customer.ref,
        gateway=gateway,
        reference=card.reference,
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )
