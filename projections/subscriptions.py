"""Subscriptions: what each event leaves of one, when it renews or expires, and what falls due."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from domain.subscriptions.states import ENDED, RUNNING, Status
from domain.subscriptions.subscription import Subscription
from projections.rendering import stored, stored_map, taken
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from domain.subscriptions.phases import Phase
    from projections.envelope import Envelope


@dataclass(slots=True)
class SubscriptionRow:
    """`due_at` and `due_kind` say what happens next by itself: renew, expire or give_up."""

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
    current_period_start: datetime
    current_period_end: datetime
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
    due_at: datetime | None
    due_kind: str | None


_NAMES = frozenset(field.name for field in fields(SubscriptionRow))


def _created(envelope: Envelope) -> SubscriptionRow:
    told: Subscription.Created = envelope.event
    phase = told.phase
    terms = phase.terms
    return SubscriptionRow(
        id=envelope.subject,
        version=envelope.version,
        created_at=envelope.recorded_at,
        updated_at=envelope.recorded_at,
        customer_id=told.customer_id,
        plan_id=terms.plan_id,
        product_id=terms.product_id,
        currency=terms.currency,
        quantity=told.quantity,
        status=Status.INCOMPLETE.value,
        auto_renew=told.auto_renew,
        collection_method=told.collection_method,
        payment_method_id=told.payment_method_id,
        start_date=told.start_date,
        phase_id=phase.id,
        current_period_start=phase.start,
        current_period_end=phase.end,
        renews_at=None,
        expires_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancel_reason=None,
        ended_at=None,
        incomplete_until=told.incomplete_until,
        seat_capacity=terms.seat_capacity,
        shipments_remaining=terms.shipments_per_interval,
        suspended_until=None,
        latest_invoice_id=told.invoice_id,
        latest_payment_error=None,
        old_provider_id=told.old_provider_id,
        metadata=stored_map(told.metadata),
        due_at=None,
        due_kind=None,
    )


def _take_phase(row: SubscriptionRow, phase: Phase) -> None:
    terms = phase.terms
    row.phase_id = phase.id
    row.plan_id = terms.plan_id
    row.product_id = terms.product_id
    row.currency = terms.currency
    row.current_period_start = phase.start
    row.current_period_end = phase.end
    row.seat_capacity = terms.seat_capacity
    row.shipments_remaining = terms.shipments_per_interval


def _activated(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Activated = envelope.event
    if told.phase is not None:
        if row.status == Status.INCOMPLETE:
            row.start_date = told.phase.start
        _take_phase(row, told.phase)
    row.status = told.status.value
    row.incomplete_until = None
    row.latest_payment_error = None


def _renewed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Renewed = envelope.event
    if row.status == Status.TRIALING:
        row.status = Status.ACTIVE.value
    _take_phase(row, told.phase)
    row.latest_invoice_id = told.invoice_id


def _payment_failed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.PaymentFailed = envelope.event
    row.status = told.status.value
    failed = {"code": told.code, "detail": told.detail, "invoice_id": told.invoice_id}
    row.latest_payment_error = stored({**failed, "failed_at": told.failed_at})


def _past_due(row: SubscriptionRow, _: Envelope) -> None:
    row.status = Status.PAST_DUE.value


def _unpaid(row: SubscriptionRow, _: Envelope) -> None:
    row.status = Status.UNPAID.value


def _canceled(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Canceled = envelope.event
    row.cancel_at_period_end = True
    row.canceled_at = told.canceled_at
    row.cancel_reason = told.reason


def _expired(row: SubscriptionRow, envelope: Envelope) -> None:
    row.status = Status.EXPIRED.value
    row.ended_at = envelope.event.expired_at


def _incomplete_expired(row: SubscriptionRow, envelope: Envelope) -> None:
    row.status = Status.INCOMPLETE_EXPIRED.value
    row.ended_at = envelope.event.expired_at


def _updated(row: SubscriptionRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _completed(row: SubscriptionRow) -> None:
    row.renews_at, row.expires_at = renewal_and_expiry(row)
    row.due_at, row.due_kind = due(row)


def renewal_and_expiry(row: SubscriptionRow) -> tuple[datetime | None, datetime | None]:
    """`renews_at` and `expires_at`: of requirement S11, the first case that fits."""
    if row.status in ENDED:
        return None, row.ended_at
    if row.cancel_at_period_end or not row.auto_renew:
        return None, row.current_period_end
    return row.current_period_end, None


def due(row: SubscriptionRow) -> tuple[datetime | None, str | None]:
    """The instant and the kind of what happens next without anybody asking."""
    if row.status == Status.INCOMPLETE:
        return row.incomplete_until, "give_up" if row.incomplete_until else None
    if row.status in RUNNING and row.auto_renew and not row.cancel_at_period_end:
        return row.current_period_end, "renew"
    if row.status in RUNNING or row.status == Status.UNPAID:
        return row.current_period_end, "expire"
    return None, None


TABLE = Table("subscriptions", SubscriptionRow)
VIEW = ResourceView(
    TABLE,
    Subscription,
    created={Subscription.Created: _created},
    changed={
        Subscription.Activated: _activated,
        Subscription.Renewed: _renewed,
        Subscription.PaymentFailed: _payment_failed,
        Subscription.PastDue: _past_due,
        Subscription.Unpaid: _unpaid,
        Subscription.Canceled: _canceled,
        Subscription.Expired: _expired,
        Subscription.IncompleteExpired: _incomplete_expired,
        Subscription.Updated: _updated,
    },
    completed=_completed,
)
