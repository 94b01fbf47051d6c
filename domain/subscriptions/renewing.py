"""What follows a term: the next one, phases booked ahead, and money that does not come for it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.phases import MOST_BOOKED, Booked, Phase
from domain.subscriptions.states import Move, Status, after


class Renewing(Beginning):
    class PhaseBooked(Aggregate.Event):
        """`replaces`: the phases that were waiting before it are dropped."""

        TOPIC = "subscription.phase_booked"
        booked_at: datetime
        booked: Booked
        replaces: bool = False

    def book(self, booked: Booked, at: datetime, *, replaces: bool) -> None:
        """Appends an upcoming phase. Raises Conflict `subscription_not_renewable`, or
        `too_many_phases` beyond the open ones there may be."""
        self.require_bookable()
        waiting = 0 if replaces else len(self.upcoming)
        if waiting >= MOST_BOOKED - 1:
            raise Conflict("too_many_phases", f"at most {MOST_BOOKED} phases may be open")
        self._phase_booked(booked_at=at, booked=booked, replaces=replaces)

    def require_bookable(self) -> None:
        """Raises Conflict `subscription_not_renewable`."""
        self.require(Move.BOOK)
        if self.cancel_at_period_end:
            raise Conflict("subscription_not_renewable", "it ends with its term: reactivate first")

    @event(PhaseBooked)
    def _phase_booked(self, booked: Booked, replaces: bool) -> None:
        kept = () if replaces else self.upcoming
        self.upcoming = (*kept, booked)
        if booked.invoice_id is not None:
            self.invoices = (*self.invoices, booked.invoice_id)

    class Renewed(Aggregate.Event):
        """The next term begins: `phase` replaces the current one, `invoice_id` bills it.
        `booked` is what was agreed for it, where it was booked ahead."""

        TOPIC = "subscription.renewed"
        renewed_at: datetime
        phase: Phase
        invoice_id: str | None
        booked: Booked | None = None

    def renew(
        self, phase: Phase, invoice_id: str | None, at: datetime, booked: Booked | None = None
    ) -> None:
        """Raises Conflict `subscription_not_renewable`."""
        self.require(Move.RENEW)
        if not self.renews or (self.status is Status.UNPAID and booked is None):
            raise Conflict("subscription_not_renewable", f"subscription is {self.status}")
        self._renewed(renewed_at=at, phase=phase, invoice_id=invoice_id, booked=booked)

    @event(Renewed)
    def _renewed(self, phase: Phase, invoice_id: str | None, booked: Booked | None) -> None:
        self.status = after(self.status, Move.RENEW)
        self.phase = phase
        self.trial_end = None
        self.extended_from = None
        if self.status is not Status.PAST_DUE:
            self.declined_since = None
        self.prorations = ()
        self.usage = 0
        self.billing_retry_at = None
        if booked is not None:
            self._take(booked)
        if booked is None or booked.invoice_id is None:
            self._bill(invoice_id)
        else:
            self.latest_invoice_id = invoice_id

    def _take(self, booked: Booked) -> None:
        self.upcoming = self.upcoming[1:]
        self.anchor = booked.anchor
        self.quantity = booked.quantity
        self.auto_renew = booked.auto_renew
        self.collection_method = booked.collection_method
        self.payment_method_id = booked.payment_method_id
        self.invoice_notes = booked.invoice_notes
        self.purchase_order = booked.purchase_order

    class PastDue(Aggregate.Event):
        """`retry_at` is when a card is looked for again, `dunning_until` when it is given up."""

        TOPIC = "subscription.past_due"
        past_due_at: datetime
        invoice_id: str
        retry_at: datetime | None = None
        dunning_until: datetime | None = None

    def fall_past_due(
        self,
        invoice_id: str,
        at: datetime,
        retry_at: datetime | None = None,
        dunning_until: datetime | None = None,
    ) -> None:
        """Its open invoice was not paid in time."""
        self.require(Move.FALL_PAST_DUE)
        self._past_due(
            past_due_at=at, invoice_id=invoice_id, retry_at=retry_at, dunning_until=dunning_until
        )

    @event(PastDue)
    def _past_due(self, past_due_at: datetime, dunning_until: datetime | None) -> None:
        self.status = Status.PAST_DUE
        self.declined_since = self.declined_since or past_due_at
        self.dunning_until = dunning_until

    class Unpaid(Aggregate.Event):
        TOPIC = "subscription.unpaid"
        unpaid_at: datetime
        invoice_id: str

    def become_unpaid(self, invoice_id: str, at: datetime) -> None:
        """The invoice of the running term was given up: access ends, nothing renews."""
        self.require(Move.BECOME_UNPAID)
        self._unpaid(unpaid_at=at, invoice_id=invoice_id)

    @event(Unpaid)
    def _unpaid(self) -> None:
        self.status = Status.UNPAID
