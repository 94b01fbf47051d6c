"""The service's description of itself: OpenAPI for programs, a page of it for people."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson

from api.codes import SECTION, meanings
from api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.route import Route

Json = dict[str, Any]

_STYLE = resources.files("api").joinpath("docs.css").read_text(encoding="utf-8")
_DIGEST = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'"


class Pages:
    """Both are made once: they follow from the routes alone."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._document = document(routes)

    def add(self, app: Any) -> None:
        app.add_route("/openapi.json", _Fixed("application/json", orjson.dumps(self._document)))
        page = "".join(_page(self._document)).encode()
        app.add_route("/docs", _Fixed("text/html; charset=utf-8", page))


class _Fixed:
    def __init__(self, content_type: str, data: bytes) -> None:
        self._content_type = content_type
        self._data = data

    def on_get(self, _request: Any, response: Any) -> None:
        response.content_type = self._content_type
        response.set_header("Content-Security-Policy", POLICY)
        response.data = self._data


def _page(described: Json) -> Iterator[str]:
    title = escape(described["info"]["title"])
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title} API</title>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<style>{_STYLE}</style><header><h1>{title} API</h1>"
    for paragraph in described["info"]["description"].split("\n\n"):
        yield f"<p>{_coded(paragraph)}</p>"
    yield "<p>As a file: <a href=/openapi.json>openapi.json</a>.</p></header>"
    yield "<nav aria-label=Resources>"
    for tag in described["tags"]:
        yield f"<a href=#{tag['name']}>{tag['name'].replace('_', ' ')}</a>"
    yield f"<a href=#{SECTION}>{SECTION}</a></nav><main>"
    for tag, operations in _by_tag(described).items():
        yield f"<h2 id={tag}>{tag.replace('_', ' ')}</h2>"
        for path, method, operation in operations:
            yield from _shown(described, path, method, operation)
    yield from _errors()
    yield "</main></html>"


def _errors() -> Iterator[str]:
    """The codes of refusals, each where the `type` of its problem leads."""
    yield f"<h2 id={SECTION}>{SECTION}</h2><p>The <code>code</code> of a refusal, and of each of "
    yield "its <code>errors</code>.</p><div class=wide><table><thead><tr><th>Code<th>What</thead>"
    yield "<tbody>"
    for code, meaning in meanings().items():
        yield f"<tr id={code}><td><code>{code}</code><td>{_coded(meaning)}"
    yield "</table></div>"


def _by_tag(described: Json) -> dict[str, list[tuple[str, str, Json]]]:
    found: dict[str, list[tuple[str, str, Json]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((path, method, operation))
    return found


def _shown(described: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    yield f"<details id={operation['operationId']}><summary><b class={method}>{method.upper()}</b>"
    yield f"<code>{escape(path)}</code> <span>{escape(operation['summary'])}</span></summary>"
    yield f"<p>{_coded(operation['description'])}</p>"
    yield from _parameters(described, operation["parameters"])
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if content:
        yield "<h3>Body</h3>"
        if "$ref" in content["schema"]:
            yield from _fields(described, content["schema"]["$ref"])
    asked = _curl(path, method, content.get("example"))
    yield f"<h3>Example of a request</h3><pre>{escape(asked)}</pre>"
    yield "<h3>Answers</h3><ul>"
    for status, answer in operation["responses"].items():
        about = _resolved(described, answer)["description"]
        yield f"<li><b>{status}</b> {_coded(about)}"
    yield "</ul>"
    yield from _answer(operation)
    yield "</details>"


def _answer(operation: Json) -> Iterator[str]:
    """What is answered when all is well, as an example."""
    for status, answer in operation["responses"].items():
        told = answer.get("content", {}).get("application/json", {})
        if status.startswith("2") and "example" in told:
            shown = orjson.dumps(told["example"], option=orjson.OPT_INDENT_2).decode()
            yield f"<h3>Example of an answer</h3><pre>{escape(shown)}</pre>"
            return


def _coded(text: str) -> str:
    """What stands between backquotes is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _resolved(described: Json, told: Json) -> Json:
    if "$ref" not in told:
        return told
    found = described
    for step in told["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _parameters(described: Json, parameters: list[Json]) -> Iterator[str]:
    yield "<h3>Parameters</h3>"
    rows = [_resolved(described, told) for told in parameters]
    yield from _table(
        (each["name"], _kind(each["schema"]), f"In the {each['in']}", each.get("description", ""),
         each.get("required", False) and each["in"] != "path")
        for each in rows
    )  # fmt: skip


def _table(rows: Iterable[tuple[str, str, str, str, bool]]) -> Iterator[str]:
    """Name, kind, where it stands, what it is for, whether it is needed."""
    yield "<div class=wide><table><thead><tr><th>Name<th>Kind<th>What</thead><tbody>"
    for name, kind, where, about, needed in rows:
        told = ". ".join(part for part in (where, about, "Required" if needed else "") if part)
        yield f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}<td>{_coded(told)}"
    yield "</table></div>"


def _curl(path: str, method: str, example: Any) -> str:
    lines = [f'curl -X {method.upper()} "$SUBLEDGER_URL{path}"']
    lines.append('-H "Authorization: Bearer $SUBLEDGER_KEY"')
    if example is not None:
        body = orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
        quoted = body.replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{quoted}'"]
    return " \\\n  ".join(lines)


def _fields(described: Json, ref: str) -> Iterator[str]:
    """A body's or a resource's, and below it those of what it nests."""
    schema = _resolved(described, {"$ref": ref})
    required, fields = schema.get("required", []), schema.get("properties", {})
    yield from _table(
        (name, _kind(field), "", field.get("description", ""), name in required)
        for name, field in fields.items()
    )
    for nested in dict.fromkeys(each for field in fields.values() for each in _nested(field)):
        yield f"<h4>{nested.rpartition('/')[2]}</h4>"
        yield from _fields(described, nested)


def _nested(field: Json) -> Iterator[str]:
    if "$ref" in field:
        yield field["$ref"]
    for each in (*field.get("anyOf", ()), *([field["items"]] if "items" in field else [])):
        yield from _nested(each)


def _kind(field: Json) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(each) for each in field["anyOf"])
    if "enum" in field:
        named = field["enum"]
        return ", ".join(map(str, named)) if len(named) <= 6 else f"one of {len(named)} codes"
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    named = field.get("type", "anything")
    kind = " or ".join(named) if isinstance(named, list) else str(named)
    return f"{kind} of {_kind(field['items'])}" if "items" in field else kind
