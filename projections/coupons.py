"""Coupons: what makes a sale cheaper, and how often each was redeemed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.catalog.coupon import Coupon
from projections.exports import Export, boolean, count, instant, money, text, word
from projections.invoice_lines import shown_percent
from projections.lists import Listing
from projections.rendering import common, read, stored_map
from projections.rendering import instant as shown
from projections.resource import Resource
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from projections.envelope import Envelope


@dataclass(slots=True)
class CouponRow:
    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    code: str
    name: str | None
    percent: Decimal | None
    amount: int | None
    currency: str | None
    duration: str
    duration_in_months: int | None
    periods: int | None
    max_redemptions: int | None
    times_redeemed: int
    expires_at: datetime | None
    archived: bool
    deleted: bool
    metadata: Json


def _created(envelope: Envelope) -> CouponRow:
    told: Coupon.Created = envelope.event
    return CouponRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        code=told.code,
        name=told.name,
        percent=told.percent,
        amount=told.amount,
        currency=told.currency,
        duration=told.duration,
        duration_in_months=told.duration_in_months,
        periods=told.periods,
        max_redemptions=told.max_redemptions,
        times_redeemed=0,
        expires_at=told.expires_at,
        archived=False,
        deleted=False,
        metadata=stored_map(told.metadata),
    )


def _updated(row: CouponRow, envelope: Envelope) -> None:
    told: Coupon.Updated = envelope.event
    row.max_redemptions = told.max_redemptions
    row.expires_at = told.expires_at
    row.name = told.name
    row.metadata = stored_map(told.metadata)


def _redeemed(row: CouponRow, _: Envelope) -> None:
    row.times_redeemed += 1


def _archived(row: CouponRow, _: Envelope) -> None:
    row.archived = True


def _unarchived(row: CouponRow, _: Envelope) -> None:
    row.archived = False


def _deleted(row: CouponRow, _: Envelope) -> None:
    row.deleted = True


def render(row: CouponRow, _related: None, *, livemode: bool) -> dict[str, Any]:
    return {
        **common("coupon", row, livemode=livemode),
        "code": row.code,
        "name": row.name,
        "percent": shown_percent(row.percent),
        "amount": row.amount,
        "currency": row.currency,
        "duration": row.duration,
        "duration_in_months": row.duration_in_months,
        "periods": row.periods,
        "max_redemptions": row.max_redemptions,
        "times_redeemed": row.times_redeemed,
        "expires_at": shown(row.expires_at),
        "archived": row.archived,
        "metadata": read(row.metadata),
    }


TABLE = Table("coupons", CouponRow)
VIEW = ResourceView(
    TABLE,
    Coupon,
    created={Coupon.Created: _created},
    changed={
        Coupon.Updated: _updated,
        Coupon.Redeemed: _redeemed,
        Coupon.Archived: _archived,
        Coupon.Unarchived: _unarchived,
        Coupon.Deleted: _deleted,
    },
)
COUPONS: Resource[CouponRow] = Resource(
    "coupon",
    VIEW,
    Listing(
        TABLE,
        search=("t.id", "t.code", "t.name"),
        hidden=frozenset({"deleted"}),
        folded=frozenset({"code"}),
        kept="NOT t.deleted",
    ),
    render,
    export=Export(
        word("id", "t.id"),
        text("code", "t.code"),
        text("name", "t.name"),
        count("percent", "t.percent"),
        money("amount", "t.amount"),
        word("currency", "t.currency"),
        word("duration", "t.duration"),
        count("duration_in_months", "t.duration_in_months"),
        count("periods", "t.periods"),
        count("max_redemptions", "t.max_redemptions"),
        count("times_redeemed", "t.times_redeemed"),
        instant("expires_at", "t.expires_at"),
        boolean("archived", "t.archived"),
        instant("created_at", "t.created_at"),
        instant("updated_at", "t.updated_at"),
    ),
)
