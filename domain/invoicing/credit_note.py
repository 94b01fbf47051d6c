"""A credit note: the numbered document by which part of an invoice is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import ClassVar

from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict
from domain.shared.facts import event

SERIES = "CN-"
"""Credit notes are numbered apart from invoices, each series without a gap."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What is taken off one of the invoice's lines: its net and the tax that goes with it."""

    line_id: str
    description: str
    amount: int
    tax: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """`to`: receivable (off what is owed), card, balance or offline (given back). Gross."""

    to: str
    amount: int


class CreditNote(Aggregate):
    """Amounts are minor units of `currency`; total = subtotal + tax = the allocations' sum."""

    TOPIC = "credit_note"
    prefix = "cn"

    class Created(Aggregate.Created):
        """The document as it stands. The store gives `number` from `series`."""

        TOPIC = "credit_note.created"
        SERIES_FIELD: ClassVar = "series"
        series: str
        customer_id: str
        invoice_id: str
        currency: str
        lines: tuple[NoteLine, ...]
        subtotal: int
        tax: int
        total: int
        allocations: tuple[Allocation, ...]
        policy: str
        issued_at: datetime
        issued_on: date
        reason: str | None = None
        invoice_number: str | None = None
        subscription_id: str | None = None
        number: str | None = None

    def __init__(
        self,
        *,
        customer_id: str,
        invoice_id: str,
        currency: str,
        total: int,
        allocations: tuple[Allocation, ...],
        number: str | None,
    ) -> None:
        self.customer_id = customer_id
        self.invoice_id = invoice_id
        self.currency = currency
        self.total = total
        self.allocations = allocations
        self.number = number
        self.status = "issued"

    class Voided(Aggregate.Event):
        TOPIC = "credit_note.voided"
        voided_at: datetime
        voided_on: date
        reason: str | None = None

    def void(self, *, at: datetime, on: date, reason: str | None = None) -> None:
        """Raises Conflict `credit_note_not_voidable` once it is void or money left by it."""
        if self.status != "issued":
            raise Conflict("credit_note_not_voidable", "it is void already")
        if any(part.amount and part.to != "receivable" for part in self.allocations):
            raise Conflict("credit_note_not_voidable", "money was given back by it")
        self._voided(voided_at=at, voided_on=on, reason=reason)

    @event(Voided)
    def _voided(self) -> None:
        self.status = "void"
