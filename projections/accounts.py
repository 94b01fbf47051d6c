"""The account's settings, as `/account` shows them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.accounts.account import Account
from projections.lists import Listing
from projections.rendering import common, taken
from projections.resource import Resource
from projections.table import Table
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
    )


def _updated(row: AccountRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def render(row: AccountRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("account", row, livemode=livemode),
        "name": row.name,
        "legal_name": None,
        "address": None,
        "tax_id": None,
        "logo": None,
        "timezone": row.timezone,
        "currency": row.currency,
        "billing_engine": "native",
        "invoice_prefix": row.invoice_prefix,
        "grace_days": row.grace_days,
        "days_until_due": row.days_until_due,
        "incomplete_days": row.incomplete_days,
        "dunning_days": [1, 3, 5, 7],
        "dunning_end": "unpaid",
        "balance_auto_apply": "on_issue",
        "bad_debt_tax_relief": False,
        "gl_codes": {},
    }


TABLE = Table("accounts", AccountRow)
VIEW = ResourceView(
    TABLE, Account, created={Account.Created: _created}, changed={Account.Updated: _updated}
)
ACCOUNTS: Resource[AccountRow] = Resource("account", VIEW, Listing(TABLE), render)
