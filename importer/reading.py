"""The file read to its end before anything is written: what is wrong with it, and its rows kept."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from domain.shared.period import midnight
from importer.problems import Problem
from importer.source import rows
from importer.subscriber import read_subscriber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import TextIO

    from importer.mapping import Mapping
    from importer.staging import Staging
    from importer.subscriber import Subscription


def read_file(
    path: Path, mapping: Mapping, timezone: str, staging: Staging, on_row: Callable[[], None]
) -> Iterator[Problem]:
    """Every problem, as it is met; every row without one is in the staging afterwards."""
    for line, row in rows(path, mapping):
        on_row()
        if isinstance(row, Problem):
            yield row
            continue
        read = read_subscriber(mapping, line, row)
        if isinstance(read, list):
            yield from read
        else:
            starts = midnight(read.subscription.start, timezone)
            yield from staging.add(read, starts, _cancels(read.subscription, timezone))
    staging.finish()


def _cancels(subscription: Subscription, timezone: str) -> datetime | None:
    """The day asked for, or the start where that is later."""
    asked = subscription.cancel_at_period_end_on
    return None if asked is None else midnight(max(asked, subscription.start), timezone)


class ErrorFile:
    """Problems as CSV: line, column, reason."""

    def __init__(self, file: TextIO | None) -> None:
        self._writer = None if file is None else csv.writer(file, lineterminator="\n")
        self.lines = 0
        self._line = 0
        self.first: list[Problem] = []
        self.count = 0
        if self._writer:
            self._writer.writerow(Problem._fields)

    def take(self, problem: Problem) -> None:
        self.count += 1
        self.lines += problem.line != self._line
        self._line = problem.line
        if len(self.first) < 10:
            self.first.append(problem)
        if self._writer:
            self._writer.writerow(problem)
