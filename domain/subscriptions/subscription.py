"""Terms of a plan in force for a customer: begun, renewed, ended, each by a recorded fact.

What each status allows is one table, in `domain.subscriptions.states`.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - a snapshot is decoded by these annotations
from typing import TypedDict

from domain.shared.discount import Discount  # noqa: TC001 - as above
from domain.shared.personal import PROFILE
from domain.subscriptions.changing import Changing
from domain.subscriptions.discounting import Discounting
from domain.subscriptions.ending import Ending
from domain.subscriptions.gift import Gift  # noqa: TC001 - as above
from domain.subscriptions.gifting import Gifting
from domain.subscriptions.metering import Metering
from domain.subscriptions.phases import Booked, Phase, Proration  # noqa: TC001 - as above
from domain.subscriptions.renewing import Renewing
from domain.subscriptions.restarting import Restarting
from domain.subscriptions.states import Status  # noqa: TC001 - as above


class SubscriptionState(TypedDict):
    """What a snapshot keeps; the names are the aggregate's attributes."""

    customer_id: str
    phase: Phase
    quantity: int
    auto_renew: bool
    collection_method: str
    payment_method_id: str | None
    anchor: datetime
    timezone: str
    start_date: datetime
    old_provider_id: str | None
    metadata: dict[str, str]
    billing_behavior: str | None
    invoice_notes: str | None
    purchase_order: str | None
    shipping_address_id: str | None
    suspended_until: datetime | None
    status: Status
    trial_end: datetime | None
    latest_invoice_id: str | None
    invoices: tuple[str, ...]
    upcoming: tuple[Booked, ...]
    prorations: tuple[Proration, ...]
    cancel_at_period_end: bool
    incomplete_until: datetime | None
    extended_from: datetime | None
    declined_since: datetime | None
    usage: int
    billing_retry_at: datetime | None
    dunning_until: datetime | None
    restarted: bool
    discount: Discount | None
    gift: Gift | None
    recipient_id: str | None


class Subscription(Ending, Metering, Changing, Renewing, Restarting, Discounting, Gifting):
    TOPIC = "subscription"
    prefix = "sub"
    SNAPSHOT = SubscriptionState
    SNAPSHOT_EVERY = 20
    SNAPSHOT_VERSION = 7
    PERSONAL_OF = ("ref", PROFILE)

    @property
    def has_personal_state(self) -> bool:
        return self.gift is not None
