"""The OpenAPI 3.1 document, made from the route table and the models that validate requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api import schemas
from api.examples import EXAMPLES
from api.fields import Body, Nothing
from api.reasons import HEADER
from api.route import Key, Read, Route, Shape, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Json = dict[str, Any]
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_ABOUT = {
    "limit": "At most so many, 1 to 100; 20 if absent",
    "cursor": "`next_cursor` of the page before",
    "sort": "A field, with `-` in front for descending order",
    "q": "Words that must all occur",
    "expand": "References to nest, comma-separated",
    "as_of": "An instant or a date: as it was then",
    "known_at": "An instant: as it was known then",
    "format": "json, csv or xlsx",
}
_READ_REFUSALS = ("400", "401", "403", "422")
_WRITE_REFUSALS = ("400", "401", "403", "409", "412", "413", "415", "422")


def document(routes: Iterable[Route]) -> Json:
    routes = tuple(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Subledger",
            "version": "1",
            "description": "Subscription billing with a revenue subledger, kept as events.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": _components(routes),
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [route.path.split("/")[3]],
        "description": f"Rule: `{route.rule}`",
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if isinstance(route, Write) and route.body is not Nothing:
        operation["requestBody"] = _request(route.body)
    return operation


def _operation_id(route: Route) -> str:
    named = re.sub(r"\{(\w+)\}", r"by_\1", route.path.removeprefix("/core/v1/"))
    return f"{route.method.lower()}_{re.sub(r'[^a-z_]+', '_', named)}"


def _parameters(route: Route) -> list[Json]:
    found = [_in_path(name) for name in re.findall(r"\{(\w+)\}", route.path)]
    if isinstance(route, Read):
        found += [_in_query(name) for name in route.parameters]
        found.append({"$ref": "#/components/parameters/LedgerPosition"})
    if isinstance(route, Write):
        required = route.key is Key.REQUIRED
        found.append({"$ref": f"#/components/parameters/{'Required' if required else ''}Key"})
        if "{id}" in route.path or route.name == "account":
            found.append({"$ref": "#/components/parameters/IfMatch"})
        found.append({"$ref": "#/components/parameters/Reason"})
    return found


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(name: str) -> Json:
    return {
        "name": name,
        "in": "query",
        "description": _ABOUT.get(name, ""),
        "schema": {"type": "string"},
    }


def _request(body: type[Body]) -> Json:
    content: Json = {"schema": _ref(body.__name__)}
    if body in EXAMPLES:
        content["example"] = EXAMPLES[body]
    return {"required": True, "content": {"application/json": content}}


def _responses(route: Route) -> Json:
    if isinstance(route, Write):
        return _write_responses(route)
    refusals = (*_READ_REFUSALS, "404") if "{" in route.path else _READ_REFUSALS
    return {"200": _answer(route), **dict.fromkeys(refusals, _PROBLEM)}


def _write_responses(route: Write) -> Json:
    refusals = [*_WRITE_REFUSALS, *(["404"] if "{" in route.path else [])]
    if route.pays:
        refusals.append("402")
    told = {str(route.status): _answer(route), **dict.fromkeys(refusals, _PROBLEM)}
    if route.pays or route.name in {"subscription", "test_clock"}:
        told["202"] = {**_answer(route), "description": "Not known yet: `status` is `processing`"}
    return dict(sorted(told.items()))


def _answer(route: Route) -> Json:
    headers = {
        name: {"$ref": f"#/components/headers/{name.replace('-', '')}"}
        for name in ("Ledger-Position", "Ledger-Lag", "X-Request-Id")
    }
    content = {media: {"schema": schema} for media, schema in _media(route).items()}
    return {"description": route.summary, "headers": headers, "content": content}


def _media(route: Route) -> Json:
    if isinstance(route, Write) and route.many:
        items = {"type": "array", "items": _ref(_titled(route.name))}
        several = {"type": "object", "required": ["data"], "properties": {"data": items}}
        return {"application/json": {"oneOf": [_ref(_titled(route.name)), several]}}
    if not isinstance(route, Read) or route.shape is Shape.ITEM:
        return {"application/json": _ref(_titled(route.name))}
    if route.shape is Shape.LIST:
        return {"application/json": _listed(route.name, route.beside)}
    file = {"type": "string", "format": "binary"}
    if route.shape is Shape.FILE:
        return {"text/csv": file, "application/octet-stream": file}
    rows = {"type": "array", "items": {"type": "object"}}
    position = {"type": "integer"}
    return {
        "application/json": {"type": "object", "properties": {"data": rows, "position": position}},
        "text/csv": file,
    }


def _listed(name: str, beside: Mapping[str, str]) -> Json:
    lists = {
        field: {"type": "array", "items": _ref(_titled(of))}
        for field, of in {"data": name, **beside}.items()
    }
    return {
        "type": "object",
        "required": [*lists, "next_cursor"],
        "properties": {**lists, "next_cursor": {"type": ["string", "null"]}},
    }


def _components(routes: Iterable[Route]) -> Json:
    return {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            **{_titled(name): schemas.resource(name) for name in schemas.names()},
            **_bodies(routes),
            "Problem": schemas.PROBLEM,
        },
        "responses": {
            "Problem": {
                "description": "Refused, with the reason",
                "content": {"application/problem+json": {"schema": _ref("Problem")}},
            }
        },
        "headers": {
            "LedgerPosition": _header("The position of the log that is shown", "integer"),
            "LedgerLag": _header("By how many events what is shown is behind", "integer"),
            "XRequestId": _header("Under which the request is found in logs and events", "string"),
        },
        "parameters": {
            "Key": _key(required=False),
            "RequiredKey": _key(required=True),
            "IfMatch": _sent("If-Match", "The ETag that the change rests on"),
            "Reason": _sent(HEADER, "Why, for the audit, where the body has no `reason`; UTF-8"),
            "LedgerPosition": _sent("Ledger-Position", "Show no less than this position"),
        },
    }


def _bodies(routes: Iterable[Route]) -> Json:
    """Request models by their names, what they nest lifted out beside them."""
    found: Json = {}
    for route in routes:
        if isinstance(route, Write) and route.body is not Nothing:
            schema = route.body.model_json_schema(ref_template="#/components/schemas/{model}")
            found.update(schema.pop("$defs", {}))
            found[route.body.__name__] = schema
    return found


def _header(description: str, kind: str) -> Json:
    return {"description": description, "schema": {"type": kind}}


def _sent(name: str, description: str) -> Json:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _key(*, required: bool) -> Json:
    about = "The same key and body: the first answer again, for ever"
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return {**_sent("Idempotency-Key", about), "required": required, "schema": schema}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _titled(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))
