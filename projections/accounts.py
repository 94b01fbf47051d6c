"""The account's settings, as `/account` shows them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.accounts.account import Account
from domain.ledger.chart import gl_codes_with
from projections.lists import Listing
from projections.rendering import EMPTY_OBJECT, common, read, stored, taken
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class AccountRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    timezone: str
    currency: str
    invoice_prefix: str
    days_until_due: int
    grace_days: int
    incomplete_days: int
    legal_name: str | None
    address: Json | None
    tax_id: str | None
    logo: str | None
    billing_engine: str
    dunning_days: Json
    dunning_end: str
    balance_auto_apply: str
    bad_debt_tax_relief: bool
    gl_codes: Json
    invoice_numbering: str = "continuous"


_KEPT_AS_JSON = frozenset({"address", "dunning_days", "gl_codes"})
_NAMES = frozenset(field.name for field in fields(AccountRow))


def _created(envelope: Envelope) -> AccountRow:
    told: Account.Created = envelope.event
    return AccountRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        name=told.name,
        timezone=told.timezone,
        currency=told.currency,
        invoice_prefix=told.invoice_prefix,
        days_until_due=told.days_until_due,
        grace_days=told.grace_days,
        incomplete_days=told.incomplete_days,
        legal_name=None,
        address=None,
        tax_id=None,
        logo=None,
        billing_engine=told.billing_engine,
        dunning_days=stored(told.dunning_days),
        dunning_end=told.dunning_end,
        balance_auto_apply=told.balance_auto_apply,
        invoice_numbering=told.invoice_numbering,
        bad_debt_tax_relief=told.bad_debt_tax_relief,
        gl_codes=EMPTY_OBJECT,
    )


def _updated(row: AccountRow, envelope: Envelope) -> None:
    changes = {
        name: stored(value) if name in _KEPT_AS_JSON and value is not None else value
        for name, value in envelope.event.changes.items()
    }
    taken(changes, row, _NAMES)


def render(row: AccountRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("account", row, livemode=livemode),
        "name": row.name,
        "legal_name": row.legal_name,
        "address": read(row.address),
        "tax_id": row.tax_id,
        "logo": row.logo,
        "timezone": row.timezone,
        "currency": row.currency,
        "billing_engine": row.billing_engine,
        "invoice_prefix": row.invoice_prefix,
        "grace_days": row.grace_days,
        "days_until_due": row.days_until_due,
        "incomplete_days": row.incomplete_days,
        "dunning_days": read(row.dunning_days),
        "dunning_end": row.dunning_end,
        "invoice_numbering": row.invoice_numbering,
        "balance_auto_apply": row.balance_auto_apply,
        "bad_debt_tax_relief": row.bad_debt_tax_relief,
        "gl_codes": gl_codes_with(read(row.gl_codes)),
    }


TABLE = Table("accounts", AccountRow)
VIEW = ResourceView(
    TABLE, Account, created={Account.Created: _created}, changed={Account.Updated: _updated}
)
ACCOUNTS: Resource[AccountRow] = Resource("account", VIEW, Listing(TABLE), render)
