"""The log as a file: what `/events` lists, with the same filters in the same order."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from domain.shared.errors import Invalid
from projections.event_log import COLUMNS, Selection, render, selection
from projections.exports import Cell, disarmed
from projections.groups import RESOURCES
from projections.workbook import write_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from projections.group import Group
    from projections.reading import Reading

HEADER = (
    "id", "position", "type", "subject", "subject_version", "actor", "triggered_by", "reason",
    "request_id", "recorded_at", "data",
)  # fmt: skip
_ROWS_AT_ONCE = 2000
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class EventFile:
    selection: Selection

    name = "events"
    permission = "events:read"
    group: Group = RESOURCES

    @classmethod
    def asked(cls, query: Mapping[str, str], timezone: str) -> EventFile:
        """Raises Invalid."""
        wrong = [name for name in ("limit", "cursor") if name in query]
        if wrong:
            raise Invalid.one(wrong[0], "unknown_filter", "a file holds all rows")
        return cls(selection(dict(query), timezone))

    def write(self, reading: Reading, form: str) -> Iterable[bytes]:
        if form == "csv":
            return self._csv(reading)
        cells = tuple(Cell(name, "text", "", "") for name in HEADER)
        rows = (tuple(_texts(event)) for event in self._events(reading))
        file = write_sheet(self.name, cells, rows)
        return iter(lambda: file.read(_PIECE), b"")

    def count(self, reading: Reading) -> int | None:
        statement = (
            "SELECT count(*) FROM stored_events e"
            f" WHERE e.account_id = %(account)s{self.selection.more}"
        )
        return int(reading.select(statement, self.selection.bound)[0][0])

    def _csv(self, reading: Reading) -> Iterator[bytes]:
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, lineterminator="\r\n")
        writer.writerow(HEADER)
        for event in self._events(reading):
            writer.writerow([disarmed(each) if each else each for each in _texts(event)])
            if lines.tell() >= _PIECE:
                yield lines.getvalue().encode()
                lines.seek(0)
                lines.truncate()
        yield lines.getvalue().encode()

    def _events(self, reading: Reading) -> Iterator[dict[str, Any]]:
        statement = (
            f"SELECT {COLUMNS} FROM stored_events e WHERE e.account_id = %(account)s"
            f"{self.selection.more} ORDER BY e.position {self.selection.order}"
        )
        bound = {**self.selection.bound, "account": reading.account_id}
        with reading.cursor.connection.cursor("events", binary=True) as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            for row in cursor.execute(statement, bound):
                yield render(row, livemode=reading.livemode)


def _texts(event: dict[str, Any]) -> Iterator[str | None]:
    for name in HEADER:
        value = event[name]
        yield orjson.dumps(value).decode() if name == "data" else value and str(value)
