"""Customers, with their balances joined from the balances when read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from domain.customers.customer import Customer
from projections import balances
from projections.conditions import Field
from projections.exports import Export, instant, json_text, money, text, word
from projections.lists import Listing
from projections.reading import Reading
from projections.rendering import common, read, stored_map, taken
from projections.rendering import instant as shown
from projections.resource import Beside, Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.envelope import Envelope
    from projections.table import Rows


@dataclass(slots=True)
class CustomerRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    phone: str | None
    language: str | None
    organization_id: str | None
    default_payment_method_id: str | None
    old_provider_id: str | None
    metadata: Json
    erased_at: datetime | None = None


_NAMES = frozenset(field.name for field in fields(CustomerRow))


def _created(envelope: Envelope) -> CustomerRow:
    told: Customer.Created = envelope.event
    return CustomerRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        email=told.email,
        first_name=told.first_name,
        last_name=told.last_name,
        title=told.title,
        phone=told.phone,
        language=told.language,
        organization_id=told.organization_id,
        default_payment_method_id=None,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
    )


def _updated(row: CustomerRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _erased(row: CustomerRow, envelope: Envelope) -> None:
    for name in Customer.PERSONAL:
        setattr(row, name, stored_map({}) if name == "metadata" else None)
    row.default_payment_method_id = None
    row.erased_at = row.erased_at or envelope.event.erased_at


@dataclass(slots=True)
class Held:
    """What others know of a customer. Currencies at zero are left out of `balances`.

    `last_active_at` is operational, neither in the log nor a projection: absent from the past.
    """

    balances: dict[str, int] = dataclass_field(default_factory=dict)
    last_active_at: datetime | None = None


_HELD = """
SELECT b.customer_id, b.currency, b.amount, NULL::timestamptz
  FROM balances b
 WHERE b.account_id = %(account)s AND b.generation = %(generation)s
   AND b.customer_id = ANY (%(ids)s::text[]) AND b.amount <> 0
 UNION ALL
SELECT a.customer_id, NULL, NULL, a.last_active_at
  FROM customer_activity a
 WHERE a.account_id = %(account)s AND a.customer_id = ANY (%(ids)s::text[])"""


def held_by(rows: Rows, customers: Sequence[CustomerRow]) -> dict[str, Held]:
    """By customer; one who holds nothing may be left out."""
    found: dict[str, Held] = defaultdict(Held)
    ids = [customer.id for customer in customers]
    if not isinstance(rows, Reading):
        for balance in balances.TABLE.load_by(rows, "customer_id", ids):
            if balance.amount:
                found[balance.customer_id].balances[balance.currency] = balance.amount
        return found
    for customer, currency, amount, active in rows.select(_HELD, {"ids": ids}) if ids else ():
        if currency is None:
            found[customer].last_active_at = active
        else:
            found[customer].balances[currency] = amount
    return found


def _held(amounts: bytes | None, active: datetime | None) -> Held:
    """Of the columns `_BESIDE`."""
    return Held({} if amounts is None else orjson.loads(amounts), active)


def render(row: CustomerRow, held: Held | None, *, livemode: bool) -> dict[str, Any]:
    held = held or Held()
    return {
        **common("customer", row, livemode=livemode),
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "title": row.title,
        "phone": row.phone,
        "language": row.language,
        "organization_id": row.organization_id,
        "default_payment_method_id": row.default_payment_method_id,
        "balances": dict(sorted(held.balances.items())),
        "last_active_at": shown(held.last_active_at),
        "old_provider_id": row.old_provider_id,
        "metadata": read(row.metadata),
        "erased_at": shown(row.erased_at),
    }


TABLE = Table("customers", CustomerRow)
VIEW = ResourceView(
    TABLE,
    Customer,
    created={Customer.Created: _created},
    changed={Customer.Updated: _updated, Customer.Erased: _erased},
)
_ACCOUNT_CURRENCY = """(SELECT a.currency FROM accounts a
   WHERE a.account_id = %(account)s AND a.generation = %(generation)s)"""
_BALANCE = f"""coalesce((SELECT b.amount FROM balances b
   WHERE b.account_id = t.account_id AND b.generation = t.generation
     AND b.customer_id = t.id AND b.currency = {_ACCOUNT_CURRENCY}), 0)"""
_BALANCES = """coalesce((SELECT jsonb_object_agg(b.currency, b.amount)::text
   FROM balances b
  WHERE b.account_id = t.account_id AND b.generation = t.generation
    AND b.customer_id = t.id AND b.amount <> 0), '{}')"""
_BESIDE = """(SELECT json_object_agg(b.currency, b.amount)
   FROM balances b
  WHERE b.account_id = t.account_id AND b.generation = t.generation
    AND b.customer_id = t.id AND b.amount <> 0),
(SELECT a.last_active_at
   FROM customer_activity a
  WHERE a.account_id = t.account_id AND a.customer_id = t.id)"""
CUSTOMERS: Resource[CustomerRow] = Resource(
    "customer",
    VIEW,
    Listing(
        TABLE,
        joins="""LEFT JOIN organizations o ON o.account_id = t.account_id
            AND o.generation = t.generation AND o.id = t.organization_id
            LEFT JOIN customer_activity v ON v.account_id = t.account_id
            AND v.customer_id = t.id""",
        more=[Field("last_active_at", "v.last_active_at", "timestamptz")],
        search=("t.id", "t.email", "t.first_name", "t.last_name", "t.phone", "t.old_provider_id"),
        folded=frozenset({"email"}),
        walked=frozenset({"email", "first_name", "last_name", "organization_id", "updated_at"}),
        found_by=frozenset({"email", "phone"}),
        covered=frozenset(
            {"created_at", "email", "first_name", "last_name", "language", "organization_id"}
        ),
        trigrams=True,
    ),
    render,
    related=held_by,
    beside=Beside(_BESIDE, _held),
    expands={"organization": "organizations", "default_payment_method": "payment_methods"},
    streams=balances.ids_of_customer,
    export=Export(
        word("id", "t.id"),
        text("email", "t.email"),
        text("first_name", "t.first_name"),
        text("last_name", "t.last_name"),
        text("phone", "t.phone"),
        word("organization.id", "t.organization_id"),
        text("organization.name", "o.name"),
        text("language", "t.language"),
        money("balance", _BALANCE, _ACCOUNT_CURRENCY),
        word("currency", _ACCOUNT_CURRENCY),
        text("old_provider_id", "t.old_provider_id"),
        instant("created_at", "t.created_at"),
        instant("last_active_at", "v.last_active_at"),
        json_text("balances", _BALANCES),
    ),
)
