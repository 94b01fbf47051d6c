"""The OpenAPI 3.1 document, made from the route table and the models that validate requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api import answers, headers, parameters, schemas, unfinished
from api.examples import EXAMPLES
from api.fields import Body, Nothing
from api.route import Route, Signed, Write
from api.rules import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]
_ABOUT = """Subscription billing with a revenue subledger, kept as events.

Money is in minor units with its currency beside it; instants are RFC 3339 in UTC. A refusal is
`application/problem+json` and names every wrong field at once. Each answer says in
`Ledger-Position` which position of the log it shows; a read that sends it waits for it. Any write
may carry an `Idempotency-Key`: the same request is then answered once, for ever."""


class SameName(Exception):
    """Two bodies of one name: the description would show one in the other's place."""


def document(routes: Iterable[Route]) -> Json:
    routes = tuple(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, routes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Subledger", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(map(_tag, routes))],
        "paths": paths,
        "components": _components(routes),
    }


def _operation(route: Route, routes: Sequence[Route]) -> Json:
    operation: Json = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route)],
        "description": f"Permission: `{route.rule}`",
        "parameters": parameters.of(route),
        "responses": answers.of(route, routes),
    }
    if route.rule == PUBLIC:
        operation["security"] = []
    if isinstance(route, Signed):
        any_object: Json = {"schema": {"type": "object"}, "example": {"type": "dispute.opened"}}
        operation["requestBody"] = {"required": True, "content": {"application/json": any_object}}
    if isinstance(route, Write):
        if route.body is not Nothing:
            operation["requestBody"] = _request(route.body)
        if route.status == 201 and "{" not in route.path:
            operation["responses"]["201"]["links"] = _links(route, routes)
    return operation


def _tag(route: Route) -> str:
    return route.path.split("/")[3].partition(".")[0]


def operation_id(route: Route) -> str:
    named = re.sub(r"\{(\w+)\}", r"by_\1", route.path.removeprefix("/core/v1/"))
    return f"{route.method.lower()}_{re.sub(r'[^a-z_]+', '_', named)}"


def _links(route: Route, routes: Iterable[Route]) -> Json:
    """What was created is what the addresses below name."""
    below = f"{route.path}/{{id}}"
    return {
        operation_id(each): {
            "operationId": operation_id(each),
            "parameters": {"id": "$response.body#/id"},
        }
        for each in routes
        if each.path == below or each.path.startswith(f"{below}/")
    }


def _request(body: type[Body]) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}
    if body in EXAMPLES:
        content["example"] = EXAMPLES[body]
    return {"required": not _takes_nothing(body), "content": {"application/json": content}}


def _takes_nothing(body: type[Body]) -> bool:
    try:
        body.model_validate({})
    except ValidationError:
        return False
    return True


def _components(routes: Sequence[Route]) -> Json:
    return {
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of the account: `sk_test_…` or `sk_live_…`",
            }
        },
        "schemas": {
            **{answers.titled(name): schemas.resource(name) for name in schemas.names()},
            **_unfinished(routes),
            **_bodies(routes),
            "Problem": schemas.PROBLEM,
        },
        "responses": answers.refusals(),
        "headers": headers.DESCRIBED,
        "parameters": parameters.HEADERS,
    }


def _unfinished(routes: Iterable[Route]) -> Json:
    """Of what is answered with 202."""
    names = {each.name for each in routes if isinstance(each, Write) and each.unfinished}
    return {answers.titled(f"unfinished_{name}"): unfinished.schema(name) for name in sorted(names)}


def _bodies(routes: Iterable[Route]) -> Json:
    """Request models by their names, what they nest lifted out beside them."""
    found: Json = {}
    for route in routes:
        if isinstance(route, Write) and route.body is not Nothing:
            schema = route.body.model_json_schema(ref_template="#/components/schemas/{model}")
            nested = schema.pop("$defs", {})
            for name, each in {**nested, route.body.__name__: schema}.items():
                if found.setdefault(name, _bare(each)) != _bare(each):
                    raise SameName(name)
    return found


def _bare(schema: Json) -> Json:
    """Without defaults, which clients would send: absent and null are not the same here."""
    for field in schema.get("properties", {}).values():
        field.pop("default", None)
        field.pop("title", None)
    return schema
