"""A read, from request to answer: no older than the position it names, and saying what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from api import references, shown, views
from api.auth import caller_of, recalled
from api.call import Call
from api.fields import parse_instant
from api.gift_codes import reveal
from api.query import allow, query_of
from api.views import Download, Found, Listed, Reported, Told
from domain.shared.errors import Gathered, Invalid
from projections.groups import RESOURCES
from projections.reading import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from api.door import Door
    from api.route import Read
    from api.services import Services
    from api.views import Loaded
    from projections.resource import Resource
    from store.api_keys import Caller

Answer = Found | Listed | Reported | Told | Download

LONGEST_WAIT_MS = 500
_HEADER = "Ledger-Position"
_POSITION = re.compile(r"\d{1,18}", re.ASCII)


class Reading:
    """The responder of a read route."""

    def __init__(self, route: Read, services: Services) -> None:
        self._route = route
        self._services = services

    def __call__(self, request: Any, response: Any, **path: str) -> None:
        answer = self._as_recalled(request, path)
        if answer is None:
            caller = caller_of(self._services, request, self._route.rule or "")
            answer = self._answer(request, path, caller)
        shown.headers(response, answer.position, behind=answer.head - answer.position)
        _tell(response, answer)
        if request.method == "HEAD":  # what is not sent is not closed by the server either
            _end(response)

    def _as_recalled(self, request: Any, path: Mapping[str, str]) -> Answer | None:
        """The answer to a caller known from before, if their key is found as it was. Until then
        nothing is told, no refusal either.
        """
        door = recalled(self._services, request, self._route.rule or "")
        if door is None:
            return None
        try:
            answer = self._answer(request, path, door.caller, door)
            if not door.heard:
                door.look(self._services.connections)
        except Exception:
            if door.heard:
                raise
            return None
        return answer

    def _answer(
        self, request: Any, path: Mapping[str, str], caller: Caller, door: Door | None = None
    ) -> Answer:
        named = request.get_header(_HEADER)
        wrong = Gathered()
        with wrong.noting():
            _require_position(named)
        with wrong.noting():
            call = Call(
                self._services, caller, request.context.request_id, path,
                query=query_of(request), base=request.forwarded_prefix, door=door,
            )  # fmt: skip
            if twice := references.named_twice(call.query):
                references.require_agreeing(call.books, call.query, twice)
            _wait(call, named)
            answer: Answer = self._route.handler(call)
        wrong.require_none()
        return answer


def _end(response: Any) -> None:
    if response.stream is not None:
        closing = getattr(response.stream, "close", None)
        if closing is not None:
            closing()
        response.stream = iter(())  # of a length that nobody knows, as before


def _require_position(named: str | None) -> None:
    if named is not None and not _POSITION.fullmatch(named):
        raise Invalid.one(_HEADER, "invalid_position", "takes a position of the log")


def _wait(call: Call, named: str | None) -> None:
    if named is not None and _POSITION.fullmatch(named):
        connections = call.services.connections
        wait_for(connections, call.account_id, RESOURCES, int(named), LONGEST_WAIT_MS)


def _tell(response: Any, answer: Answer) -> None:
    match answer:
        case Found():
            shown.resource(response, answer.resource)
        case Listed():
            shown.json(response, {"data": answer.data, "next_cursor": answer.next_cursor})
        case Reported():
            shown.json(response, {"data": answer.data, "position": answer.known})
        case Told():
            shown.json(response, answer.body)
        case Download():
            response.content_type = answer.content_type
            if isinstance(answer.pieces, bytes):
                response.data = answer.pieces
            else:
                response.stream = answer.pieces
            # A reader looks at a PDF; other files are put away.
            how = "inline" if answer.content_type == "application/pdf" else "attachment"
            response.set_header("Content-Disposition", f'{how}; filename="{answer.name}"')


def item(kind: Resource[Any] | Loaded) -> Callable[[Call], Found]:
    """A handler of the resource the address names, now or `?as_of=` an instant."""

    def handler(call: Call) -> Found:
        allow(call.query, "as_of", "expand")
        as_of, expand = call.query.get("as_of"), call.query.get("expand")
        if as_of is None:
            found = views.one(call, kind, call.ref, expand=expand)
        else:
            when = instant(call, "as_of", as_of)
            found = views.one_as_of(call, kind, call.ref, when, expand=expand)
        reveal(call, [found.resource])
        return found

    return handler


def listing(kind: Resource[Any]) -> Callable[[Call], Listed]:
    """A handler of a page of the list."""

    def handler(call: Call) -> Listed:
        listed = views.page(call, kind, call.query)
        reveal(call, listed.data)
        return listed

    return handler


def instant(call: Call, name: str, value: str) -> datetime:
    try:
        return parse_instant(value, call.midnight)
    except PydanticCustomError as wrong:
        raise Invalid.one(name, wrong.type, wrong.message()) from None
