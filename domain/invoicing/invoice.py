"""An invoice: the document, and what is done to its service and its money after it was issued."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations

from domain.invoicing.adjustment import Adjustment
from domain.invoicing.disputing import Disputing
from domain.invoicing.document import PAYABLE as PAYABLE
from domain.invoicing.document import TERMINAL as TERMINAL
from domain.invoicing.document import Status as Status
from domain.invoicing.lines import Line  # noqa: TC001 - as above
from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.shared.personal import PARTY


class Invoice(Disputing):
    """Amounts are minor units of `currency`. Tax is beside the net, total = subtotal + tax."""

    TOPIC = "invoice"
    prefix = "inv"
    PERSONAL_OF = ("customer_id", PARTY)

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


def moved_spans(before: tuple[Line, ...], after: tuple[Line, ...]) -> list[tuple[str, date, date]]:
    """Of the lines whose service moved: id and new service dates."""
    old = {line.id: (line.service_start, line.service_end) for line in before}
    return [
        (line.id, line.service_start, line.service_end)
        for line in after
        if line.service_start is not None and line.service_end is not None
        and old[line.id] != (line.service_start, line.service_end)
    ]  # fmt: skip
