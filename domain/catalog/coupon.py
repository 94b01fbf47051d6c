"""What makes a sale cheaper for whoever knows its code: how much, how long, how often."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from decimal import Decimal  # noqa: TC003 - as above
from typing import TypedDict

from domain.catalog.shelf import ShelfLife
from domain.shared.aggregate import Aggregate
from domain.shared.discount import ONCE, Discount
from domain.shared.errors import Invalid
from domain.shared.facts import event


class CouponState(TypedDict):
    """What a snapshot keeps: a popular one is redeemed many times."""

    code: str
    percent: Decimal | None
    amount: int | None
    currency: str | None
    duration: str
    duration_in_months: int | None
    periods: int | None
    max_redemptions: int | None
    expires_at: datetime | None
    name: str | None
    metadata: dict[str, str]
    redemptions: int
    archived: bool
    deleted: bool


class Coupon(ShelfLife, Aggregate):
    """`percent` or `amount` with its `currency`. The code is unique whatever its case."""

    TOPIC = "coupon"
    prefix = "cpn"
    SNAPSHOT = CouponState
    SNAPSHOT_EVERY = 20

    class Created(Aggregate.Created):
        TOPIC = "coupon.created"
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

    def __init__(
        self,
        *,
        code: str,
        percent: Decimal | None,
        amount: int | None,
        currency: str | None,
        duration: str,
        duration_in_months: int | None,
        periods: int | None,
        max_redemptions: int | None,
        expires_at: datetime | None,
        name: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.code = code
        self.percent = percent
        self.amount = amount
        self.currency = currency
        self.duration = duration
        self.duration_in_months = duration_in_months
        self.periods = periods
        self.max_redemptions = max_redemptions
        self.expires_at = expires_at
        self.name = name
        self.metadata = metadata
        self.redemptions = 0
        self.archived = False
        self.deleted = False

    class Updated(Aggregate.Event):
        """What may still change, as it is from now on; what was redeemed stays as it was."""

        TOPIC = "coupon.updated"
        max_redemptions: int | None
        expires_at: datetime | None
        name: str | None
        metadata: dict[str, str]

    def update(
        self,
        *,
        max_redemptions: int | None,
        expires_at: datetime | None,
        name: str | None,
        metadata: dict[str, str],
    ) -> None:
        """Raises Invalid `below_redemptions` for fewer than there were."""
        self.require_kept()
        if max_redemptions is not None and max_redemptions < self.redemptions:
            detail = f"it was redeemed {self.redemptions} times"
            raise Invalid.one("max_redemptions", "below_redemptions", detail)
        wanted = (max_redemptions, expires_at, name, metadata)
        if wanted != (self.max_redemptions, self.expires_at, self.name, self.metadata):
            self._updated(
                max_redemptions=max_redemptions, expires_at=expires_at, name=name, metadata=metadata
            )

    @event(Updated)
    def _updated(
        self,
        max_redemptions: int | None,
        expires_at: datetime | None,
        name: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.max_redemptions = max_redemptions
        self.expires_at = expires_at
        self.name = name
        self.metadata = metadata

    class Redeemed(Aggregate.Event):
        """Once for a subscription, whatever its duration, or for an invoice of its own."""

        TOPIC = "coupon.redeemed"
        customer_id: str
        redeemed_at: datetime
        subscription_id: str | None = None
        invoice_id: str | None = None

    def require_redeemable(self, currency: str, at: datetime, *, field: str) -> None:
        """Raises Invalid `coupon_…` naming the request's field, or `currency_mismatch`."""
        if self.archived:
            raise Invalid.one(field, "coupon_archived", "it is no longer given")
        if self.expires_at is not None and self.expires_at <= at:
            raise Invalid.one(field, "coupon_expired", "its time is over")
        if self.max_redemptions is not None and self.redemptions >= self.max_redemptions:
            raise Invalid.one(field, "coupon_exhausted", "it was redeemed as often as it may be")
        if self.currency is not None and self.currency != currency:
            raise Invalid.one(field, "currency_mismatch", f"it takes {self.currency} off")

    def discount(self) -> Discount:
        return Discount(
            coupon_id=self.ref, code=self.code, percent=self.percent, amount=self.amount,
            currency=self.currency, duration=self.duration,
            duration_in_months=self.duration_in_months, periods=self.periods,
        )  # fmt: skip

    def redeem(
        self,
        customer_id: str,
        at: datetime,
        *,
        subscription_id: str | None = None,
        invoice_id: str | None = None,
    ) -> None:
        """`require_redeemable` holds: who redeems the last one at once with others is told no."""
        self._redeemed(
            customer_id=customer_id, redeemed_at=at, subscription_id=subscription_id,
            invoice_id=invoice_id,
        )  # fmt: skip

    @event(Redeemed)
    def _redeemed(self) -> None:
        self.redemptions += 1

    class Archived(Aggregate.Event):
        TOPIC = "coupon.archived"

    @event(Archived)
    def _archived(self) -> None:
        self.archived = True

    class Unarchived(Aggregate.Event):
        TOPIC = "coupon.unarchived"

    @event(Unarchived)
    def _unarchived(self) -> None:
        self.archived = False

    class Deleted(Aggregate.Event):
        """Its code is free again; whom it makes cheaper keeps what was agreed."""

        TOPIC = "coupon.deleted"

    @event(Deleted)
    def _deleted(self) -> None:
        self.deleted = True
