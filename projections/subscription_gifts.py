"""A gift in its subscription's row: whom it is for, paid, redeemed; and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.subscriptions.gift import Gift
from domain.subscriptions.states import Status
from domain.subscriptions.subscription import Subscription
from projections import arrays
from projections.rendering import instant
from projections.subscription_row import of_phase, tell_gift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projections.envelope import Envelope
    from projections.pages import Source
    from projections.subscription_row import SubscriptionRow


def _paid(row: SubscriptionRow, _: Envelope) -> None:
    row.status = Status.SCHEDULED.value
    row.incomplete_until = row.retry_at = row.latest_payment_error = None


def _updated(row: SubscriptionRow, envelope: Envelope) -> None:
    tell_gift(row, envelope.event.gift)


def _erased(row: SubscriptionRow, _: Envelope) -> None:
    tell_gift(row, Gift.erased())


def _redeemed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.GiftRedeemed = envelope.event
    row.recipient_id = told.recipient_id
    row.gift_redeemed_at = told.redeemed_at
    row.start_date = told.phase.start
    for name, value in of_phase(told.phase).items():
        setattr(row, name, value)


CHANGES: dict[type[Any], Any] = {
    Subscription.GiftPaid: _paid,
    Subscription.GiftUpdated: _updated,
    Subscription.GiftRedeemed: _redeemed,
    Subscription.GiftErased: _erased,
}


READER = "CASE WHEN t.gift_code IS NULL THEN t.customer_id ELSE t.recipient_id END"


def reader_of(row: SubscriptionRow) -> str | None:
    """Who has its access: of a gift the recipient, nobody before it is redeemed."""
    return row.customer_id if row.gift_code is None else row.recipient_id


def render(row: SubscriptionRow) -> dict[str, Any] | None:
    """Without its code, which is told beside."""
    if row.gift_code is None:
        return None
    return {
        "recipient_email": row.gift_recipient_email,
        "recipient_first_name": row.gift_recipient_first_name,
        "recipient_last_name": row.gift_recipient_last_name,
        "message": row.gift_message,
        "start_date": instant(row.gift_start_date),
        "code": None,
        "redeemed_at": instant(row.gift_redeemed_at),
        "recipient_id": row.recipient_id,
    }


_CODES = """
SELECT t.id, t.gift_code FROM subscriptions t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.id = ANY (%(ids)b)"""


def codes_of(source: Source, refs: Iterable[str]) -> dict[str, str]:
    """Of gifts, by their subscriptions: for those who may see them."""
    rows = source.select(_CODES, {"ids": arrays.array_of(arrays.TEXT, sorted(refs))})
    return {row[0]: row[1] for row in rows if row[1] is not None}
