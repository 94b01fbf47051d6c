"""How a bank takes a card payment of an invoice back, and how that money returns."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TYPE_CHECKING

from domain.invoicing.adjustment import Adjustment, Restored
from domain.invoicing.owed import Status
from domain.invoicing.returning import Returning
from domain.shared.aggregate import Aggregate
from domain.shared.facts import event

if TYPE_CHECKING:
    from collections.abc import Sequence


class Disputing(Returning):
    class Disputed(Aggregate.Event):
        """`amount` left us. `counted` of it is money of this invoice that had not gone back:
        its lines bear that, as far as they go. `booked`: the invoice was in the books."""

        TOPIC = "invoice.disputed"
        dispute_id: str
        payment_id: str
        amount: int
        counted: int
        booked: bool
        disputed_at: datetime
        disputed_on: date

    def dispute(
        self, dispute_id: str, payment_id: str, amount: int, *, at: datetime, on: date
    ) -> None:
        """In every status: nobody asks us."""
        self._disputed(
            dispute_id=dispute_id, payment_id=payment_id, amount=amount,
            counted=self.disputable(payment_id, amount),
            booked=self.booked_on is not None, disputed_at=at, disputed_on=on,
        )  # fmt: skip

    def disputable(self, payment_id: str, amount: int) -> int:
        """Of so much that a bank took: the payment's money here that had not gone back."""
        ended = self.status in {Status.VOID, Status.UNCOLLECTIBLE}
        if ended and (self.returned or self.waiting):
            return 0
        return min(amount - self._in_credit(amount), self._left_of(payment_id))

    def became_credit(self, payment_id: str, amount: int) -> int:
        """Of so much of the payment: what went to the customer's balance, as this ended unpaid or
        was given back."""
        return min(self.returned, self._left_of(payment_id)) + self._in_credit(amount)

    def _in_credit(self, amount: int) -> int:
        """What was given back to the balance and would come twice: more than was ever settled."""
        twice = self.gone_back + amount - self.amount_paid - self.balance_applied
        return max(min(twice, self.to_balance), 0)

    def _left_of(self, payment_id: str) -> int:
        return max(self.cards.get(payment_id, 0), 0)

    def owed_when_won(self, dispute_id: str) -> int:
        """What of it is the customer's: the invoice ended unpaid, with nothing booked."""
        return min(self.disputes.get(dispute_id, 0), self.withheld)

    @event(Disputed)
    def _disputed(
        self, dispute_id: str, payment_id: str, counted: int, booked: bool, disputed_on: date
    ) -> None:
        self.disputes = {**self.disputes, dispute_id: counted}
        self._took_from_cards({payment_id: counted})
        if booked:
            self._adjusted(Adjustment("disputed", disputed_on, counted, ref=dispute_id))

    class DisputeWon(Aggregate.Event):
        """The money is back. `lines` say what the dispute took of each; deferral that it took is
        not earned any more, but income of its own. `amount` is what was a loss or of the lines:
        not what becomes the customer's credit."""

        TOPIC = "invoice.dispute_won"
        dispute_id: str
        payment_id: str
        amount: int
        counted: int
        won_at: datetime
        won_on: date
        lines: tuple[Restored, ...] = ()

    def win_dispute(
        self,
        dispute_id: str,
        payment_id: str,
        amount: int,
        counted: int,
        *,
        at: datetime,
        on: date,
        lines: Sequence[Restored],
    ) -> None:
        self._dispute_won(
            dispute_id=dispute_id, payment_id=payment_id, amount=amount, counted=counted,
            won_at=at, won_on=on, lines=tuple(lines),
        )  # fmt: skip

    @event(DisputeWon)
    def _dispute_won(
        self,
        dispute_id: str,
        payment_id: str,
        counted: int,
        won_on: date,
        lines: tuple[Restored, ...],
    ) -> None:
        self.withheld -= self.owed_when_won(dispute_id)
        self.disputes = {ref: kept for ref, kept in self.disputes.items() if ref != dispute_id}
        self._took_from_cards({payment_id: -counted})
        if lines:
            self._adjusted(Adjustment("dispute_won", won_on, ref=dispute_id, restored=lines))
