"""What was done to an issued invoice's service and money, as much as later figures rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`kind`: moved, ended, credited, line_credited, refunded. `spans`: a line's new service."""

    kind: str
    on: date
    amount: int = 0
    policy: str = "proportional"
    line_id: str | None = None
    tax: int = 0
    spans: tuple[tuple[str, date, date], ...] = ()
