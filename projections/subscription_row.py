"""A subscription's row: its columns, how it begins, what its phase and its invoices put into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.subscriptions.states import Status
from projections.invoice_lines import shown_discount
from projections.rendering import EMPTY_LIST, stored_list, stored_map
from projections.table import Json  # noqa: TC001 - columns are read from the row's hints

if TYPE_CHECKING:
    from domain.shared.discount import Discount
    from domain.shared.terms import Terms
    from domain.subscriptions.gift import Gift
    from domain.subscriptions.phases import Phase
    from domain.subscriptions.subscription import Subscription
    from projections.envelope import Envelope


@dataclass(slots=True)
class SubscriptionRow:
    """`due_at` and `due_kind` say what happens next by itself. `booked` are the phases to come:
    each with id, start, end, whether it is billed already and whether it renews by itself. A gift
    has no period until its recipient redeems it."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    customer_id: str
    plan_id: str
    product_id: str
    currency: str
    quantity: int
    status: str
    auto_renew: bool
    collection_method: str
    payment_method_id: str | None
    start_date: datetime
    phase_id: str
    current_period_start: datetime | None
    current_period_end: datetime | None
    renews_at: datetime | None
    expires_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    cancel_reason: str | None
    ended_at: datetime | None
    incomplete_until: datetime | None
    seat_capacity: int | None
    shipments_remaining: int | None
    suspended_until: datetime | None
    latest_invoice_id: str | None
    latest_payment_error: Json | None
    old_provider_id: str | None
    metadata: Json
    due_at: datetime | None = None
    due_kind: str | None = None
    billing_behavior: str | None = None
    next_invoice_date: datetime | None = None
    final_phase_end: datetime | None = None
    shipping_address_id: str | None = None
    invoice_notes: str | None = None
    purchase_order: str | None = None
    trial_end: datetime | None = None
    extended_from: datetime | None = None
    retry_at: datetime | None = None
    booked: Json = EMPTY_LIST
    plan_amount: int = 0
    usage_quantity: int | None = None
    billing_retry_at: datetime | None = None
    dunning_until: datetime | None = None
    entitlements: Json = EMPTY_LIST
    past_due_since: datetime | None = None
    restarted: bool = False
    discount: Json | None = None
    gift_recipient_email: str | None = None
    gift_recipient_first_name: str | None = None
    gift_recipient_last_name: str | None = None
    gift_message: str | None = None
    gift_start_date: datetime | None = None
    gift_code: str | None = None
    gift_redeemed_at: datetime | None = None
    recipient_id: str | None = None


def begun(envelope: Envelope) -> SubscriptionRow:
    told: Subscription.Created = envelope.event
    phase, terms = told.phase, told.phase.terms
    row = SubscriptionRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        customer_id=told.customer_id,
        quantity=told.quantity,
        status=(Status.SCHEDULED if told.scheduled else Status.INCOMPLETE).value,
        auto_renew=told.auto_renew,
        collection_method=told.collection_method,
        payment_method_id=told.payment_method_id,
        start_date=told.start_date,
        renews_at=None,
        expires_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancel_reason=None,
        ended_at=None,
        incomplete_until=told.incomplete_until,
        shipments_remaining=None if terms.shipments_per_interval is None else 0,
        suspended_until=told.suspended_until,
        latest_invoice_id=told.invoice_id,
        latest_payment_error=None,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
        **of_phase(phase),
        discount=kept_discount(told.discount),
        billing_behavior=told.billing_behavior,
        shipping_address_id=told.shipping_address_id,
        invoice_notes=told.invoice_notes,
        purchase_order=told.purchase_order,
        trial_end=trial_end(told),
        usage_quantity=metered(phase),
    )
    ship(row, terms, told.invoice_id, envelope.recorded_at)
    _give(row, told)
    return row


def _give(row: SubscriptionRow, told: Subscription.Created) -> None:
    """A gift has no period yet."""
    if told.gift is not None:
        row.gift_code = told.gift_code
        row.current_period_start = row.current_period_end = None
        tell_gift(row, told.gift)


def trial_end(told: Subscription.Created) -> datetime | None:
    trial = told.phase.index < 0 and told.next_invoice_date is None
    return told.phase.end if trial else None


def kept_discount(discount: Discount | None) -> Json | None:
    """As the API shows it, with how far it has come."""
    if discount is None:
        return None
    told = shown_discount(discount)
    return stored_map({**told, "periods_used": discount.used, "ends_at": discount.until})


def tell_gift(row: SubscriptionRow, gift: Gift) -> None:
    row.gift_recipient_email = gift.recipient_email
    row.gift_recipient_first_name = gift.recipient_first_name
    row.gift_recipient_last_name = gift.recipient_last_name
    row.gift_message = gift.message
    row.gift_start_date = gift.start_date


def of_phase(phase: Phase) -> dict[str, Any]:
    """What the running phase says of its subscription."""
    terms = phase.terms
    return {
        "phase_id": phase.id,
        "plan_id": terms.plan_id,
        "product_id": terms.product_id,
        "currency": terms.currency,
        "current_period_start": phase.start,
        "current_period_end": phase.end,
        "seat_capacity": terms.seat_capacity,
        "plan_amount": terms.amount,
        "entitlements": stored_list(list(terms.entitlements)),
    }


def metered(phase: Phase) -> int | None:
    """The usage of a phase that begins; none where it is not billed by it."""
    policy = phase.terms.policy
    return 0 if policy is not None and policy.in_arrears else None


def ship(row: SubscriptionRow, terms: Terms, invoice_id: str | None, at: datetime) -> None:
    """Each invoice of a term adds its shipments, unless they are suspended then."""
    suspended = row.suspended_until is not None and row.suspended_until > at
    if terms.shipments_per_interval is None or invoice_id is None or suspended:
        return
    row.shipments_remaining = (row.shipments_remaining or 0) + terms.shipments_per_interval
