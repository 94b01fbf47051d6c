"""Exports made in the background: ordered, looked at, and fetched by a link that needs no key."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from api import views
from api.auth import may, require
from api.errors import Refused
from api.fields import Body, Name, Text
from api.files import CONTENT_TYPES, desk
from api.reading import item
from api.resource_routes import BASE, reads, write
from api.route import Linked
from api.rules import PUBLIC
from api.writing import of
from domain.commands.exporting import order_export
from domain.exporting.export import Export
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import MalformedId, typed_id, uuid_of
from projections.downloads import file_of, names, permission_for
from projections.ordered_exports import EXPORTS
from store import export_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from api.call import Call
    from api.route import Route
    from api.services import Services
    from api.views import Found, Listed
    from api.writing import Written
    from store.export_files import Run

FILE_PATH = f"{BASE}/export_files/{{id}}"


def _known(name: str) -> str:
    if name not in names():
        raise PydanticCustomError("unknown_export", "is not the name of a list or a report")
    return name


class ExportCreation(Body):
    name: Annotated[Name, AfterValidator(_known), Field(json_schema_extra={"enum": [*names()]})]
    format: Literal["csv", "xlsx"] = "csv"
    filters: dict[Text, Text | StrictBool | StrictInt] = Field(
        default={}, description="The query parameters of the list or report", max_length=50
    )


def create(call: Call, body: ExportCreation) -> Written:
    query = {name: _text(value) for name, value in body.filters.items()}
    try:
        file = file_of(body.name, query, desk(call))
    except Invalid as wrong:
        raise Invalid(tuple(_within(each) for each in wrong.fields)) from None
    require(call.caller, file.permission)
    return of(order_export(call.books, body.name, body.format, query, call.act))


def _text(value: str | bool | int) -> str:  # noqa: FBT001 - a filter's value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _within(wrong: FieldError) -> FieldError:
    return wrong._replace(field=f"filters.{wrong.field}")


def listing(call: Call) -> Listed:
    listed = views.page(call, EXPORTS, call.query)
    return listed._replace(data=_with_links(call, listed.data))


def show(call: Call) -> Found:
    found: Found = item(EXPORTS)(call)
    return found._replace(resource=_with_links(call, [found.resource])[0])


def _with_links(call: Call, shown: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """How far each is, and where its file is to be had."""
    exports = list(shown)
    with call.services.connections.connection() as connection:
        runs = export_files.runs(connection, call.account_id, [each["id"] for each in exports])
    return [_with_link(call, each, runs.get(each["id"])) for each in exports]


def _with_link(call: Call, export: dict[str, Any], run: Run | None) -> dict[str, Any]:
    if run is None:
        return export
    if export["status"] == "running":
        return {**export, "progress": run.progress}
    if export["status"] != "succeeded" or run.expires_at is None:
        return export
    expires = int(run.expires_at.timestamp())
    if expires <= time.time() or not may(call.caller, permission_for(export["name"])):
        return export
    signature = _signature(run.secret, call.account_id, export["id"], expires)
    account = typed_id("acct", call.account_id)
    query = urlencode({"account": account, "expires": expires, "signature": signature})
    path = FILE_PATH.format(id=export["id"])
    return {**export, "url": f"{call.base}{path}?{query}"}


def _signature(secret: bytes, account_id: UUID, ref: str, expires: int) -> str:
    signed = f"{account_id}/{ref}/{expires}".encode()
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


class ExportFiles:
    """Hands a file out to whoever has its link. The link is the right to it, until it expires."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(self, request: Any, response: Any, id: str) -> None:  # noqa: A002 - of the address
        query = {name: value for name, value in request.params.items() if isinstance(value, str)}
        account_id, run = self._run(query, id)
        if int(query["expires"]) <= time.time():
            raise Refused(410, "link_expired", "the link has expired; the export can be made anew")
        export = self._services.books_for(account_id).load(Export, id)
        response.content_type = CONTENT_TYPES[export.format]
        name = f"{export.name}.{export.format}"
        response.set_header("Content-Disposition", f'attachment; filename="{name}"')
        response.set_header("Cache-Control", "no-store")
        connections = self._services.connections
        response.stream = export_files.pieces(connections, account_id, id, run.attempts)

    def _run(self, query: Mapping[str, str], ref: str) -> tuple[UUID, Run]:
        """Raises Refused alike for a wrong signature and for what is not there."""
        try:
            account_id = uuid_of(query.get("account", ""), "acct")
            uuid_of(ref, Export.prefix)
            expires = int(query.get("expires", ""))
        except (MalformedId, ValueError):
            raise _refused() from None
        with self._services.connections.connection() as connection:
            run = export_files.runs(connection, account_id, [ref]).get(ref)
        secret = run.secret if run is not None else bytes(32)
        signature = _signature(secret, account_id, ref, expires)
        sent = query.get("signature", "").encode()
        if not hmac.compare_digest(signature.encode(), sent) or run is None:
            raise _refused()
        return account_id, run


def _refused() -> Refused:
    return Refused(403, "invalid_link", "this link is wrong, or its file is gone")


def _routes() -> tuple[Route, ...]:
    all_of, one, history = reads(EXPORTS)
    order = write(
        EXPORTS, "POST", "", create, "Order an export; it is made meanwhile", ExportCreation,
        status=202,
    )  # fmt: skip
    return replace(all_of, handler=listing), replace(one, handler=show), history, order, _FILE


_FILE = Linked(
    method="GET",
    path=FILE_PATH,
    handler=ExportFiles,
    kind="export_file",
    rule=PUBLIC,
    parameters=("account", "expires", "signature"),
    summary="The file of an export, by the link in its `url`: no key is needed",
)


ROUTES: tuple[Route, ...] = _routes()
