"""Coupons: what makes a sale cheaper, for whoever knows the code."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.fields import Amount, Body, Currency, Instant, Metadata, MetadataChange, Text, absent
from api.resource_routes import reads, write
from api.route import Route
from api.writing import Written, of
from domain.commands import coupons
from projections.coupons import COUPONS

if TYPE_CHECKING:
    from api.call import Call


def _percent(value: Any) -> Decimal:
    """A number, or its text, with two decimals at most."""
    try:
        read = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        read = Decimal("NaN")
    if not (read.is_finite() and 0 < read <= 100 and round(read, 2) == read):
        detail = "is above 0 and at most 100, with two decimals at most"
        raise PydanticCustomError("invalid_percent", detail)
    return read


def _code(text: str) -> str:
    if not (text.isprintable() and text == text.strip() and " " not in text):
        raise PydanticCustomError("invalid_code", "has no blanks")
    return text


Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({
        "type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01,
        "examples": [12.5],
    }),
]  # fmt: skip
Code = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    AfterValidator(_code),
    WithJsonSchema({
        "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$",
        "examples": ["SPRING"], "description": "Unique in the account, whatever its case",
    }),
]  # fmt: skip
Months = Annotated[int, Field(ge=1, le=1200)]
Redemptions = Annotated[int, Field(ge=1, le=1_000_000_000)]


class CouponCreation(Body):
    """`percent`, or `amount` with `currency`. A repeating one says for how long."""

    code: Code
    percent: Percent | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    duration: Literal["once", "repeating", "forever"] = absent()
    duration_in_months: Months | None = None
    periods: Months | None = None
    max_redemptions: Redemptions | None = None
    expires_at: Instant | None = None
    name: Text | None = None
    metadata: Metadata = absent()


class CouponChange(Body):
    """What was agreed with those who redeemed it stays."""

    max_redemptions: Redemptions | None = None
    expires_at: Instant | None = None
    name: Text | None = None
    metadata: MetadataChange = absent()


def create(call: Call, body: CouponCreation) -> Written:
    return of(coupons.create_coupon(call.books, coupons.NewCoupon(**body.sent()), call.act))


def update(call: Call, body: CouponChange) -> Written:
    return of(coupons.update_coupon(call.books, call.ref, body.sent(), call.act, call.version))


def archive(call: Call, _: Body) -> Written:
    return of(coupons.archive_coupon(call.books, call.ref, call.act))


def unarchive(call: Call, _: Body) -> Written:
    return of(coupons.unarchive_coupon(call.books, call.ref, call.act))


def delete(call: Call, _: Body) -> Written:
    return of(coupons.delete_coupon(call.books, call.ref, call.act))


ROUTES: tuple[Route, ...] = reads(
    COUPONS,
    write(COUPONS, "POST", "", create, "Create a coupon", CouponCreation, status=201, alone=True),
    write(COUPONS, "PATCH", "/{id}", update, "Change a coupon", CouponChange),
    write(COUPONS, "POST", "/{id}/archive", archive, "Give a coupon no longer"),
    write(COUPONS, "POST", "/{id}/unarchive", unarchive, "Give a coupon again"),
    write(COUPONS, "DELETE", "/{id}", delete, "Delete a coupon", deletes=True),
)
