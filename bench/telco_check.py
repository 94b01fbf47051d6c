"""What the telephone company's file must come to, straight from its columns.

Written without the service: nothing of it is imported here. Every subscription begins on the first
of a month, `tenure` months before 2026, and is billed for 1, 12 or 24 months at a time while a
period begins before 2026; each invoice is earned by days, rounded on the cumulative figure.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = {"Month-to-month": 1, "One year": 12, "Two year": 24}
END = 2026 * 12


@dataclass
class Figures:
    """Cents; `recognized` by month (`2025-12`), `deferred` at 2025-12-31 by customerID."""

    invoices: int = 0
    billed: int = 0
    recognized: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)


def expected(path: Path) -> Figures:
    found = Figures()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            months = MONTHS[row["Contract"]]
            amount = int(Decimal(row["MonthlyCharges"]) * 100 * months)
            for first in range(END - int(row["tenure"]), END, months):
                _bill(found, row["customerID"], amount, first, months)
    return found


def _bill(found: Figures, customer: str, amount: int, first: int, months: int) -> None:
    found.invoices += 1
    found.billed += amount
    days, before = (_day(first + months) - _day(first)).days, 0
    for month in range(first, min(first + months, END)):
        through = (2 * amount * (_day(month + 1) - _day(first)).days + days) // (2 * days)
        found.recognized[f"{_day(month):%Y-%m}"] += through - before
        before = through
    found.deferred[customer] += amount - before


def _day(month: int) -> date:
    """The first of the month so many months after the year 0."""
    return date(month // 12, month % 12 + 1, 1)
