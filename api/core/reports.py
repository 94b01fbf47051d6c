"""What finance asks, as of a date and as known at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.files import desk, follow, streamed
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Reported
from domain.shared.errors import NotFound
from projections.downloads import ReportFile, require_format
from projections.reading import reading
from projections.reports import asking
from projections.reports.all_reports import REPORTS
from projections.reports.report import position_of

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Download

PARAMETERS = (*asking.PARAMETERS, "format")


def show(call: Call) -> Reported | Download:
    """Rows as JSON, or the same rows as a file. Raises NotFound."""
    report = REPORTS.get(call.path["name"])
    if report is None:
        raise NotFound(detail=f"there is no report {call.path['name'][:100]!a}")
    query = dict(call.query)
    form = require_format(query.pop("format", "json"), "json")
    of = desk(call)
    asked = asking.asked_of(report, query, of.connections, of.account_id, of.timezone, of.now)
    file = ReportFile(report, asked)
    if form != "json":
        return streamed(call, file, form)
    follow(call, file.group)
    with reading(call.services.connections, call.account_id, file.group) as now:
        return Reported(report.rows(now, asked), position_of(now, asked), now.position, now.head)


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/reports/{{name}}",
        handler=show,
        kind="report",
        rule="reports:read",
        shape=Shape.REPORT,
        parameters=PARAMETERS,
        summary="A report",
    ),
)
