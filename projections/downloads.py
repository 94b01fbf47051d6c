"""What can be had as a file: a list, a report or the log, by name and by the query of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from domain.shared.errors import FieldError, Invalid, NotFound
from projections import lists
from projections.event_file import EventFile
from projections.exports import write_csv
from projections.groups import BY_NAME as GROUPS
from projections.groups import RESOURCES
from projections.reports.all_reports import REPORTS
from projections.reports.asking import asked_of
from projections.resources import BY_NAME
from projections.workbook import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from projections.group import Group
    from projections.lists import Filters
    from projections.reading import Reading
    from projections.reports.report import Asked, Report
    from projections.resource import Resource
    from store.connections import Connections

FORMATS = ("csv", "xlsx")
_PIECE = 1 << 16


class File(Protocol):
    """`permission` is what it takes to see the rows."""

    @property
    def name(self) -> str: ...

    @property
    def permission(self) -> str: ...

    @property
    def group(self) -> Group: ...

    def write(self, reading: Reading, form: str) -> Iterable[bytes]:
        """In pieces. The reading must stay open."""

    def count(self, reading: Reading) -> int | None:
        """How many rows it will have, where that is soon known."""


@dataclass(frozen=True, slots=True)
class ListFile:
    """The list's own filters and order: one WHERE for both."""

    resource: Resource[Any]
    filters: Filters

    group = RESOURCES

    @property
    def name(self) -> str:
        return self.resource.name

    @property
    def permission(self) -> str:
        return f"{self.name}:read"

    def write(self, reading: Reading, form: str) -> Iterable[bytes]:
        export = self.resource.exported
        if form == "csv":
            return write_csv(reading, export, self.filters)
        return of_file(write_xlsx(reading, export, self.filters))

    def count(self, reading: Reading) -> int | None:
        return lists.count(reading, self.filters)


@dataclass(frozen=True, slots=True)
class ReportFile:
    report: Report
    asked: Asked

    permission = "reports:read"

    @property
    def group(self) -> Group:
        return GROUPS[self.report.group]

    @property
    def name(self) -> str:
        return self.report.name

    def write(self, reading: Reading, form: str) -> Iterable[bytes]:
        if form == "csv":
            return self.report.csv(reading, self.asked)
        return of_file(self.report.xlsx(reading, self.asked))

    def count(self, _reading: Reading) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class Desk:
    """Of whom the file is, and by what clock and zone its query is read."""

    connections: Connections
    account_id: UUID
    timezone: str
    now: datetime


def file_of(name: str, query: Mapping[str, str], desk: Desk) -> File:
    """Raises NotFound for a name that nothing has, Invalid for a query that cannot be read."""
    if name in REPORTS:
        return ReportFile(
            REPORTS[name],
            asked_of(
                REPORTS[name], query, desk.connections, desk.account_id, desk.timezone, desk.now
            ),
        )
    if name == "events":
        return EventFile.asked(query, desk.timezone)
    resource = BY_NAME.get(name)
    if resource is None or resource.export is None:
        raise NotFound(detail=f"there is no export {name[:100]!a}")
    return ListFile(resource, lists.parse(resource.listing, query, desk.timezone))


def names() -> list[str]:
    """All that `file_of` knows."""
    lists = [name for name, kind in BY_NAME.items() if kind.export is not None]
    return sorted({*REPORTS, *lists, "events"})


def permission_for(name: str) -> str:
    """What it takes to see the rows of the file of this name."""
    return "reports:read" if name in REPORTS else f"{name}:read"


def require_format(form: str, *more: str) -> str:
    """Raises Invalid for one that is not known."""
    known = (*FORMATS, *more)
    if form not in known:
        raise Invalid((FieldError("format", "not_allowed", f"one of {', '.join(known)}"),))
    return form


def of_file(source: IO[bytes]) -> Iterator[bytes]:
    with source:
        while piece := source.read(_PIECE):
            yield piece
