"""What rules read and give: an invoice's lines as the books hold them, and a fact's postings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from domain.ledger.segments import Segment, unearned_before
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from datetime import date

    from domain.ledger.chart import Account


@dataclass(frozen=True, slots=True)
class Charge:
    """A line as billed: net and tax in minor units, service over `[start, end)` or at once.

    `held`: from a day that is not known yet, and nothing is earned before.
    """

    line_id: str
    net: int
    tax: int
    start: date | None = None
    end: date | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: debits are positive, credits negative."""

    account: Account
    amount: int
    line_id: str | None = None


@dataclass(frozen=True, slots=True)
class LineBook:
    """A booked line: billed net and tax, what was reversed so far, and its segments in order.

    `forgone` is deferral that a dispute took: reversed, and income of its own since it was won.
    """

    line_id: str
    net: int
    tax: int
    segments: tuple[Segment, ...]
    net_reversed: int = 0
    tax_reversed: int = 0
    forgone: int = 0

    def remains(self, day: date) -> tuple[int, int, int, int]:
        """Unearned, earned and tax that nothing has reversed yet, as a stop on `day` finds them,
        and what was forgone and came back."""
        deferred = sum(unearned_before(segment, day) for segment in self.segments)
        earned, tax = self.net - self.net_reversed - deferred, self.tax - self.tax_reversed
        return deferred, earned, tax, self.forgone


class PutBack(Protocol):
    """What goes back onto one line, its deferral to be earned over `[start, end)`."""

    @property
    def line_id(self) -> str: ...
    @property
    def unearned(self) -> int: ...
    @property
    def earned(self) -> int: ...
    @property
    def tax(self) -> int: ...
    @property
    def forgone(self) -> int: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """An invoice that was given up: the total, and of it what became bad debt and what the state
    gave back of the tax. `recovered` came in since."""

    total: int
    expensed: int
    tax: int
    recovered: int = 0

    def parted(self, amount: int) -> tuple[int, int, int]:
        """Of so much in all: tax owed again, bad debt undone, and income."""
        tax = round_half_away(amount * self.tax, self.total) if self.total else 0
        expense = min(amount - tax, self.expensed)
        return tax, expense, amount - tax - expense


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry, and the lines it touched as they stand after it; the others are absent."""

    postings: tuple[Posting, ...] = ()
    lines: tuple[LineBook, ...] = ()
