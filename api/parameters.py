"""What a request may carry besides its body, in its path, query and headers, for OpenAPI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api.fields import INSTANT
from api.idempotency import KEY
from api.reasons import HEADER as REASON
from api.route import Key, Linked, Read, Route, Shape, Signed, Write
from api.versions import TAGS
from domain.shared.money import EXPONENTS
from projections.choices import choices
from projections.downloads import names
from projections.expansion import references
from projections.pages import LARGEST_PAGE, USUAL_PAGE
from projections.reports.all_reports import REPORTS
from projections.reports.report import Basis
from projections.resource import Resource
from projections.resources import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from projections.conditions import Field

Json = dict[str, Any]
_NUMBER: Json = {"type": "integer", "minimum": -(2**63 - 1), "maximum": 2**63 - 1}
_TEXT: Json = {"type": "string", "pattern": r"^[^\u0000]*$"}
_DATE: Json = {"type": "string", "format": "date", "examples": ["2026-01-31"]}
_KINDS: dict[str, Json] = {
    "text": _TEXT,
    "texts": _TEXT,
    "old_id": _TEXT,
    "bigint": _NUMBER,
    "numeric": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": _DATE,
    "timestamptz": INSTANT,
}
_RELATIONS = ("gte", "gt", "lte", "lt")
_LIMIT: Json = {
    "type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE
}  # fmt: skip
_UUID = "[0-7][0-9a-hjkmnp-tv-z]{25}"
_ID: Json = {"type": "string", "pattern": f"^[a-z]+_{_UUID}$"}
_KNOWN_AT: Json = {"type": "string", "pattern": f"^([0-9]{{1,18}}$|{INSTANT['pattern'][1:]})"}
_QUERY: dict[str, tuple[str, Json]] = {
    "limit": ("At most so many", _LIMIT),
    "cursor": ("`next_cursor` of the page before", {**_TEXT, "minLength": 1}),
    "q": ("Words that must all occur", _TEXT),
    "as_of": ("As it was at an instant, or at a date's midnight", INSTANT),
    "format": ("The form of the answer", {"type": "string", "enum": ["json", "csv", "xlsx"]}),
    "known_at": ("As known at a position of the log, or at an instant", _KNOWN_AT),
    "currency": ("In one currency", {"type": "string", "enum": sorted(EXPONENTS)}),
    "customer_id": ("Of one customer", _TEXT),
    "on": ("A day that is not over", _DATE),
    "from": ("The first day", _DATE),
    "to": ("The last day, inclusive", _DATE),
    "basis": ("Which dates count", {"type": "string", "enum": [each.value for each in Basis]}),
    "position": ("A position of the log", _NUMBER),
    "recorded_at": ("Of the time it was recorded", INSTANT),
    "created_at": ("Of the time it was recorded", INSTANT),
    "time": ("Of the time it was recorded", INSTANT),
    "subject": ("The id of what the events are of", _ID),
    "ids": (
        "These, comma-separated, in their order, and no filters",
        {"type": "string", "pattern": f"^[a-z]{{2,4}}_{_UUID}(,[a-z]{{2,4}}_{_UUID}){{0,299}}$"},
    ),
}
_LINK: dict[str, tuple[str, Json]] = {
    "account": ("The account", {"type": "string", "pattern": f"^acct_{_UUID}$"}),
    "expires": ("Until when, in seconds since 1970", {"type": "integer", "minimum": 0}),
    "signature": ("Of all of this", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
}
HEADERS: dict[str, Json] = {
    "LedgerPosition": {
        "name": "Ledger-Position", "in": "header",
        "description": "Show no less than this position of the log; waits up to 500 ms for it",
        "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    },
    "IfMatch": {
        "name": "If-Match", "in": "header",
        "description": "The ETag that the change rests on; another version is refused with 412",
        "schema": {"type": "string", "pattern": f"^{TAGS}$", "examples": ['"3"']},
    },
    "Reason": {
        "name": REASON, "in": "header",
        "description": "Why, for the audit, where the body has no `reason`; UTF-8",
        "schema": {"type": "string", "maxLength": 500, "pattern": r"^[\x20-\x7e]*$"},
    },
    "RequestId": {
        "name": "X-Request-Id", "in": "header",
        "description": "Comes back with the answer and stands on the events of the request; "
        "another is given for what is not 1 to 128 visible ASCII characters",
        "schema": {"type": "string", "examples": ["req-7"]},
    },
}  # fmt: skip


def _key(*, required: bool) -> Json:
    about = "The same key and body: the first answer again, for ever"
    schema = {"type": "string", "pattern": f"^{KEY}$", "examples": ["order-1842"]}
    return {
        "name": "Idempotency-Key", "in": "header", "required": required,
        "description": about, "schema": schema,
    }  # fmt: skip


HEADERS |= {"Key": _key(required=False), "RequiredKey": _key(required=True)}


def of(route: Route) -> list[Json]:
    found = [_in_path(route, name) for name in re.findall(r"\{(\w+)\}", route.path)]
    if isinstance(route, Read):
        found += _in_query(route)
    if isinstance(route, Linked):
        needed = not isinstance(route, Signed)
        found += [
            {**_parameter(name, *_LINK[name]), "required": needed} for name in route.parameters
        ]
    return found + [{"$ref": f"#/components/parameters/{name}"} for name in _sent(route)]


def _sent(route: Route) -> Iterator[str]:
    if isinstance(route, Read):
        yield "LedgerPosition"
    if isinstance(route, Write):
        yield "RequiredKey" if route.key is Key.REQUIRED else "Key"
        if "{id}" in route.path or route.method != "POST":
            yield "IfMatch"
        yield "Reason"
    yield "RequestId"


def _in_path(route: Route, name: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    noun = route.path.split("/")[3]
    if name == "id":
        schema = _id(noun)
    elif name == "hash":
        schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    elif name == "name":
        schema = {"type": "string", "enum": sorted(REPORTS)}
        if noun == "exports":
            schema["enum"] = names()
        elif noun == "gateways":
            schema["enum"] = sorted(choices("payments", "gateway") or ())
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _id(noun: str) -> Json:
    kind = BY_NAME.get(noun)
    prefix = kind.prefix if kind else "evt" if noun == "events" else "[a-z]+"
    return {"type": "string", "pattern": f"^{prefix}_{_UUID}$"}


def _in_query(route: Read) -> Iterator[Json]:
    for name in route.parameters:
        if name == "expand" and not _references(route.kind):
            continue
        yield _parameter(name, *_described(route, name))
    if isinstance(route.kind, Resource) and "q" in route.parameters:
        yield from _filters(route.kind.listing.fields.values())


def _described(route: Read, name: str) -> tuple[str, Json]:
    if name == "sort":
        sorts = route.kind.listing.sorts if isinstance(route.kind, Resource) else ["position"]
        ordered = {"type": "string", "pattern": f"^-?({'|'.join(sorted(sorts))})$"}
        return "A field, with `-` in front for descending order", ordered
    if name == "expand":
        either = "|".join(_references(route.kind))
        listed = {"type": "string", "pattern": f"^({either})(,({either}))*$"}
        return "References to nest, comma-separated", listed
    if name == "as_of" and route.shape in {Shape.REPORT, Shape.FILE}:
        return "The last day, inclusive", _DATE
    if name == "format" and route.shape is Shape.FILE:
        return "The form of the file", {"type": "string", "enum": ["csv", "xlsx"]}
    if name == "subject" and route.name != "event":
        return "Of this thing", _TEXT
    return _QUERY.get(name.partition("[")[0], ("", _TEXT))


def _references(kind: Any) -> Collection[str]:
    return references(kind, BY_NAME) if isinstance(kind, Resource) else ()


def _filters(fields: Iterable[Field]) -> Iterator[Json]:
    for field in fields:
        if field.kind == "metadata":
            about = "Of a metadata key, as `metadata[desk]=print`"
            schema: Json = {
                "type": "object",
                "propertyNames": {"minLength": 1, "pattern": r"^[^\]\[\u0000]*$"},
                "additionalProperties": _TEXT,
            }
            yield {**_parameter("metadata", about, schema), "style": "deepObject", "explode": True}
            continue
        schema = dict(_KINDS[field.kind])
        if field.choices is not None:
            schema = {"type": "string", "enum": sorted(field.choices)}
        yield _parameter(field.name, "Those that have this value", schema)
        if field.ranges:
            for relation in _RELATIONS:
                about = f"Those whose value is {relation} this"
                yield _parameter(f"{field.name}[{relation}]", about, schema)


def _parameter(name: str, about: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": about, "schema": schema}
