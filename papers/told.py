"""What a paper is made from: the facts of one document, in nobody's language yet.

Amounts are minor units of the document's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """`names` are a company's first, then the person's; those that are not known are left out."""

    names: Sequence[str]
    place: Place | None = None
    email: str | None = None
    tax_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who writes the paper and who gets it, with how and where they read: `language` is the
    reader's, `timezone` the writer's. `logo` is the account's setting.
    """

    seller: Party
    buyer: Party
    language: str | None
    timezone: str
    logo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTold:
    """`amount` is net, `unit_amount` and `discount` as entered: with tax where it is inclusive."""

    description: str
    unit_amount: int
    quantity: int
    amount: int
    tax: int = 0
    tax_rate: Decimal | None = None
    tax_behavior: str = "exclusive"
    discount: int = 0
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that came or went back. `method` is a word of the paper's: card, balance, check …"""

    at: datetime
    method: str
    amount: int
    reference: str | None = None
    brand: str | None = None
    last4: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceTold:
    """`late_since` is when it fell past due."""

    number: str | None
    status: str
    currency: str
    parties: Parties
    lines: Sequence[LineTold]
    subtotal: int
    tax: int
    total: int
    amount_paid: int
    balance_applied: int
    credited: int
    amount_remaining: int
    issued_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    late_since: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    purchase_order: str | None = None
    notes: str | None = None
    discount_code: str | None = None
    payments: Sequence[Movement] = ()
    credits: Sequence[Movement] = ()
    refunds: Sequence[Movement] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptTold:
    """Of a payment that succeeded; `description` is what it was for, if no invoice. `to_balance` is
    what of it an invoice did not take: it became credit.
    """

    number: str
    currency: str
    parties: Parties
    payment: Movement
    description: str | None = None
    invoice_number: str | None = None
    to_balance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteTold:
    """`net` and `tax` make up `total`; `lines` may be left out where it takes back an amount."""

    number: str
    status: str
    currency: str
    parties: Parties
    invoice_number: str | None
    issued_at: datetime
    total: int
    net: int
    tax: int
    lines: Sequence[LineTold] = ()
    allocations: Sequence[tuple[str, int]] = ()
    reason: str | None = None
