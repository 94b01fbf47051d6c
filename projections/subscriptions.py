"""Subscriptions: what each event leaves of one. What follows from a row is beside this module."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from domain.subscriptions.states import Move, Status, after
from domain.subscriptions.subscription import Subscription
from projections import subscription_dates as dates
from projections import subscription_gifts
from projections.rendering import EMPTY_LIST, read, stored, stored_list, stored_map, taken
from projections.subscription_row import (
    SubscriptionRow,
    begun,
    kept_discount,
    metered,
    of_phase,
    ship,
)
from projections.table import Json, Table
from projections.view import ResourceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.subscriptions.phases import Booked, Phase
    from projections.envelope import Envelope


_NAMES = frozenset(field.name for field in fields(SubscriptionRow))


def _take_phase(row: SubscriptionRow, phase: Phase) -> None:
    for name, value in of_phase(phase).items():
        setattr(row, name, value)


def _booked(upcoming: Sequence[Booked]) -> Json:
    return stored_list([
        {
            "id": each.phase.id,
            "start": each.phase.start,
            "end": each.phase.end,
            "billed": each.invoice_id is not None,
            "auto_renew": each.auto_renew,
        }
        for each in upcoming
    ])  # fmt: skip


def _rescheduled(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Rescheduled = envelope.event
    row.start_date = told.start_date
    _take_phase(row, told.phase)
    row.trial_end = None if row.trial_end is None else told.phase.end


def _started(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Started = envelope.event
    row.status = Status.INCOMPLETE.value
    row.incomplete_until = told.incomplete_until
    row.retry_at = told.retry_at
    if told.invoice_id != row.latest_invoice_id and told.terms is not None:
        ship(row, told.terms, told.invoice_id, told.started_at)
    row.latest_invoice_id = told.invoice_id


def _activated(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Activated = envelope.event
    if told.phase is not None:
        if row.status == Status.INCOMPLETE and not row.restarted:
            row.start_date = told.phase.start
        _take_phase(row, told.phase)
    if told.invoice_id is not None:
        row.latest_invoice_id = told.invoice_id
        if told.terms is not None:
            ship(row, told.terms, told.invoice_id, told.activated_at)
    if told.upcoming is not None:
        row.booked = _booked(told.upcoming)
    row.status = told.status.value
    row.incomplete_until = None
    row.retry_at = row.billing_retry_at = row.dunning_until = None
    row.latest_payment_error = None


def _phase_booked(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.PhaseBooked = envelope.event
    kept = [] if told.replaces else read(row.booked)
    row.booked = stored_list([*kept, *read(_booked([told.booked]))])
    ship(row, told.booked.phase.terms, told.booked.invoice_id, told.booked_at)


def _renewed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Renewed = envelope.event
    row.status = after(Status(row.status), Move.RENEW).value
    if row.status != Status.PAST_DUE:
        row.retry_at = row.dunning_until = None
    _take_phase(row, told.phase)
    row.usage_quantity = metered(told.phase)
    row.latest_invoice_id = told.invoice_id or row.latest_invoice_id
    _rule_works(row)
    row.trial_end = row.extended_from = None
    if told.booked is not None:
        row.booked = stored_list(read(row.booked)[1:])
        row.quantity = told.booked.quantity
        row.auto_renew = told.booked.auto_renew
        row.collection_method = told.booked.collection_method
        row.payment_method_id = told.booked.payment_method_id
        row.invoice_notes = told.booked.invoice_notes
        row.purchase_order = told.booked.purchase_order
    if told.booked is None or told.booked.invoice_id is None:
        ship(row, told.phase.terms, told.invoice_id, told.renewed_at)


def _plan_changed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.PlanChanged = envelope.event
    _take_phase(row, told.phase)
    row.usage_quantity = metered(told.phase)
    row.latest_invoice_id = told.invoice_id or row.latest_invoice_id
    row.booked = _booked(told.upcoming)


def _extended(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Extended = envelope.event
    row.extended_from = told.extended_from
    _take_phase(row, told.phase)
    row.booked = _booked(told.upcoming)


def _extension_began(row: SubscriptionRow, _: Envelope) -> None:
    row.status = Status.EXTENDED.value


def _payment_failed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.PaymentFailed = envelope.event
    row.status = told.status.value
    row.retry_at, row.dunning_until = told.retry_at, told.dunning_until
    failed = {"code": told.code, "detail": told.detail, "invoice_id": told.invoice_id}
    row.latest_payment_error = stored({**failed, "failed_at": told.failed_at})


def _usage_recorded(row: SubscriptionRow, envelope: Envelope) -> None:
    row.usage_quantity = envelope.event.usage


def _usage_billed(row: SubscriptionRow, envelope: Envelope) -> None:
    row.usage_quantity = 0
    row.latest_invoice_id = envelope.event.invoice_id


def _discounted(row: SubscriptionRow, envelope: Envelope) -> None:
    row.discount = kept_discount(envelope.event.discount)


def _rule_failed(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.BillingRuleFailed = envelope.event
    row.billing_retry_at = told.retry_at
    failed = {"code": told.code, "detail": told.detail, "invoice_id": None}
    row.latest_payment_error = stored({**failed, "failed_at": told.failed_at})


def _rule_works(row: SubscriptionRow) -> None:
    if row.billing_retry_at is not None:
        row.billing_retry_at = row.latest_payment_error = None


def _past_due(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.PastDue = envelope.event
    row.status = Status.PAST_DUE.value
    row.retry_at, row.dunning_until = told.retry_at, told.dunning_until


def _unpaid(row: SubscriptionRow, _: Envelope) -> None:
    row.status = Status.UNPAID.value
    row.retry_at = row.dunning_until = None


def _suspended(row: SubscriptionRow, envelope: Envelope) -> None:
    row.suspended_until = envelope.event.until


def _unsuspended(row: SubscriptionRow, _: Envelope) -> None:
    row.suspended_until = None


def _canceled(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Canceled = envelope.event
    row.canceled_at = told.canceled_at
    row.cancel_reason = told.reason
    row.booked = EMPTY_LIST
    if told.mode == "now":
        row.status = Status.CANCELED.value
        row.ended_at = told.canceled_at
    else:
        row.cancel_at_period_end = True


def _reactivated(row: SubscriptionRow, _: Envelope) -> None:
    row.cancel_at_period_end = False
    row.canceled_at = row.cancel_reason = None


def _expired(row: SubscriptionRow, envelope: Envelope) -> None:
    row.status = Status.EXPIRED.value
    row.ended_at = envelope.event.expired_at


def _incomplete_expired(row: SubscriptionRow, envelope: Envelope) -> None:
    row.status = Status.INCOMPLETE_EXPIRED.value
    row.ended_at = envelope.event.expired_at


def _updated(row: SubscriptionRow, envelope: Envelope) -> None:
    taken(envelope.event.changes, row, _NAMES)


def _restarted(row: SubscriptionRow, envelope: Envelope) -> None:
    told: Subscription.Restarted = envelope.event
    _take_phase(row, told.phase)
    row.status = Status.INCOMPLETE.value
    row.restarted = True
    row.cancel_at_period_end = False
    row.canceled_at = row.cancel_reason = row.ended_at = None
    row.trial_end = row.extended_from = row.retry_at = None
    row.billing_behavior = row.latest_payment_error = row.billing_retry_at = None
    row.dunning_until = None
    row.usage_quantity = metered(told.phase)
    row.booked = EMPTY_LIST
    row.quantity = told.quantity
    row.auto_renew = told.auto_renew
    row.collection_method = told.collection_method
    row.payment_method_id = told.payment_method_id
    row.latest_invoice_id = told.invoice_id
    row.incomplete_until = told.incomplete_until
    row.invoice_notes = told.invoice_notes
    row.purchase_order = told.purchase_order
    row.shipping_address_id = told.shipping_address_id
    row.metadata = stored_map(told.metadata)
    ship(row, told.phase.terms, told.invoice_id, told.restarted_at)


def _completed(row: SubscriptionRow) -> None:
    if row.status != Status.PAST_DUE:
        row.past_due_since = None
    elif row.past_due_since is None:
        row.past_due_since = row.updated_at
    booked = dates.booked_of(row.booked)
    row.final_phase_end = booked[-1].end if booked else row.current_period_end
    row.renews_at, row.expires_at = dates.renewal_and_expiry(row, booked)
    row.next_invoice_date = dates.next_invoice(row, booked)
    row.due_at, row.due_kind = dates.due(row, booked)


TABLE = Table("subscriptions", SubscriptionRow)
VIEW = ResourceView(
    TABLE,
    Subscription,
    created={Subscription.Created: begun},
    changed={
        Subscription.Rescheduled: _rescheduled,
        Subscription.Started: _started,
        Subscription.Activated: _activated,
        Subscription.PhaseBooked: _phase_booked,
        Subscription.Renewed: _renewed,
        Subscription.PlanChanged: _plan_changed,
        Subscription.UsageRecorded: _usage_recorded,
        Subscription.UsageBilled: _usage_billed,
        Subscription.BillingRuleFailed: _rule_failed,
        Subscription.Discounted: _discounted,
        Subscription.Extended: _extended,
        Subscription.ExtensionBegan: _extension_began,
        Subscription.Restarted: _restarted,
        Subscription.PaymentFailed: _payment_failed,
        Subscription.PastDue: _past_due,
        Subscription.Unpaid: _unpaid,
        Subscription.Suspended: _suspended,
        Subscription.Unsuspended: _unsuspended,
        Subscription.Canceled: _canceled,
        Subscription.Reactivated: _reactivated,
        Subscription.Expired: _expired,
        Subscription.IncompleteExpired: _incomplete_expired,
        Subscription.Updated: _updated,
        **subscription_gifts.CHANGES,
    },
    completed=_completed,
)
