"""Papers of documents: one as PDF, many as ZIP, and what was sent of each."""

from __future__ import annotations

import io
import zipfile
from itertools import chain
from typing import TYPE_CHECKING, Any

from api import views
from api.auth import require
from api.papers import INVOICE, Kind, printed, told_of
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Download, Listed
from domain.shared.errors import Invalid, NotFound
from projections.invoice_resource import INVOICES
from projections.rendering import instant
from store import papers as kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from api.call import Call
    from projections.resource import Resource
    from store.papers import Sending

MOST_IN_ZIP = 300
_AT_ONCE = 20
"""Papers in memory at a time."""

_PDF, _ZIP = "application/pdf", "application/zip"
_MADE = (1980, 1, 1, 0, 0, 0)
"""The time that a ZIP gives its files: the same papers make the same file."""


def pdf_of(kind: Kind, resource: Resource[Any]) -> Callable[[Call], Download]:
    def show(call: Call) -> Download:
        allow(call.query)
        views.require_ref(resource, call.ref)
        told, now = told_of(call.services, call.account_id, kind, [call.ref])
        (paper,) = printed(call.services, call.account_id, kind, [call.ref], told)
        return Download(_PDF, paper.name, paper.data, now.position, now.head)

    return show


def sent_of(resource: Resource[Any]) -> Callable[[Call], Listed]:
    """Each paper that somebody got of a document, the earliest first."""

    def listing(call: Call) -> Listed:
        allow(call.query)
        found = views.one(call, resource, call.ref)
        with call.services.connections.connection() as connection:
            sent = kept.sendings(connection, call.account_id, call.ref)
        shown = [_shown(each, call) for each in sent]
        return Listed(shown, None, found.position, found.head)

    return listing


def _shown(sent: Sending, call: Call) -> dict[str, Any]:
    hashed = sent.hash.hex()
    return {
        "object": "paper",
        "hash": hashed,
        "kind": sent.kind,
        "subject": call.ref,
        "template_version": sent.template_version,
        "size_bytes": sent.size_bytes,
        "first_sent_at": instant(sent.first_sent_at),
        "last_sent_at": instant(sent.last_sent_at),
        "times_sent": sent.times,
        "url": f"{call.base}{BASE}/papers/{hashed}.pdf",
    }


def by_hash(call: Call) -> Download:
    """The bytes as they were sent, whatever has become of the document since."""
    allow(call.query)
    with call.services.connections.connection() as connection:
        found = kept.by_hash(connection, call.account_id, _digest(call.path["hash"]))
    if found is None:
        raise NotFound(detail="there is no such paper")
    require(call.caller, f"{found.kind}s:read")
    position = call.books.head().position
    return Download(_PDF, f"{call.path['hash']}.pdf", found.data, position, position)


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


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


def _pdf_route(kind: Kind, resource: Resource[Any]) -> Read:
    return Read(
        method="GET",
        path=f"{BASE}/{resource.name}/{{id}}.pdf",
        handler=pdf_of(kind, resource),
        kind=resource,
        rule=f"{resource.name}:read",
        shape=Shape.FILE,
        media=(_PDF,),
        summary="As PDF, in the customer's language",
    )


def _sent_route(resource: Resource[Any]) -> Read:
    return Read(
        method="GET",
        path=f"{BASE}/{resource.name}/{{id}}/papers",
        handler=sent_of(resource),
        kind="paper",
        rule=f"{resource.name}:read",
        shape=Shape.LIST,
        summary="The PDFs that were sent of it, each kept as it was",
    )


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
    _pdf_route(INVOICE, INVOICES),
    _sent_route(INVOICES),
    Read(
        method="GET",
        path=f"{BASE}/papers/{{hash}}.pdf",
        handler=by_hash,
        kind="paper",
        rule="invoices:read",
        shape=Shape.FILE,
        media=(_PDF,),
        summary="A PDF that was sent, by the SHA-256 of its bytes",
    ),
)
