"""An expired membership is taken up again: the same subscription with all its members."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.subscriptions.beginning import Beginning
from domain.subscriptions.phases import Phase  # noqa: TC001 - as above
from domain.subscriptions.states import Move, Status


class Restarting(Beginning):
    class Restarted(Aggregate.Event):
        """A new first term that `invoice_id` asks for, if it asks for anything, without access
        until `Activated`, which comes in the same append where nothing has to be paid first."""

        TOPIC = "subscription.restarted"
        restarted_at: datetime
        phase: Phase
        anchor: datetime
        quantity: int
        auto_renew: bool
        collection_method: str
        invoice_id: str | None
        incomplete_until: datetime
        metadata: dict[str, str]
        payment_method_id: str | None = None
        invoice_notes: str | None = None
        purchase_order: str | None = None
        shipping_address_id: str | None = None

    def restart(
        self,
        phase: Phase,
        at: datetime,
        *,
        quantity: int,
        auto_renew: bool,
        collection_method: str,
        invoice_id: str | None,
        incomplete_until: datetime,
        metadata: dict[str, str],
        payment_method_id: str | None = None,
        invoice_notes: str | None = None,
        purchase_order: str | None = None,
        shipping_address_id: str | None = None,
    ) -> None:
        """Raises Conflict `subscription_not_restartable`."""
        self.require(Move.RESTART)
        self._restarted(
            restarted_at=at, phase=phase, anchor=phase.start, quantity=quantity,
            auto_renew=auto_renew, collection_method=collection_method, invoice_id=invoice_id,
            incomplete_until=incomplete_until, metadata=metadata,
            payment_method_id=payment_method_id, invoice_notes=invoice_notes,
            purchase_order=purchase_order, shipping_address_id=shipping_address_id,
        )  # fmt: skip

    @event(Restarted)
    def _restarted(
        self,
        phase: Phase,
        anchor: datetime,
        quantity: int,
        auto_renew: bool,
        collection_method: str,
        payment_method_id: str | None,
        invoice_id: str | None,
        incomplete_until: datetime,
        metadata: dict[str, str],
        invoice_notes: str | None,
        purchase_order: str | None,
        shipping_address_id: str | None,
    ) -> None:
        self.status = Status.INCOMPLETE
        self.restarted = True
        self.phase = phase
        self.anchor = anchor
        self.quantity = quantity
        self.auto_renew = auto_renew
        self.collection_method = collection_method
        self.payment_method_id = payment_method_id
        self.incomplete_until = incomplete_until
        self.metadata = metadata
        self.invoice_notes = invoice_notes
        self.purchase_order = purchase_order
        self.shipping_address_id = shipping_address_id
        self.cancel_at_period_end = False
        self.billing_behavior = self.trial_end = self.extended_from = self.declined_since = None
        self.upcoming = ()
        self.prorations = ()
        self.usage = 0
        self.dunning_until = None
        self.billing_retry_at = None
        self._bill(invoice_id)
