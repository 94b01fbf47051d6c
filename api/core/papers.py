"""Papers of documents as PDF, and what was sent of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import views
from api.auth import require
from api.papers import CREDIT_NOTE, INVOICE, RECEIPT, Kind, printed, told_of
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Download, Listed
from domain.shared.errors import NotFound
from projections.credit_notes import CREDIT_NOTES
from projections.invoice_resource import INVOICES
from projections.payments import PAYMENTS
from projections.rendering import instant
from store import papers as kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.call import Call
    from projections.resource import Resource
    from store.papers import Sending

_PDF = "application/pdf"


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


def _pdf_route(kind: Kind, resource: Resource[Any]) -> Read:
    return Read(
        method="GET",
        path=f"{BASE}/{resource.name}/{{id}}.pdf",
        handler=pdf_of(kind, resource),
        kind=resource,
        rule=f"{resource.name}:read",
        shape=Shape.FILE,
        media=(_PDF,),
        conflicts=kind is RECEIPT,
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
    _pdf_route(INVOICE, INVOICES),
    _sent_route(INVOICES),
    _pdf_route(RECEIPT, PAYMENTS),
    _sent_route(PAYMENTS),
    _pdf_route(CREDIT_NOTE, CREDIT_NOTES),
    _sent_route(CREDIT_NOTES),
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
