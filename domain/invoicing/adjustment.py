"""What was done to an issued invoice's service and money, as much as later figures rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - stored events are decoded by these annotations


@dataclass(frozen=True, slots=True)
class NotedLine:
    """What a credit note takes off one line."""

    line_id: str
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What is put back onto one line. Its deferral is earned over `[start, end)` from now on.
    `forgone` is income of a won dispute."""

    line_id: str
    unearned: int
    earned: int
    tax: int
    start: date
    end: date
    forgone: int = 0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`kind`: moved, ended, credited, line_credited, lines_credited, refunded, restored,
    disputed, dispute_won.

    `spans`: a line's new service. `ref`: the credit note, refund or dispute that it belongs to.
    """

    kind: str
    on: date
    amount: int = 0
    policy: str = "proportional"
    line_id: str | None = None
    tax: int = 0
    spans: tuple[tuple[str, date, date], ...] = ()
    ref: str | None = None
    lines: tuple[NotedLine, ...] = ()
    restored: tuple[Restored, ...] = ()
