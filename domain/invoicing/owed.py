"""What is owed of an invoice, what was paid, and what of it has gone back."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from domain.invoicing.adjustment import Adjustment, NotedLine
    from domain.invoicing.lines import Line


class Status(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAST_DUE = "past_due"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


PAYABLE = frozenset({Status.OPEN, Status.PAST_DUE})
TERMINAL = frozenset({Status.PAID, Status.VOID, Status.UNCOLLECTIBLE})


class Owed:
    """The amounts of an invoice, in minor units."""

    status: Status
    strategy: str
    total: int
    amount_paid: int
    balance_applied: int
    booked_on: date | None
    adjustments: tuple[Adjustment, ...]

    def _nothing_went_back(self) -> None:
        """`credited` is off what is owed, `given` beyond that, both by notes; `to_balance` what of
        that and of refunds became the customer's credit; `cards` what cards paid and has not gone
        back to them; `noted` what notes took off before it was booked; `disputes` what banks took
        back of it and did not return; `returned` what became the customer's credit as it ended,
        `withheld` what would have, had no bank held it then."""
        self.credited = 0
        self.given = 0
        self.refunded = 0
        self.to_balance = 0
        self.cards: dict[str, int] = {}
        self.noted: dict[str, tuple[NotedLine, ...]] = {}
        self.written_off = 0
        self.recovered = 0
        self.disputes: dict[str, int] = {}
        self.returned = 0
        self.withheld = 0

    @property
    def amount_remaining(self) -> int:
        """What is still owed; nothing once the invoice is void or given up."""
        if self.status in {Status.VOID, Status.UNCOLLECTIBLE}:
            return 0
        return self.total - self.amount_paid - self.balance_applied - self.credited

    @property
    def unapplied(self) -> int:
        """What came in part for an invoice that books nothing before it is fully paid, and is
        still here: what its bank took back the customer has."""
        return max(self.waiting_money - sum(self.disputes.values()), 0)

    @property
    def waiting_money(self) -> int:
        """The same, gross: as it stands in the books."""
        return self.amount_paid + self.balance_applied if self.waiting else 0

    @property
    def won_a_dispute(self) -> bool:
        """Then less is left of its lines than of its money: their deferral became income."""
        return any(each.kind == "dispute_won" for each in self.adjustments)

    @property
    def by_payment(self) -> bool:
        return self.strategy == "invoice_payment"

    @property
    def waiting(self) -> bool:
        """Recognised by payment and not fully paid yet: its books are still empty."""
        return self.by_payment and self.booked_on is None

    @property
    def returnable(self) -> int:
        """What was paid or settled from credit and has not gone back in any way."""
        return max(self.amount_paid + self.balance_applied - self.gone_back, 0)

    @property
    def gone_back(self) -> int:
        """By refunds and notes, and what banks took back in disputes."""
        return self.refunded + self.given + sum(self.disputes.values())

    def lowered(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """The lines less what notes took off them before they were booked."""
        taken = [each for note in self.noted.values() for each in note]
        if not taken:
            return lines
        return tuple(
            replace(
                line,
                amount=line.amount - sum(each.net for each in taken if each.line_id == line.id),
                tax=line.tax - sum(each.tax for each in taken if each.line_id == line.id),
            )
            for line in lines
        )
