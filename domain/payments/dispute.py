"""A payment that the customer's bank takes back, until it is decided whose the money is."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from enum import StrEnum

from domain.shared.aggregate import Aggregate
from domain.shared.facts import event


class Status(StrEnum):
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


class Dispute(Aggregate):
    TOPIC = "dispute"
    prefix = "dp"

    class Created(Aggregate.Created):
        """The gateway took `amount` back. What it does to an invoice is posted with that, and what
        it takes `from_balance` with the credit; money of no invoice that is credit no more is a
        loss."""

        TOPIC = "dispute.opened"
        payment_id: str
        customer_id: str
        amount: int
        currency: str
        gateway: str
        gateway_reference: str
        opened_at: datetime
        opened_on: date
        invoice_id: str | None = None
        reason: str | None = None
        from_balance: int = 0

    def __init__(
        self,
        *,
        payment_id: str,
        customer_id: str,
        amount: int,
        currency: str,
        invoice_id: str | None,
        from_balance: int,
    ) -> None:
        self.payment_id = payment_id
        self.customer_id = customer_id
        self.amount = amount
        self.currency = currency
        self.invoice_id = invoice_id
        self.from_balance = from_balance
        self.status = Status.OPENED

    class Won(Aggregate.Event):
        """The money is back. It says once more what it was, as `Created` did."""

        TOPIC = "dispute.won"
        customer_id: str
        amount: int
        currency: str
        won_at: datetime
        won_on: date
        invoice_id: str | None = None
        from_balance: int = 0

    def win(self, *, at: datetime, on: date) -> bool:
        """Also of one that was told lost before: gateways tell in no order. Whether it is news."""
        if self.status is Status.WON:
            return False
        self._won(
            customer_id=self.customer_id, amount=self.amount, currency=self.currency, won_at=at,
            won_on=on, invoice_id=self.invoice_id, from_balance=self.from_balance,
        )  # fmt: skip
        return True

    @event(Won)
    def _won(self) -> None:
        self.status = Status.WON

    class Lost(Aggregate.Event):
        """The money stays away: nothing further is posted."""

        TOPIC = "dispute.lost"
        lost_at: datetime
        lost_on: date

    def lose(self, *, at: datetime, on: date) -> bool:
        """Whether it is news: what was won stays so."""
        if self.status is not Status.OPENED:
            return False
        self._lost(lost_at=at, lost_on=on)
        return True

    @event(Lost)
    def _lost(self) -> None:
        self.status = Status.LOST
