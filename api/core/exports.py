"""A list or a report as a file: the same rows in the same order, however many."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Any

from api.core import reports
from api.views import Download
from domain.shared.errors import Invalid, NotFound
from projections import lists
from projections.exports import write_csv
from projections.groups import RESOURCES
from projections.reading import reading
from projections.resources import BY_NAME
from projections.workbook import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from api.call import Call
    from projections.reading import Reading
    from projections.resource import Resource

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PIECE = 1 << 16


def as_csv(call: Call) -> Download:
    """`?format=xlsx` makes it a workbook, at the same address."""
    return _export(call, call.query.get("format", "csv"))


def as_xlsx(call: Call) -> Download:
    return _export(call, "xlsx")


def _export(call: Call, form: str) -> Download:
    if form not in CONTENT_TYPES:
        raise Invalid.one("format", "not_allowed", f"one of {', '.join(CONTENT_TYPES)}")
    name = call.path["name"]
    if name in reports.NAMES:
        return reports.download(call, name, form)
    resource = BY_NAME.get(name)
    if resource is None or resource.export is None:
        raise NotFound(detail=f"there is no export {name[:100]!a}")
    return _of_list(call, resource, form)


def _of_list(call: Call, resource: Resource[Any], form: str) -> Download:
    query = {name: value for name, value in call.query.items() if name != "format"}
    filters = lists.parse(resource.listing, query, call.account.timezone)
    if resource.export is None:
        raise TypeError(f"{resource.name} has no columns to export")
    export = resource.export

    def write(now: Reading) -> Iterable[bytes]:
        return (
            write_csv(now, export, filters)
            if form == "csv"
            else file(write_xlsx(now, export, filters))
        )

    return streamed(call, write, f"{resource.name}.{form}", form)


def streamed(
    call: Call, write: Callable[[Reading], Iterable[bytes]], name: str, form: str
) -> Download:
    """Sends while it reads: one snapshot stays open until the last piece, or the caller's end.

    The first piece is made at once, so that what cannot be read is told as a problem.
    """
    opened = ExitStack()
    try:
        now = opened.enter_context(reading(call.services.connections, call.account_id, RESOURCES))
        pieces = iter(write(now))
        first = next(pieces, b"")
    except BaseException:
        opened.close()
        raise
    body = _closing(chain([first], pieces), opened)
    return Download(CONTENT_TYPES[form], name, body, now.position, now.head)


def _closing(pieces: Iterable[bytes], opened: ExitStack) -> Iterator[bytes]:
    with opened:
        yield from pieces


def file(source: Any) -> Iterator[bytes]:
    with source:
        while piece := source.read(_PIECE):
            yield piece
