"""The lines of an invoice whose service moves to other days, or has none yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.invoicing.lines import Line
    from domain.subscriptions.phases import Phase


def held(line: Line) -> Line:
    """Of a gift that waits for its recipient: what it pays for has no days yet."""
    return replace(
        line, period_start=None, period_end=None, service_start=None, service_end=None, held=True
    )


def redeemed_lines(lines: Sequence[Line], phase: Phase, timezone: str) -> tuple[Line, ...]:
    """Those that were held are of the term that begins."""
    return tuple(
        replace(_during(line, phase, timezone), held=False) if line.held else line for line in lines
    )


def redated(
    lines: Sequence[Line], since: datetime, phase: Phase, timezone: str
) -> tuple[Line, ...]:
    """The lines of a term that began at `since` and that a payment moved to `phase`. What the
    term before brought stays where it was."""
    return tuple(
        _during(line, phase, timezone)
        if line.period_end is None or line.period_end > since
        else line
        for line in lines
    )


def moved_lines(lines: Sequence[Line], old: Phase, new: Phase, timezone: str) -> tuple[Line, ...]:
    """Those of the old phase's end are of the new one; a later part of it keeps its beginning."""
    return tuple(
        _during(line, _of(line, old, new), timezone) if line.period_end == old.end else line
        for line in lines
    )


def _of(line: Line, old: Phase, new: Phase) -> Phase:
    whole = line.period_start == old.start or line.period_start is None
    return new if whole or line.period_start is None else replace(new, start=line.period_start)


def _during(line: Line, phase: Phase, timezone: str) -> Line:
    return replace(
        line,
        period_start=phase.start,
        period_end=phase.end,
        service_start=accounting_date(phase.start, timezone),
        service_end=accounting_date(phase.end, timezone),
    )
