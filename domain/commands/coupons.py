"""Coupons: made, changed, withdrawn, and redeemed by what they make cheaper."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domain.catalog.coupon import Coupon
from domain.commands.act import Done
from domain.commands.claims import kept
from domain.shared.changes import merged_metadata
from domain.shared.discount import ONCE, REPEATING
from domain.shared.errors import FieldError, Invalid
from domain.shared.recording import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from domain.application import Books
    from domain.commands.act import Act
    from domain.invoicing.invoice import Invoice
    from domain.invoicing.lines import Line
    from domain.shared.discount import Discount
    from domain.subscriptions.phases import Phase
    from domain.subscriptions.subscription import Subscription

_CODES = "cpn.code"
"""The kind of claim a coupon holds on its code, whatever its case, until it is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoupon:
    """`percent`, or `amount` in minor units of `currency`."""

    code: str
    percent: Decimal | None = None
    amount: int | None = None
    currency: str | None = None
    duration: str = ONCE
    duration_in_months: int | None = None
    periods: int | None = None
    max_redemptions: int | None = None
    expires_at: datetime | None = None
    name: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create_coupon(books: Books, new: NewCoupon, act: Act) -> Done:
    """Raises Invalid naming every field that does not go with the others, or `taken`."""
    wrong = [*_inconsistent(new), *_past(new.expires_at, books.now())]
    if wrong:
        raise Invalid(tuple(wrong))
    made = {name: getattr(new, name) for name in NewCoupon.__dataclass_fields__}
    coupon = Coupon.begin(Coupon.Created, id=books.new_id(), **made)
    given = act.given(coupon.ref, claims=[_claim(coupon.code, coupon.id)])
    return Done(coupon.ref, books.record(coupon, by=act.by, given=given))


def _claim(code: str, owner: UUID) -> Claim:
    return Claim(_CODES, code.casefold(), owner)


def _inconsistent(new: NewCoupon) -> Iterator[FieldError]:
    if (new.percent is None) == (new.amount is None):
        yield FieldError("percent", "percent_or_amount", "either percent or amount, not both")
    if new.amount is not None and new.currency is None:
        yield FieldError("currency", "required", "an amount has a currency")
    if new.amount is None and new.percent is not None and new.currency is not None:
        yield FieldError("currency", "not_with_percent", "a percent is of any currency")
    lasting = [name for name in ("duration_in_months", "periods") if getattr(new, name) is not None]
    if new.duration == REPEATING and len(lasting) != 1:
        detail = "a repeating one lasts for duration_in_months or for periods"
        yield FieldError("duration_in_months", "required", detail)
    if new.duration != REPEATING:
        yield from (FieldError(name, "only_repeating", "only a repeating one") for name in lasting)


def _past(expires_at: datetime | None, now: datetime) -> Iterator[FieldError]:
    if expires_at is not None and expires_at <= now:
        yield FieldError("expires_at", "not_in_the_future", "must be later than now")


def update_coupon(
    books: Books, ref: str, changes: Mapping[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` of max_redemptions, expires_at, name, metadata. Raises as the coupon says."""
    coupon = books.load(Coupon, ref)
    coupon.require_version(version)
    wrong = tuple(_past(changes.get("expires_at"), books.now()))
    if wrong:
        raise Invalid(wrong)
    wanted: dict[str, Any] = {
        name: changes.get(name, getattr(coupon, name))
        for name in ("max_redemptions", "expires_at", "name")
    }
    coupon.update(
        **wanted, metadata=merged_metadata(coupon.metadata, changes.get("metadata") or {})
    )
    return Done(ref, books.record(coupon, by=act.by, given=act.given(ref)))


def archive_coupon(books: Books, ref: str, act: Act) -> Done:
    """Not redeemed any more; what was agreed goes on."""
    coupon = books.load(Coupon, ref)
    coupon.archive()
    return Done(ref, books.record(coupon, by=act.by, given=act.given(ref)))


def unarchive_coupon(books: Books, ref: str, act: Act) -> Done:
    coupon = books.load(Coupon, ref)
    coupon.unarchive()
    return Done(ref, books.record(coupon, by=act.by, given=act.given(ref)))


def delete_coupon(books: Books, ref: str, act: Act) -> Done:
    """Its code can be given again."""
    coupon = books.load(Coupon, ref)
    coupon.delete()
    given = act.given(ref, releases=[_claim(coupon.code, coupon.id)])
    return Done(ref, books.record(coupon, by=act.by, given=given))


def coupon_named(
    books: Books, ref: str | None, code: str | None, currency: str, at: datetime
) -> Coupon | None:
    """The one to be redeemed. Raises Invalid where it is not there, or may not be."""
    if ref is None and code is None:
        return None
    named = "coupon_code" if ref is None else "coupon_id"
    owner = None if code is None else books.owner_of(_CODES, code.casefold())
    if code is not None and owner is None:
        raise Invalid.one("coupon_code", "not_found", "there is no such coupon")
    coupon = kept(books, Coupon, ref or books.ref_of(_known(owner), "cpn"), field=named)
    if owner is not None and owner != coupon.id:
        raise Invalid.one("coupon_id", "reference_mismatch", "id and code name different coupons")
    coupon.require_redeemable(currency, at, field=named)
    return coupon


def _known(owner: UUID | None) -> UUID:
    if owner is None:
        raise TypeError("a code that is claimed has an owner")
    return owner


def take_up(
    books: Books, subscription: Subscription, ref: str | None, code: str | None
) -> list[Coupon]:
    """In the place of the discount it had, for the terms that follow; gives what was redeemed."""
    at = books.now()
    coupon = coupon_named(books, ref, code, subscription.phase.terms.currency, at)
    if coupon is None:
        return []
    coupon.redeem(subscription.customer_id, at, subscription_id=subscription.ref)
    subscription.take_discount(coupon.discount(), at)
    return [coupon]


def discounted(lines: Sequence[Line], discount: Discount | None) -> list[Line]:
    """The lines with what is taken off each, their tax yet to be set."""
    if discount is None:
        return list(lines)
    off = discount.off([line.unit_amount * line.quantity for line in lines])
    return [replace(line, discount=part) for line, part in zip(lines, off, strict=True)]


def count_discount(
    subscription: Subscription, phase: Phase, invoice: Invoice | None, at: datetime
) -> None:
    """The subscription's discount counted for a term that it made cheaper."""
    discount = subscription.discount
    if discount is None or invoice is None or not discount.covers(phase.start):
        return
    after = discount.after(phase.start, phase.end, subscription.timezone)
    subscription.take_discount(after, at, invoice.ref)


def covering(discount: Discount | None, phase: Phase) -> Discount | None:
    """The discount where it counts for the term."""
    return discount if discount is not None and discount.covers(phase.start) else None
