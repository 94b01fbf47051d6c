"""The web application: every route answered by its responder, every failure by a problem."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import falcon

from api import errors, operations
from api.gate import AtWork
from api.metrics import Measured
from api.pages import Pages
from api.pay import page as pay_page
from api.reading import Reading
from api.route import Linked, Read, Route, Write
from api.routes import ROUTES
from api.rules import PERMISSIONS, PUBLIC
from api.unread import Unread
from api.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.services import Services

App = falcon.App[falcon.Request, falcon.Response]
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


class RouteWithoutRule(Exception):
    """A route whose rule is none of the matrix: the service does not start."""


def create_app(services: Services, routes: Iterable[Route] = ROUTES) -> App:
    """The application. Raises RouteWithoutRule."""
    routes = tuple(routes)
    require_rules(routes)
    app: App = falcon.App(
        middleware=[Unread(), RequestIds(), Measured(), AtWork(services.gate), RateLimits()]
    )
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    errors.register(app)
    for path in dict.fromkeys(route.path for route in routes):
        app.add_route(path, _Resource(services, [each for each in routes if each.path == path]))
    pay_page.add(app, services)
    operations.add(app, services)
    Pages(routes).add(app)
    return app


def require_rules(routes: Iterable[Route]) -> None:
    known = {PUBLIC, *PERMISSIONS}
    without = [f"{each.method} {each.path}" for each in routes if each.rule not in known]
    if without:
        raise RouteWithoutRule(", ".join(without))


class _Resource:
    """One address with a responder for each of its methods, named as Falcon looks for them."""

    def __init__(self, services: Services, routes: Iterable[Route]) -> None:
        for route in routes:
            responder = _responder(route, services)
            setattr(self, f"on_{route.method.lower()}", responder)
            if route.method == "GET":  # RFC 9110, section 9.1: who serves GET serves HEAD
                self.on_head = responder


def _responder(route: Route, services: Services) -> Any:
    if isinstance(route, Write):
        return Writing(route, services)
    if isinstance(route, Read):
        return Reading(route, services)
    if isinstance(route, Linked):
        return route.handler(services)
    raise TypeError(f"{route.path} neither reads nor writes")


class RateLimits:
    """Where the key stands, on every answer to one: refusals among them."""

    def process_response(
        self,
        request: Any,
        response: Any,
        _resource: Any,
        _succeeded: bool,  # noqa: FBT001
    ) -> None:
        standing = getattr(request.context, "standing", None)
        if standing is not None:
            response.set_headers(dict(standing.headers()))


class RequestIds:
    """`X-Request-Id` in, if it is one, and out."""

    def process_request(self, request: Any, response: Any) -> None:
        sent = request.get_header("X-Request-Id") or ""
        request.context.request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid4().hex
        response.set_header("X-Request-Id", request.context.request_id)
