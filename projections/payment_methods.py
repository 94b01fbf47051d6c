"""Cards and accounts kept at gateways; the gateway's reference stays in the events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.customers.payment_method import PaymentMethod
from projections import customers
from projections.conditions import Field
from projections.lists import Listing
from projections.rendering import common
from projections.resource import Resource
from projections.table import Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.envelope import Envelope
    from projections.table import Rows


@dataclass(slots=True)
class PaymentMethodRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    customer_id: str
    gateway: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    deleted: bool


def _created(envelope: Envelope) -> PaymentMethodRow:
    told: PaymentMethod.Created = envelope.event
    return PaymentMethodRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        customer_id=told.customer_id,
        gateway=told.gateway,
        brand=told.brand,
        last4=told.last4,
        exp_month=told.exp_month,
        exp_year=told.exp_year,
        deleted=False,
    )


def _deleted(row: PaymentMethodRow, _: Envelope) -> None:
    row.deleted = True


def defaults(rows: Rows, methods: Sequence[PaymentMethodRow]) -> dict[str, str]:
    """The payment methods that their customers pay with by default, each by itself."""
    owners = customers.TABLE.load(rows, {method.customer_id for method in methods})
    chosen = {owner.default_payment_method_id for owner in owners.values()}
    return {method.id: method.id for method in methods if method.id in chosen}


def render(row: PaymentMethodRow, default: str | None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("payment_method", row, livemode=livemode),
        "customer_id": row.customer_id,
        "gateway": row.gateway,
        "brand": row.brand,
        "last4": row.last4,
        "exp_month": row.exp_month,
        "exp_year": row.exp_year,
        "is_default": default is not None,
    }


TABLE = Table("payment_methods", PaymentMethodRow)
VIEW = ResourceView(
    TABLE,
    PaymentMethod,
    created={PaymentMethod.Created: _created},
    changed={PaymentMethod.Deleted: _deleted},
)
_IS_DEFAULT = """EXISTS (SELECT FROM customers c
    WHERE c.account_id = t.account_id AND c.generation = t.generation AND c.id = t.customer_id
      AND c.default_payment_method_id = t.id)"""
PAYMENT_METHODS: Resource[PaymentMethodRow] = Resource(
    "payment_method",
    VIEW,
    Listing(
        TABLE,
        search=("t.id", "t.brand", "t.last4"),
        hidden=frozenset({"deleted"}),
        kept="NOT t.deleted",
        more=[Field("is_default", _IS_DEFAULT, "boolean")],
        found_by=frozenset({"customer_id"}),
    ),
    render,
    related=defaults,
    expands={"customer": "customers"},
    streams=lambda rows, ref: [method.customer_id for method in TABLE.load(rows, [ref]).values()],
)
