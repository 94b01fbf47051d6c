"""A list or a report as a file: the same rows in the same order, however many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.auth import require
from api.core import reports
from api.files import of_file, require_format, streamed
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from domain.shared.errors import NotFound
from projections import lists
from projections.exports import write_csv
from projections.groups import RESOURCES
from projections.reports.all_reports import REPORTS
from projections.resources import BY_NAME
from projections.workbook import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call
    from api.views import Download
    from projections.reading import Reading
    from projections.resource import Resource


def as_csv(call: Call) -> Download:
    """`?format=xlsx` makes it a workbook, at the same address."""
    return _export(call, call.query.get("format", "csv"))


def as_xlsx(call: Call) -> Download:
    return _export(call, "xlsx")


def _export(call: Call, asked: str) -> Download:
    form, name = require_format(asked), call.path["name"]
    if name in REPORTS:
        require(call.caller, "reports:read")
        return reports.download(call, REPORTS[name], form)
    resource = BY_NAME.get(name)
    if resource is None or resource.export is None:
        raise NotFound(detail=f"there is no export {name[:100]!a}")
    require(call.caller, f"{name}:read")
    return _of_list(call, resource, form)


def _of_list(call: Call, resource: Resource[Any], form: str) -> Download:
    """The list's own filters and order: one WHERE for both."""
    query = {name: value for name, value in call.query.items() if name != "format"}
    filters = lists.parse(resource.listing, query, call.account.timezone)
    export = resource.export
    if export is None:
        raise TypeError(f"{resource.name} has no columns to export")

    def write(now: Reading) -> Iterable[bytes]:
        if form == "csv":
            return write_csv(now, export, filters)
        return of_file(write_xlsx(now, export, filters))

    return streamed(call, RESOURCES, resource.name, form, write)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/exports/{{name}}.csv",
        handler=as_csv,
        kind="export",
        rule="exports:read",
        shape=Shape.FILE,
        parameters=("format",),
        summary="A list or a report as CSV",
    ),
    Read(
        method="GET",
        path=f"{BASE}/exports/{{name}}.xlsx",
        handler=as_xlsx,
        kind="export",
        rule="exports:read",
        shape=Shape.FILE,
        summary="A list or a report as a workbook",
    ),
)
