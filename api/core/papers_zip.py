"""Many invoices as one ZIP of PDFs, made while it is sent."""

from __future__ import annotations

import io
import zipfile
from itertools import chain
from typing import TYPE_CHECKING, Any

from api import views
from api.papers import INVOICE, printed, told_of
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Download
from domain.shared.errors import Invalid
from projections.invoice_resource import INVOICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.call import Call

MOST_IN_ZIP = 300
_AT_ONCE = 20
"""Papers in memory at a time."""

_ZIP = "application/zip"
_MADE = (1980, 1, 1, 0, 0, 0)
"""The time that a ZIP gives its files: the same papers make the same file."""


def invoices_zip(call: Call) -> Download:
    """Those that the filters of the list find, or those of `ids`, in the list's order."""
    query = dict(call.query)
    ids = query.pop("ids", None)
    if ids is None:
        refs = _found(call, query)
    else:
        allow(query)
        refs = _named(ids)
    papers = _files(call, refs)
    position = call.books.head().position
    return Download(_ZIP, "invoices.zip", chain([next(papers)], papers), position, position)


def _named(ids: str) -> list[str]:
    refs = list(dict.fromkeys(ref for ref in ids.split(",") if ref))
    if not 1 <= len(refs) <= MOST_IN_ZIP:
        raise Invalid.one("ids", "invalid_value", f"names 1 to {MOST_IN_ZIP} invoices")
    for ref in refs:
        views.require_ref(INVOICES, ref)
    return refs


def _found(call: Call, query: dict[str, str]) -> list[str]:
    # A file has no pages, and nothing is nested in it.
    allow({name: query[name] for name in ("limit", "cursor", "expand") if name in query})
    refs: list[str] = []
    page: dict[str, str] = {"limit": "100"}
    while True:
        listed = views.page(call, INVOICES, {**query, **page})
        refs += [each["id"] for each in listed.data]
        if listed.next_cursor is None:
            return refs
        if len(refs) >= MOST_IN_ZIP:
            detail = f"more than {MOST_IN_ZIP} invoices: ask for fewer at a time"
            raise Invalid.one("limit", "too_many", detail)
        page["cursor"] = listed.next_cursor


def _files(call: Call, refs: Sequence[str]) -> Iterator[bytes]:
    """The ZIP, piece by piece as its papers are made."""
    out = _Sent()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for at in range(0, len(refs), _AT_ONCE):
            some = refs[at : at + _AT_ONCE]
            told, _ = told_of(call.services, call.account_id, INVOICE, some)
            for paper in printed(call.services, call.account_id, INVOICE, some, told):
                archive.writestr(zipfile.ZipInfo(paper.name, _MADE), paper.data)
            yield out.taken()
    yield out.taken()


class _Sent(io.RawIOBase):
    """A file that is handed on while it is written: nobody can go back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        pieces, self._pieces = b"".join(self._pieces), []
        return pieces


ROUTES: tuple[Route, ...] = (
    Read(
        method="GET",
        path=f"{BASE}/invoices.zip",
        handler=invoices_zip,
        kind=INVOICES,
        rule="invoices:read",
        shape=Shape.FILE,
        parameters=("ids", "sort", "q"),
        media=(_ZIP,),
        summary=f"Up to {MOST_IN_ZIP} invoices as PDF: the list's filters, or `ids`",
    ),
)
