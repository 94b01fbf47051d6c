"""How an invoice ends unpaid: void, or given up as uncollectible."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.invoicing.document import Status
from domain.invoicing.settling import Settling
from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event


class Ending(Settling):
    class Voided(Aggregate.Event):
        """`returned` is money that had been counted and went to the customer's balance before;
        where nothing was booked yet, the rest of it a bank holds and is no debt of ours.
        `won`: a dispute of it was."""

        TOPIC = "invoice.voided"
        voided_at: datetime
        voided_on: date
        reason: str | None = None
        returned: int = 0
        won: bool = False

    def void(self, *, at: datetime, on: date, reason: str | None = None) -> None:
        """Raises Conflict `invoice_terminal`, `invoice_has_payments` or `payment_in_progress`."""
        self.require_not_terminal()
        if self.status is Status.DRAFT:
            raise Conflict("invoice_not_issued", "a draft has nothing to void")
        if self.amount_paid > self.refunded and not self.by_payment:
            raise Conflict("invoice_has_payments", "refund what was paid first")
        returned = self.unapplied
        self._voided(
            voided_at=at, voided_on=on, reason=reason, returned=returned, won=self.won_a_dispute
        )

    def void_and_return(self, *, at: datetime, on: date, reason: str) -> int:
        """A job's void: what was paid in part is returned to the customer. Gives that amount."""
        self.require_not_terminal()
        kept = max(self.amount_paid - self.gone_back, 0)
        returned = self.unapplied if self.by_payment else kept
        self._voided(
            voided_at=at, voided_on=on, reason=reason, returned=returned, won=self.won_a_dispute
        )
        return returned

    @event(Voided)
    def _voided(self, returned: int) -> None:
        self._ended_unpaid(returned)
        self.status = Status.VOID

    class MarkedUncollectible(Aggregate.Event):
        """`returned` is unapplied money that went to the customer's balance (by-payment only).
        `won`: a dispute of it was.

        `tax_relief` says that the state gives the tax back: the account's setting of the day."""

        TOPIC = "invoice.marked_uncollectible"
        marked_at: datetime
        marked_on: date
        reason: str | None = None
        returned: int = 0
        tax_relief: bool = True
        won: bool = False

    def mark_uncollectible(
        self, *, at: datetime, on: date, reason: str | None = None, tax_relief: bool = True
    ) -> None:
        """Raises Conflict `invoice_terminal`, `invoice_not_issued` or `payment_in_progress`."""
        self.require_not_terminal()
        if self.status is Status.DRAFT:
            raise Conflict("invoice_not_issued", "a draft is not owed yet")
        returned = self.unapplied
        self._marked_uncollectible(
            marked_at=at, marked_on=on, reason=reason, returned=returned, tax_relief=tax_relief,
            won=self.won_a_dispute,
        )  # fmt: skip

    @event(MarkedUncollectible)
    def _marked_uncollectible(self, returned: int) -> None:
        self.written_off = self.amount_remaining + self.waiting_money
        self._ended_unpaid(returned)
        self.status = Status.UNCOLLECTIBLE

    def _ended_unpaid(self, returned: int) -> None:
        self.returned, self.withheld = returned, max(self.waiting_money - returned, 0)
