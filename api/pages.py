"""The service's description of itself: OpenAPI for programs, a page of it for people."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import orjson

from api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.route import Route

Json = dict[str, Any]

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:0 1rem;display:grid;
grid-template-columns:13rem minmax(0,1fr);gap:0 2rem}header{grid-column:1/-1}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1rem 0}
nav a{display:block;padding:.1rem 0}@media(max-width:50rem){body{display:block}nav{position:static;
max-height:none;columns:2}}a{color:#06607a}h2{border-bottom:1px solid #ccc;margin-top:2.5rem}
h3{font-size:1rem;margin:1rem 0 .3rem}summary{cursor:pointer;padding:.3rem 0;overflow-wrap:anywhere}
details>*:not(summary){margin-left:1rem}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{background:#f4f4f4;padding:.8rem;overflow:auto}b.get{color:#06607a}b.post{color:#1d6b2a}
b.patch{color:#8a5a00}b.delete{color:#a01c1c}div.wide{overflow-x:auto}table{border-collapse:collapse}
td,th{border:1px solid #ddd;padding:.2rem .6rem;text-align:left;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#151515;color:#ddd}pre{background:#222}
a,b.get{color:#6cc4dd}b.post{color:#7fcf8d}b.patch{color:#e0b45c}b.delete{color:#f08a8a}}
"""
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
        yield f"<p>{escape(paragraph)}</p>"
    yield "<p>As a file: <a href=/openapi.json>openapi.json</a>.</p></header>"
    yield "<nav aria-label=Resources>"
    for tag in described["tags"]:
        yield f"<a href=#{tag['name']}>{tag['name'].replace('_', ' ')}</a>"
    yield "</nav><main>"
    for tag, operations in _by_tag(described).items():
        yield f"<h2 id={tag}>{tag.replace('_', ' ')}</h2>"
        for path, method, operation in operations:
            yield from _shown(described, path, method, operation)
    yield "</main></html>"


def _by_tag(described: Json) -> dict[str, list[tuple[str, str, Json]]]:
    found: dict[str, list[tuple[str, str, Json]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((path, method, operation))
    return found


def _shown(described: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    yield f"<details id={operation['operationId']}><summary><b class={method}>{method.upper()}</b>"
    yield f" <code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
    yield f"<p>{_coded(operation['description'])}</p>"
    yield from _parameters(described, operation["parameters"])
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if content:
        yield "<h3>Body</h3>"
        yield from _fields(described, content["schema"]["$ref"])
    yield f"<h3>Example</h3><pre>{escape(_curl(path, method, content.get('example')))}</pre>"
    yield "<h3>Answers</h3><ul>"
    for status, answer in operation["responses"].items():
        about = _resolved(described, answer)["description"]
        yield f"<li><b>{status}</b> {_coded(about)}"
    yield "</ul></details>"


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
    yield "<h3>Parameters</h3><div class=wide><table><tr><th>name<th>in<th>kind<th>what"
    for told in parameters:
        each = _resolved(described, told)
        name = f"<code>{escape(each['name'])}</code>"
        about = _coded(each.get("description", ""))
        needed = " (required)" if each.get("required") and each["in"] != "path" else ""
        yield f"<tr><td>{name}<td>{each['in']}<td>{escape(_kind(each['schema']))}"
        yield f"<td>{about}{needed}"
    yield "</table></div>"


def _curl(path: str, method: str, example: Any) -> str:
    lines = [f'curl -X {method.upper()} "$SUBLEDGER_URL{path}"']
    lines.append('-H "Authorization: Bearer $SUBLEDGER_KEY"')
    if example is not None:
        body = orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
        quoted = body.replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{quoted}'"]
    return " \\\n  ".join(lines)


def _fields(described: dict[str, Any], ref: str) -> Iterator[str]:
    schema = described["components"]["schemas"][ref.rpartition("/")[2]]
    required = schema.get("required", [])
    yield "<div class=wide><table><tr><th>field<th>kind<th>"
    for name, field in schema.get("properties", {}).items():
        needed = "required" if name in required else ""
        yield f"<tr><td><code>{name}</code><td>{escape(_kind(field))}<td>{needed}"
    yield "</table></div>"


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
