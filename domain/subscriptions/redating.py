"""Recognition by payment: where a term begins when the money decides.

Source: the bookkeeping rules, payment-based strategy. The term starts at the later of the payment,
the end of the term still running and the scheduled start; the anchor is kept when that is the
boundary itself or its accounting date, otherwise the start becomes the anchor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.shared.period import accounting_date, boundary

if TYPE_CHECKING:
    from datetime import datetime

    from domain.subscriptions.phases import Phase
    from domain.subscriptions.subscription import Subscription


def redated_by_payment(subscription: Subscription, paid_at: datetime) -> tuple[Phase, datetime]:
    """The term and anchor after its invoice was fully paid at `paid_at`."""
    phase, timezone = subscription.phase, subscription.timezone
    on_time = paid_at <= phase.start or (
        accounting_date(paid_at, timezone) == accounting_date(phase.start, timezone)
    )
    if on_time:
        return phase, subscription.anchor
    terms = phase.terms
    end = boundary(paid_at, timezone, terms.interval, terms.interval_count, 1)
    return replace(phase, index=0, start=paid_at, end=end), paid_at
