"""How a subscription begins: at once, on a date to come, running already; its first money."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.discount import Discount  # noqa: TC001 - stored events are decoded by these
from domain.shared.facts import event
from domain.shared.personal import Personal, Withheld  # noqa: TC001 - as above
from domain.shared.terms import Terms  # noqa: TC001 - as above
from domain.subscriptions.gift import Gift  # noqa: TC001 - as above
from domain.subscriptions.phases import Booked, Phase, Proration, following
from domain.subscriptions.states import ENDED, Move, Status, after, allows, require

REMEMBERED = 40
"""Invoices a subscription keeps in mind, newest last: more than can still be open or unearned."""


class Beginning(Aggregate):
    """The state that every part shares."""

    class Created(Aggregate.Created):
        """`anchor` is where period 0 begins; `phase` is the first term. Status is incomplete
        until `Activated`, which comes in the same append where nothing has to be paid first.

        `scheduled`: `start_date` is to come. `next_invoice_date`: it runs already elsewhere, and
        the first invoice is issued then.
        """

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
        scheduled: bool = False
        billing_behavior: str | None = None
        next_invoice_date: datetime | None = None
        invoice_notes: str | None = None
        purchase_order: str | None = None
        shipping_address_id: str | None = None
        suspended_until: datetime | None = None
        discount: Discount | None = None
        gift: Personal[Gift | None] = None
        gift_code: Withheld[str | None] = None

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
        scheduled: bool,
        billing_behavior: str | None,
        next_invoice_date: datetime | None,
        invoice_notes: str | None,
        purchase_order: str | None,
        shipping_address_id: str | None,
        suspended_until: datetime | None,
        discount: Discount | None,
        gift: Gift | None,
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
        self.billing_behavior = billing_behavior
        self.invoice_notes = invoice_notes
        self.purchase_order = purchase_order
        self.shipping_address_id = shipping_address_id
        self.suspended_until = suspended_until
        self.discount = discount
        self.status = Status.SCHEDULED if scheduled else Status.INCOMPLETE
        self.trial_end = phase.end if phase.index < 0 and next_invoice_date is None else None
        self.latest_invoice_id = invoice_id
        self.invoices = () if invoice_id is None else (invoice_id,)
        self.upcoming: tuple[Booked, ...] = ()
        self.prorations: tuple[Proration, ...] = ()
        self.cancel_at_period_end = False
        self.incomplete_until = incomplete_until
        self.extended_from: datetime | None = None
        self.declined_since: datetime | None = None
        self.usage = 0
        self.billing_retry_at: datetime | None = None
        self.dunning_until: datetime | None = None
        self.restarted = False
        self.gift = gift
        self.recipient_id: str | None = None

    @property
    def waits_for_recipient(self) -> bool:
        """A gift whose term begins when it is redeemed."""
        return self.gift is not None and self.recipient_id is None

    @property
    def renews(self) -> bool:
        """Whether the end of the current term begins another one."""
        return (self.auto_renew or bool(self.upcoming)) and not self.cancel_at_period_end

    @property
    def on_trial(self) -> bool:
        return self.trial_end is not None and self.phase.end <= self.trial_end

    def next_phase(self, phase_id: str) -> Phase:
        """The term after the current one where none is booked, computed from the anchor."""
        return following(phase_id, self.phase, self.anchor, self.timezone)[0]

    def allows(self, move: Move) -> bool:
        return allows(self.status, move)

    def require(self, move: Move) -> None:
        """Raises Conflict with the move's code."""
        require(self.status, move)

    class Rescheduled(Aggregate.Event):
        TOPIC = "subscription.rescheduled"
        rescheduled_at: datetime
        start_date: datetime
        phase: Phase
        anchor: datetime

    def reschedule(self, phase: Phase, anchor: datetime, at: datetime) -> None:
        """Another start. Raises Conflict `subscription_not_scheduled`."""
        self.require(Move.RESCHEDULE)
        self._rescheduled(rescheduled_at=at, start_date=phase.start, phase=phase, anchor=anchor)

    @event(Rescheduled)
    def _rescheduled(self, start_date: datetime, phase: Phase, anchor: datetime) -> None:
        self.start_date = start_date
        self.phase = phase
        self.anchor = anchor
        self.trial_end = None if self.trial_end is None else phase.end

    class Started(Aggregate.Event):
        """The start date came. Without access until it is paid; `invoice_id` asks for it."""

        TOPIC = "subscription.started"
        started_at: datetime
        invoice_id: str
        incomplete_until: datetime | None
        retry_at: datetime | None = None
        terms: Terms | None = None

    def start(
        self,
        invoice_id: str,
        incomplete_until: datetime,
        at: datetime,
        retry_at: datetime | None = None,
    ) -> None:
        """`retry_at` is when an invoice that was declined before is charged again."""
        self.require(Move.START)
        self._started(
            started_at=at, invoice_id=invoice_id, incomplete_until=incomplete_until,
            retry_at=retry_at, terms=self.phase.terms,
        )  # fmt: skip

    @event(Started)
    def _started(
        self, started_at: datetime, invoice_id: str, incomplete_until: datetime | None
    ) -> None:
        self.status = Status.INCOMPLETE
        self.incomplete_until = incomplete_until
        self.declined_since = None if self.declined_since is None else started_at
        self._bill(invoice_id)

    class Activated(Aggregate.Event):
        """Access begins. A first payment that re-dates the term (recognition by payment) carries
        the new `phase`, `anchor` and `start_date`; `upcoming` where that moved booked phases.
        `invoice_id` is of a start that has to wait for nothing."""

        TOPIC = "subscription.activated"
        activated_at: datetime
        phase: Phase | None = None
        anchor: datetime | None = None
        status: Status = Status.ACTIVE
        upcoming: tuple[Booked, ...] | None = None
        invoice_id: str | None = None
        terms: Terms | None = None

    def activate(
        self,
        at: datetime,
        *,
        phase: Phase | None = None,
        anchor: datetime | None = None,
        upcoming: tuple[Booked, ...] | None = None,
        invoice_id: str | None = None,
    ) -> None:
        """Active, or trialing in the term before the first billed one."""
        self.require(Move.ACTIVATE)
        status = Status.TRIALING if self.on_trial else Status.ACTIVE
        if self.extended_from is not None and self.extended_from <= at:
            status = Status.EXTENDED
        self._activated(
            activated_at=at, phase=phase, anchor=anchor, status=status, upcoming=upcoming,
            invoice_id=invoice_id, terms=None if invoice_id is None else self.phase.terms,
        )  # fmt: skip

    @event(Activated)
    def _activated(
        self,
        phase: Phase | None,
        anchor: datetime | None,
        status: Status,
        upcoming: tuple[Booked, ...] | None,
        invoice_id: str | None,
    ) -> None:
        if self.status is Status.INCOMPLETE and phase is not None and not self.restarted:
            self.start_date = phase.start
        self.status = status
        self.incomplete_until = None
        self.declined_since = None
        self.dunning_until = None
        self.billing_retry_at = None
        self.phase = phase or self.phase
        self.anchor = anchor or self.anchor
        self.upcoming = self.upcoming if upcoming is None else upcoming
        self._bill(invoice_id)

    class PaymentFailed(Aggregate.Event):
        """`status` is what the failure leaves: incomplete at the start, past_due later.
        `retry_at` is when the charge is tried again by itself, `dunning_until` when a renewal's
        is given up."""

        TOPIC = "subscription.payment_failed"
        invoice_id: str
        code: str
        detail: str
        failed_at: datetime
        status: Status
        retry_at: datetime | None = None
        dunning_until: datetime | None = None

    def note_decline(
        self,
        invoice_id: str,
        code: str,
        detail: str,
        at: datetime,
        retry_at: datetime | None = None,
        dunning_until: datetime | None = None,
    ) -> None:
        """A charge for the subscription's invoice was declined."""
        if self.status in ENDED:
            return
        left = after(self.status, Move.NOTE_DECLINE)
        if invoice_id != self.latest_invoice_id:
            left = self.status
        self._payment_failed(
            invoice_id=invoice_id, code=code, detail=detail, failed_at=at, status=left,
            retry_at=retry_at, dunning_until=dunning_until,
        )  # fmt: skip

    @event(PaymentFailed)
    def _payment_failed(
        self, failed_at: datetime, status: Status, dunning_until: datetime | None
    ) -> None:
        self.status = status
        self.declined_since = self.declined_since or failed_at
        self.dunning_until = dunning_until

    def _bill(self, invoice_id: str | None) -> None:
        """An invoice of the running term, or of one that begins."""
        if invoice_id is not None and invoice_id != self.latest_invoice_id:
            self.latest_invoice_id = invoice_id
            self.invoices = (*self.invoices, invoice_id)[-REMEMBERED:]
