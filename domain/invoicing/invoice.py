"""An invoice: the document, and what is done to its service and its money after it was issued."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.invoicing.adjustment import Adjustment
from domain.invoicing.document import PAYABLE as PAYABLE
from domain.invoicing.document import TERMINAL as TERMINAL
from domain.invoicing.document import Status as Status
from domain.invoicing.ending import Ending
from domain.invoicing.lines import Line  # noqa: TC001 - as above
from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event


class Invoice(Ending):
    """Amounts are minor units of `currency`. Tax is beside the net, total = subtotal + tax."""

    TOPIC = "invoice"
    prefix = "inv"

    class ServiceMoved(Aggregate.Event):
        """What is not earned yet is earned over the lines' new days instead; no money moves."""

        TOPIC = "invoice.service_moved"
        moved_at: datetime
        moved_on: date
        lines: tuple[Line, ...]
        period_start: datetime | None = None
        period_end: datetime | None = None

    def move_service(self, lines: tuple[Line, ...], *, at: datetime, on: date) -> None:
        """`lines` are all of them, those whose service moves with their new one."""
        starts = [line.period_start for line in lines if line.period_start is not None]
        ends = [line.period_end for line in lines if line.period_end is not None]
        self._service_moved(
            moved_at=at, moved_on=on, lines=lines, period_start=min(starts, default=None),
            period_end=max(ends, default=None),
        )  # fmt: skip

    @event(ServiceMoved)
    def _service_moved(self, moved_on: date, lines: tuple[Line, ...]) -> None:
        spans = tuple(moved_spans(self.lines, lines))
        self.lines = lines
        if self.booked_on is not None:
            self._adjusted(Adjustment("moved", moved_on, spans=spans))

    class ServiceEnded(Aggregate.Event):
        """Nothing further is delivered: what is left of the deferral is earned that day."""

        TOPIC = "invoice.service_ended"
        ended_at: datetime
        ended_on: date

    def end_service(self, *, at: datetime, on: date) -> None:
        self._service_ended(ended_at=at, ended_on=on)

    @event(ServiceEnded)
    def _service_ended(self, ended_on: date) -> None:
        self._adjusted(Adjustment("ended", ended_on))

    class Credited(Aggregate.Event):
        """Part of what was billed is taken back: `amount` gross, of it `receivable` off what is
        owed and `balance` to the customer's balance. With a `line_id` it is that line's `net`
        and `tax`, unearned since `credited_on`, whose own earning goes on."""

        TOPIC = "invoice.credited"
        credit_note_id: str
        amount: int
        receivable: int
        balance: int
        policy: str
        credited_at: datetime
        credited_on: date
        completes: bool
        reason: str | None = None
        line_id: str | None = None
        net: int = 0
        tax: int = 0

    def credit(
        self,
        credit_note_id: str,
        amount: int,
        *,
        balance: int = 0,
        policy: str,
        at: datetime,
        on: date,
        reason: str | None = None,
        line: tuple[str, int, int] | None = None,
    ) -> None:
        """`line`: its id, net and tax. A note that leaves nothing owed makes the invoice paid.

        Raises Conflict `payment_in_progress`, Invalid `amount_exceeds_outstanding`.
        """
        self._require_no_open_payment()
        owed = self.amount_remaining if self.status in PAYABLE else 0
        if amount - balance > owed:
            raise Invalid.one("amount", "amount_exceeds_outstanding", f"{owed} is owed")
        line_id, net, tax = line or (None, 0, 0)
        completes = self.status in PAYABLE and amount - balance == owed
        self._credited(
            credit_note_id=credit_note_id, amount=amount, receivable=amount - balance,
            balance=balance, policy=policy, credited_at=at, credited_on=on, completes=completes,
            reason=reason, line_id=line_id, net=net, tax=tax,
        )  # fmt: skip

    @event(Credited)
    def _credited(
        self,
        amount: int,
        receivable: int,
        policy: str,
        credited_on: date,
        completes: bool,
        line_id: str | None,
        net: int,
        tax: int,
    ) -> None:
        self.credited += receivable
        if completes:
            self.status = Status.PAID
        if line_id is None:
            self._adjusted(Adjustment("credited", credited_on, amount, policy))
        else:
            self._adjusted(Adjustment("line_credited", credited_on, net, policy, line_id, tax))

    class Refunded(Aggregate.Event):
        """Money paid back of a paid invoice, gross. `to`: card, balance or offline."""

        TOPIC = "invoice.refunded"
        refund_id: str
        amount: int
        to: str
        policy: str
        refunded_at: datetime
        refunded_on: date
        reason: str | None = None

    @property
    def refundable(self) -> int:
        """What was paid and has not gone back."""
        if self.status is not Status.PAID:
            return 0
        return max(self.amount_paid + self.balance_applied - self.refunded, 0)

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
    ) -> None:
        """Raises Conflict `invoice_not_refundable`, Invalid `amount_exceeds_refundable`."""
        self._require_no_open_payment()
        if self.status is not Status.PAID:
            raise Conflict("invoice_not_refundable", f"invoice is {self.status}")
        if amount > self.refundable:
            raise Invalid.one(
                "amount", "amount_exceeds_refundable", f"{self.refundable} can go back"
            )
        self._refunded(
            refund_id=refund_id, amount=amount, to=to, policy=policy, refunded_at=at,
            refunded_on=on, reason=reason,
        )  # fmt: skip

    @event(Refunded)
    def _refunded(self, amount: int, policy: str, refunded_on: date) -> None:
        self.refunded += amount
        self._adjusted(Adjustment("refunded", refunded_on, amount, policy))

    def _adjusted(self, adjustment: Adjustment) -> None:
        self.adjustments = (*self.adjustments, adjustment)


def moved_spans(before: tuple[Line, ...], after: tuple[Line, ...]) -> list[tuple[str, date, date]]:
    """Of the lines whose service moved: id and new service dates."""
    old = {line.id: (line.service_start, line.service_end) for line in before}
    return [
        (line.id, line.service_start, line.service_end)
        for line in after
        if line.service_start is not None and line.service_end is not None
        and old[line.id] != (line.service_start, line.service_end)
    ]  # fmt: skip
