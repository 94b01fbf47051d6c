"""A list or a report as a file: the same rows in the same order, however many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.auth import require
from api.files import desk, streamed
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from domain.shared.errors import Gathered
from projections.downloads import file_of, require_format

if TYPE_CHECKING:
    from api.call import Call
    from api.views import Download


def as_csv(call: Call) -> Download:
    """`?format=xlsx` makes it a workbook, at the same address."""
    return _export(call, call.query.get("format", "csv"))


def as_xlsx(call: Call) -> Download:
    return _export(call, "xlsx")


def _export(call: Call, form: str) -> Download:
    query = {name: value for name, value in call.query.items() if name != "format"}
    wrong = Gathered()
    with wrong.noting():
        require_format(form)
    with wrong.noting():
        file = file_of(call.path["name"], query, desk(call))
    wrong.require_none()
    require(call.caller, file.permission)
    return streamed(call, file, form)


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
