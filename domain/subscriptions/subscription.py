"""Terms of a plan in force for a customer: begun, renewed, ended, each by a recorded fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum
from typing import TypedDict

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.shared.period import Interval, boundary
from domain.shared.terms import Terms  # noqa: TC001 - as above


class Status(StrEnum):
    SCHEDULED = "scheduled"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    EXTENDED = "extended"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    EXPIRED = "expired"


RENEWABLE = frozenset({Status.ACTIVE, Status.PAST_DUE, Status.TRIALING})
ENDED = frozenset({Status.INCOMPLETE_EXPIRED, Status.CANCELED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Phase:
    """One term `[start, end)` of a plan, as sold. `index` counts periods from the anchor."""

    id: str
    index: int
    start: datetime
    end: datetime
    terms: Terms


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
    status: Status
    latest_invoice_id: str | None
    cancel_at_period_end: bool
    incomplete_until: datetime | None


class Subscription(Aggregate):
    TOPIC = "subscription"
    prefix = "sub"
    SNAPSHOT = SubscriptionState
    SNAPSHOT_EVERY = 20

    class Created(Aggregate.Created):
        """`anchor` is where period 0 begins; `phase` is the first term. Status is incomplete
        until `Activated`, which comes in the same append where nothing has to be paid first."""

        TOPIC = "subscription.created"
        customer_id: str
        phase: Phase
        quantity: int
        auto_renew: bool
        collection_method: str
        anchor: datetime
        timezone: str
        start_date: datetime
        payment_method_id: str | None = None
        invoice_id: str | None = None
        incomplete_until: datetime | None = None
        old_provider_id: str | None = None
        metadata: dict[str, str] = field(default_factory=dict)

    def __init__(
        self,
        *,
        customer_id: str,
        phase: Phase,
        quantity: int,
        auto_renew: bool,
        collection_method: str,
        anchor: datetime,
        timezone: str,
        start_date: datetime,
        payment_method_id: str | None,
        invoice_id: str | None,
        incomplete_until: datetime | None,
        old_provider_id: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.customer_id = customer_id
        self.phase = phase
        self.quantity = quantity
        self.auto_renew = auto_renew
        self.collection_method = collection_method
        self.payment_method_id = payment_method_id
        self.anchor = anchor
        self.timezone = timezone
        self.start_date = start_date
        self.old_provider_id = old_provider_id
        self.metadata = metadata
        self.status = Status.INCOMPLETE
        self.latest_invoice_id = invoice_id
        self.cancel_at_period_end = False
        self.incomplete_until = incomplete_until

    @property
    def renews(self) -> bool:
        """Whether the end of the current term begins another one."""
        return self.auto_renew and not self.cancel_at_period_end

    @property
    def cancelable(self) -> bool:
        return self.status in RENEWABLE and not self.cancel_at_period_end

    def next_phase(self, phase_id: str, terms: Terms | None = None) -> Phase:
        """The term after the current one, computed from the anchor; `terms` if they change."""
        kept = terms or self.phase.terms
        index = self.phase.index + 1
        end = boundary(self.anchor, self.timezone, kept.interval, kept.interval_count, index + 1)
        return Phase(phase_id, index, self.phase.end, end, kept)

    class Activated(Aggregate.Event):
        """Access begins. A first payment that re-dates the term (recognition by payment) carries
        the new `phase`, `anchor` and `start_date`."""

        TOPIC = "subscription.activated"
        activated_at: datetime
        phase: Phase | None = None
        anchor: datetime | None = None
        status: Status = Status.ACTIVE

    def activate(
        self, at: datetime, *, phase: Phase | None = None, anchor: datetime | None = None
    ) -> None:
        """Active, or trialing in the term before the first billed one (index -1)."""
        self._require(Status.INCOMPLETE, Status.PAST_DUE, to="activate")
        status = Status.TRIALING if self.phase.index < 0 else Status.ACTIVE
        self._activated(activated_at=at, phase=phase, anchor=anchor, status=status)

    @event(Activated)
    def _activated(self, phase: Phase | None, anchor: datetime | None, status: Status) -> None:
        if self.status is Status.INCOMPLETE and phase is not None:
            self.start_date = phase.start
        self.status = status
        self.incomplete_until = None
        self.phase = phase or self.phase
        self.anchor = anchor or self.anchor

    class Renewed(Aggregate.Event):
        """The next term begins: `phase` replaces the current one, `invoice_id` bills it."""

        TOPIC = "subscription.renewed"
        renewed_at: datetime
        phase: Phase
        invoice_id: str | None

    def renew(self, phase: Phase, invoice_id: str | None, at: datetime) -> None:
        """Raises Conflict `subscription_not_renewable`."""
        if self.status not in RENEWABLE or not self.renews:
            raise Conflict("subscription_not_renewable", f"subscription is {self.status}")
        self._renewed(renewed_at=at, phase=phase, invoice_id=invoice_id)

    @event(Renewed)
    def _renewed(self, phase: Phase, invoice_id: str | None) -> None:
        if self.status is Status.TRIALING:
            self.status = Status.ACTIVE
        self.phase = phase
        self.latest_invoice_id = invoice_id

    class PaymentFailed(Aggregate.Event):
        """`status` is what the failure leaves: incomplete at the start, past_due later."""

        TOPIC = "subscription.payment_failed"
        invoice_id: str
        code: str
        detail: str
        failed_at: datetime
        status: Status

    def note_decline(self, invoice_id: str, code: str, detail: str, at: datetime) -> None:
        """A charge for the subscription's invoice was declined."""
        if self.status in ENDED:
            return
        left = self.status if self.status is not Status.ACTIVE else Status.PAST_DUE
        self._payment_failed(
            invoice_id=invoice_id, code=code, detail=detail, failed_at=at, status=left
        )

    @event(PaymentFailed)
    def _payment_failed(self, status: Status) -> None:
        self.status = status

    class PastDue(Aggregate.Event):
        TOPIC = "subscription.past_due"
        past_due_at: datetime
        invoice_id: str

    def fall_past_due(self, invoice_id: str, at: datetime) -> None:
        """Its open invoice was not paid in time."""
        self._require(Status.ACTIVE, to="fall past due")
        self._past_due(past_due_at=at, invoice_id=invoice_id)

    @event(PastDue)
    def _past_due(self) -> None:
        self.status = Status.PAST_DUE

    class Unpaid(Aggregate.Event):
        TOPIC = "subscription.unpaid"
        unpaid_at: datetime
        invoice_id: str

    def become_unpaid(self, invoice_id: str, at: datetime) -> None:
        """The invoice of the running term was given up: access ends, nothing renews."""
        self._require(Status.ACTIVE, Status.PAST_DUE, to="become unpaid")
        self._unpaid(unpaid_at=at, invoice_id=invoice_id)

    @event(Unpaid)
    def _unpaid(self) -> None:
        self.status = Status.UNPAID

    class Canceled(Aggregate.Event):
        """`mode` period_end: runs on until the current term's end, then `Expired`."""

        TOPIC = "subscription.canceled"
        canceled_at: datetime
        mode: str
        reason: str | None = None

    def cancel_at_end(self, at: datetime, reason: str | None) -> None:
        """No further renewal. Raises Conflict `subscription_not_cancelable`."""
        if not self.cancelable:
            raise Conflict("subscription_not_cancelable", f"subscription is {self.status}")
        self._canceled(canceled_at=at, mode="period_end", reason=reason)

    @event(Canceled)
    def _canceled(self) -> None:
        self.cancel_at_period_end = True

    class Expired(Aggregate.Event):
        TOPIC = "subscription.expired"
        expired_at: datetime

    def expire(self, at: datetime) -> None:
        """The last term is over."""
        self._require(Status.ACTIVE, Status.PAST_DUE, Status.TRIALING, Status.UNPAID, to="expire")
        self._expired(expired_at=at)

    @event(Expired)
    def _expired(self) -> None:
        self.status = Status.EXPIRED

    class IncompleteExpired(Aggregate.Event):
        TOPIC = "subscription.incomplete_expired"
        expired_at: datetime

    def give_up(self, at: datetime) -> None:
        """Never paid inside its window."""
        self._require(Status.INCOMPLETE, to="give up")
        self._incomplete_expired(expired_at=at)

    @event(IncompleteExpired)
    def _incomplete_expired(self) -> None:
        self.status = Status.INCOMPLETE_EXPIRED

    class Updated(Aggregate.Event):
        TOPIC = "subscription.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        """`changes` of payment_method_id, auto_renew, collection_method, metadata."""
        if self.status in ENDED:
            raise Conflict("subscription_ended", f"subscription is {self.status}")
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    def _require(self, *allowed: Status, to: str) -> None:
        if self.status not in allowed:
            raise Conflict("subscription_state", f"cannot {to}: subscription is {self.status}")


def first_phase(phase_id: str, start: datetime, timezone: str, terms: Terms) -> Phase:
    """Period 0 of `terms` from `start`; with trial days the trial, period -1, before the anchor."""
    if terms.trial_days:
        return Phase(
            phase_id, -1, start, boundary(start, timezone, Interval.DAY, terms.trial_days, 1), terms
        )
    end = boundary(start, timezone, terms.interval, terms.interval_count, 1)
    return Phase(phase_id, 0, start, end, terms)
