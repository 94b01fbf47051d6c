"""What may change while a subscription runs: fields, the plan, the end of the term, shipments."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.changes import Changes, effective
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.phases import Booked, Phase, Proration  # noqa: TC001 - as above
from domain.subscriptions.states import Move, Status


class Changing(Beginning):
    class Updated(Aggregate.Event):
        TOPIC = "subscription.updated"
        changes: Changes

    def update(self, changes: Changes) -> None:
        """`changes` of payment_method_id, auto_renew, collection_method, invoice_notes,
        purchase_order, shipping_address_id, old_provider_id, metadata."""
        self.require(Move.UPDATE)
        changed = effective(self, changes)
        if changed:
            self._updated(changes=changed)

    @event(Updated)
    def _updated(self, changes: Changes) -> None:
        self.__dict__.update(changes)

    class PlanChanged(Aggregate.Event):
        """`phase` is the rest of the term, or a new one, under the new plan; `invoice_id` bills
        the difference. `prorations` are what the next invoice has to say instead."""

        TOPIC = "subscription.changed"
        changed_at: datetime
        phase: Phase
        anchor: datetime
        proration: str
        invoice_id: str | None = None
        prorations: tuple[Proration, ...] = ()
        upcoming: tuple[Booked, ...] = ()

    def change_plan(
        self,
        phase: Phase,
        anchor: datetime,
        at: datetime,
        *,
        proration: str,
        invoice_id: str | None = None,
        prorations: tuple[Proration, ...] = (),
        upcoming: tuple[Booked, ...] = (),
    ) -> None:
        """Raises Conflict `subscription_not_changeable`."""
        self.require(Move.CHANGE_PLAN)
        self._plan_changed(
            changed_at=at, phase=phase, anchor=anchor, proration=proration, invoice_id=invoice_id,
            prorations=prorations, upcoming=upcoming,
        )  # fmt: skip

    @event(PlanChanged)
    def _plan_changed(
        self,
        phase: Phase,
        anchor: datetime,
        invoice_id: str | None,
        prorations: tuple[Proration, ...],
        upcoming: tuple[Booked, ...],
    ) -> None:
        self.phase = phase
        self.anchor = anchor
        self.usage = 0
        self.prorations = (*self.prorations, *prorations) if invoice_id is None else prorations
        self.upcoming = upcoming
        self._bill(invoice_id)

    class Extended(Aggregate.Event):
        """The term's end moved out: `phase` has the new one, which is the next anchor.
        Its status is extended from `extended_from`, the end it had, on."""

        TOPIC = "subscription.extended"
        extended_at: datetime
        extended_from: datetime
        phase: Phase
        anchor: datetime
        upcoming: tuple[Booked, ...] = ()

    def extend(
        self, phase: Phase, anchor: datetime, upcoming: tuple[Booked, ...], at: datetime
    ) -> None:
        """Raises Conflict `subscription_not_extendable`."""
        self.require(Move.EXTEND)
        self._extended(
            extended_at=at, extended_from=self.extended_from or self.phase.end, phase=phase,
            anchor=anchor, upcoming=upcoming,
        )  # fmt: skip

    @event(Extended)
    def _extended(
        self, extended_from: datetime, phase: Phase, anchor: datetime, upcoming: tuple[Booked, ...]
    ) -> None:
        self.extended_from = extended_from
        self.phase = phase
        self.anchor = anchor
        self.upcoming = upcoming

    class ExtensionBegan(Aggregate.Event):
        TOPIC = "subscription.extension_began"
        began_at: datetime

    def begin_extension(self, at: datetime) -> None:
        """The end that the term had before passed."""
        self.require(Move.BEGIN_EXTENSION)
        self._extension_began(began_at=at)

    @event(ExtensionBegan)
    def _extension_began(self) -> None:
        self.status = Status.EXTENDED

    class Suspended(Aggregate.Event):
        TOPIC = "subscription.suspended"
        suspended_at: datetime
        until: datetime

    def suspend(self, until: datetime, at: datetime) -> None:
        """No shipments until then. Raises Conflict `subscription_not_suspendable`."""
        self.require(Move.SUSPEND)
        if until != self.suspended_until:
            self._suspended(suspended_at=at, until=until)

    @event(Suspended)
    def _suspended(self, until: datetime) -> None:
        self.suspended_until = until

    class Unsuspended(Aggregate.Event):
        TOPIC = "subscription.unsuspended"
        unsuspended_at: datetime

    def unsuspend(self, at: datetime) -> None:
        """Shipments go on, asked for or because the instant passed."""
        self.require(Move.SUSPEND)
        if self.suspended_until is not None:
            self._unsuspended(unsuspended_at=at)

    @event(Unsuspended)
    def _unsuspended(self) -> None:
        self.suspended_until = None
