"""What is sent about invoices: drafts and their lines, money, their end."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.fields import (
    Amount,
    Body,
    CollectionMethod,
    Currency,
    Instant,
    LongText,
    Metadata,
    MetadataChange,
    OldId,
    Quantity,
    Ref,
    Required,
    SignedAmount,
    TaxBehavior,
    TaxRate,
    Text,
    absent,
)
from domain.commands.manual_lines import wrong_period

_WEB = re.compile(r"^https?://[a-z0-9][\x21-\x7e]{0,1989}$", re.ASCII)


def _web_address(text: str) -> str:
    if not _WEB.fullmatch(text):
        raise PydanticCustomError("invalid_url", "is no address of the web")
    return text


def _period(end: datetime | None, line: ValidationInfo) -> datetime | None:
    """What is wrong with its start alone is told there."""
    if "period_start" not in line.data:
        return end
    wrong = wrong_period(line.data["period_start"], end)
    if wrong is not None:
        raise PydanticCustomError(wrong.code, wrong.detail, {"sibling": wrong.field})
    return end


class LineCreation(Body):
    description: Required
    unit_amount: SignedAmount
    quantity: Quantity = absent()
    plan_id: Ref | None = None
    plan_old_provider_id: OldId | None = None
    product_id: Ref | None = None
    product_old_provider_id: OldId | None = None
    period_start: Instant | None = None
    period_end: Annotated[Instant | None, AfterValidator(_period), Field(validate_default=True)] = (
        None
    )
    tax_rate: TaxRate | None = None
    tax_behavior: TaxBehavior = absent()


Lines = Annotated[list[LineCreation], Field(min_length=1, max_length=200)]


class _Written(Body):
    """What may be left out of an invoice, and said or taken back later."""

    collection_method: CollectionMethod = absent()
    due_at: Instant | None = None
    coupon_id: Ref | None = None
    coupon_code: Text | None = None
    notes: LongText | None = None
    purchase_order: Text | None = None
    old_provider_id: OldId | None = None


class InvoiceCreation(_Written):
    customer_id: Ref
    customer_old_provider_id: OldId | None = None
    currency: Currency
    lines: Lines
    metadata: Metadata = absent()


class InvoiceChange(_Written):
    """A draft's currency, lines, collection_method and coupon can be said anew, `due_at` while it
    is open; the rest in every status."""

    currency: Currency = absent()
    lines: Lines = absent()
    metadata: MetadataChange = absent()


ReturnUrl = Annotated[
    str,
    AfterValidator(_web_address),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": 2000, "pattern": _WEB.pattern}),
]


class Charge(Body):
    """`return_url`: where the customer goes after confirming the charge (3-D Secure)."""

    payment_method_id: Ref | None = None
    return_url: ReturnUrl = absent()


class Issue(Body):
    """`payment_method_id`: what is charged where the invoice is charged automatically; the
    customer's default where none is named."""

    payment_method_id: Ref | None = None


class OfflinePayment(Body):
    reference: Required
    category: Literal["check", "wire", "transfer", "cash", "external"]
    amount: Amount | None = None
    excess_to_balance: bool = absent()


class Application(Body):
    """As far as the credit and the debt go where no amount is named."""

    amount: Amount | None = None


class Ending(Body):
    reason: Text | None = None
