"""How money of an invoice goes back to the customer, and how it comes after all was given up."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TYPE_CHECKING

from domain.invoicing.adjustment import Adjustment, Restored
from domain.invoicing.crediting import Crediting
from domain.invoicing.document import PAYABLE, Status
from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event

if TYPE_CHECKING:
    from collections.abc import Sequence


class Returning(Crediting):
    class Refunded(Aggregate.Event):
        """Money paid back of what was paid, gross. `to`: card (of `payment_id`), balance or
        offline."""

        TOPIC = "invoice.refunded"
        refund_id: str
        amount: int
        to: str
        policy: str
        refunded_at: datetime
        refunded_on: date
        reason: str | None = None
        payment_id: str | None = None

    @property
    def refundable(self) -> int:
        """What a refund can give back. Of an unpaid invoice it is money only: credit that was
        applied returns when it is void; what waits to be booked returns as well."""
        if self.status is Status.PAID:
            return self.returnable
        if self.status in PAYABLE and not self.waiting:
            return max(self.amount_paid - self.gone_back, 0)
        return 0

    def require_refundable(self) -> None:
        """Raises Conflict `payment_in_progress` or `invoice_not_refundable`."""
        self._require_no_open_payment()
        if self.status is not Status.PAID and not (self.status in PAYABLE and self.refundable):
            raise Conflict("invoice_not_refundable", f"invoice is {self.status}")

    def refund(
        self,
        refund_id: str,
        amount: int,
        to: str,
        *,
        policy: str,
        at: datetime,
        on: date,
        reason: str | None = None,
        payment_id: str | None = None,
    ) -> None:
        """Raises as `require_refundable`, Invalid `amount_exceeds_refundable`."""
        self.require_refundable()
        if amount > self.refundable:
            raise Invalid.one(
                "amount", "amount_exceeds_refundable", f"{self.refundable} can go back"
            )
        self._refunded(
            refund_id=refund_id, amount=amount, to=to, policy=policy, refunded_at=at,
            refunded_on=on, reason=reason, payment_id=payment_id,
        )  # fmt: skip

    @event(Refunded)
    def _refunded(
        self,
        refund_id: str,
        amount: int,
        to: str,
        policy: str,
        refunded_on: date,
        payment_id: str | None,
    ) -> None:
        self.refunded += amount
        self.to_balance += amount if to == "balance" else 0
        if to == "card":
            self._took_from_cards({payment_id or next(reversed(self.cards), ""): amount})
        self._adjusted(Adjustment("refunded", refunded_on, amount, policy, ref=refund_id))

    class RefundReversed(Aggregate.Event):
        """The gateway refused to pay it out: as if it had not been asked. `lines` mirror it."""

        TOPIC = "invoice.refund_reversed"
        refund_id: str
        amount: int
        reversed_at: datetime
        reversed_on: date
        lines: tuple[Restored, ...]
        payment_id: str | None = None

    def reverse_refund(
        self,
        refund_id: str,
        amount: int,
        payment_id: str | None,
        *,
        at: datetime,
        on: date,
        lines: Sequence[Restored],
    ) -> None:
        self._refund_reversed(
            refund_id=refund_id, amount=amount, payment_id=payment_id, reversed_at=at,
            reversed_on=on, lines=tuple(lines),
        )  # fmt: skip

    @event(RefundReversed)
    def _refund_reversed(
        self,
        refund_id: str,
        amount: int,
        payment_id: str | None,
        reversed_on: date,
        lines: tuple[Restored, ...],
    ) -> None:
        self.refunded -= amount
        self._took_from_cards({payment_id or "": -amount})
        self._adjusted(Adjustment("restored", reversed_on, ref=refund_id, restored=lines))

    class Recovered(Aggregate.Event):
        """Money that came after the invoice was given up. Its status stays what it is."""

        TOPIC = "invoice.recovered"
        payment_id: str
        amount: int
        source: str
        recovered_at: datetime
        recovered_on: date

    def recover(
        self, payment_id: str, amount: int, source: str = "offline", *, at: datetime, on: date
    ) -> None:
        """`source`: offline, or online for a charge of which the gateway tells late.

        Raises as `require_uncollectible`, Invalid `amount_exceeds_written_off`.
        """
        self.require_uncollectible()
        if not 0 < amount <= self.recoverable:
            detail = f"{self.recoverable} of what was written off has not come back"
            raise Invalid.one("amount", "amount_exceeds_written_off", detail)
        self._recovered(
            payment_id=payment_id, amount=amount, source=source, recovered_at=at,
            recovered_on=on,
        )  # fmt: skip

    @event(Recovered)
    def _recovered(self, amount: int) -> None:
        self.recovered += amount

    @property
    def recoverable(self) -> int:
        return self.written_off - self.recovered

    def require_uncollectible(self) -> None:
        """Raises Conflict `invoice_not_uncollectible`."""
        if self.status is not Status.UNCOLLECTIBLE:
            raise Conflict("invoice_not_uncollectible", f"invoice is {self.status}")
