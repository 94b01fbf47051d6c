"""Many invoices, receipts or credit notes as one ZIP of PDFs, made while it is sent."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from api import views
from api.papers import CREDIT_NOTE, INVOICE, RECEIPT, printed, told_of
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Download
from domain.payments.payment import Status
from domain.shared.errors import Invalid
from projections.credit_notes import CREDIT_NOTES
from projections.groups import RESOURCES
from projections.invoice_resource import INVOICES
from projections.payments import PAYMENTS
from projections.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from api.call import Call
    from api.papers import Kind
    from projections.resource import Resource

MOST_IN_ZIP = 300
_AT_ONCE = 20
"""Papers in memory at a time."""

_ZIP = "application/zip"
_MADE = (1980, 1, 1, 0, 0, 0)
"""The time that a ZIP gives its files: the same papers make the same file."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Papers of one kind. Of what the list finds `printed` have one."""

    kind: Kind
    resource: Resource[Any]
    printed: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, call: Call) -> Download:
        """Those that the filters of the list find, or those of `ids`, in the list's order."""
        query = dict(call.query)
        ids = query.pop("ids", None)
        if ids is None:
            refs = self._found(call, query)
        else:
            allow(query)
            refs = self._named(ids)
            self._require(call, refs)
        papers = self._files(call, refs)
        position, name = call.books.head().position, f"{self.resource.name}.zip"
        return Download(_ZIP, name, chain([next(papers)], papers), position, position)

    def _named(self, ids: str) -> list[str]:
        refs = list(dict.fromkeys(ref for ref in ids.split(",") if ref))
        if not 1 <= len(refs) <= MOST_IN_ZIP:
            raise Invalid.one("ids", "invalid_value", f"names 1 to {MOST_IN_ZIP} of them")
        for ref in refs:
            views.require_ref(self.resource, ref)
        return refs

    def _require(self, call: Call, refs: Sequence[str]) -> None:
        """What is named wrongly is refused while it still can be."""
        with reading(call.services.connections, call.account_id, RESOURCES) as now:
            self.kind.require(now, refs)

    def _found(self, call: Call, query: dict[str, str]) -> list[str]:
        # A file has no pages, and nothing is nested in it.
        allow({name: query[name] for name in ("limit", "cursor", "expand") if name in query})
        refs: list[str] = []
        page: dict[str, str] = {"limit": "100"}
        while True:
            listed = views.page(call, self.resource, {**query, **page}, self.printed)
            refs += [each["id"] for each in listed.data]
            if listed.next_cursor is None:
                return refs
            if len(refs) >= MOST_IN_ZIP:
                detail = f"more than {MOST_IN_ZIP}: ask for fewer at a time"
                raise Invalid.one("limit", "too_many", detail)
            page["cursor"] = listed.next_cursor

    def _files(self, call: Call, refs: Sequence[str]) -> Iterator[bytes]:
        """The ZIP, piece by piece as its papers are made."""
        out, names = _Sent(), Names()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for at in range(0, len(refs), _AT_ONCE):
                some = refs[at : at + _AT_ONCE]
                told, _ = told_of(call.services, call.account_id, self.kind, some)
                for paper in printed(call.services, call.account_id, self.kind, some, told):
                    archive.writestr(zipfile.ZipInfo(names.own(paper.name), _MADE), paper.data)
                yield out.taken()
        yield out.taken()


class Names:
    """What files are called in one archive: each name once, also where case makes no difference."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def own(self, name: str) -> str:
        stem, _, ending = name.rpartition(".")
        others = (f"{stem} ({number}).{ending}" for number in count(2))
        own = next(each for each in chain([name], others) if each.casefold() not in self._taken)
        self._taken.add(own.casefold())
        return own


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


def _route(bundle: Bundle, what: str) -> Read:
    name = bundle.resource.name
    return Read(
        method="GET",
        path=f"{BASE}/{name}.zip",
        handler=bundle,
        kind=bundle.resource,
        rule=f"{name}:read",
        shape=Shape.FILE,
        parameters=("ids", "sort", "q"),
        media=(_ZIP,),
        conflicts=bundle.kind is RECEIPT,
        summary=f"Up to {MOST_IN_ZIP} {what} as PDF: the list's filters, or `ids`",
    )


ROUTES: tuple[Route, ...] = (
    _route(Bundle(INVOICE, INVOICES), "invoices"),
    _route(Bundle(RECEIPT, PAYMENTS, {"status": Status.SUCCEEDED.value}), "receipts"),
    _route(Bundle(CREDIT_NOTE, CREDIT_NOTES), "credit notes"),
)
