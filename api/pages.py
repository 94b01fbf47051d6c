"""The service's description of itself: OpenAPI for programs, a page of it for people."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import orjson

from api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.route import Route

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #ccc;margin-top:2.5rem}summary{cursor:pointer;padding:.3rem 0}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#f4f4f4;padding:.8rem;
overflow:auto}b.get{color:#06607a}b.post{color:#1d6b2a}b.patch{color:#8a5a00}b.delete{color:#a01c1c}
table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:.2rem .6rem;text-align:left}
@media(prefers-color-scheme:dark){body{background:#151515;color:#ddd}pre{background:#222}}
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


def _page(described: dict[str, Any]) -> Iterator[str]:
    title = escape(described["info"]["title"])
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title} API</title>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<style>{_STYLE}</style><h1>{title} API</h1>"
    yield f"<p>{escape(described['info']['description'])} As a file: "
    yield "<a href=/openapi.json>openapi.json</a>.</p>"
    tag = None
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if operation["tags"][0] != tag:
                tag = operation["tags"][0]
                yield f"<h2 id={tag}>{tag.replace('_', ' ')}</h2>"
            yield from _shown(described, path, method, operation)
    yield "</html>"


def _shown(
    described: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> Iterator[str]:
    yield f"<details id={operation['operationId']}><summary><b class={method}>{method.upper()}</b>"
    yield f" <code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        yield from _fields(described, content["schema"]["$ref"])
        if "example" in content:
            example = orjson.dumps(content["example"], option=orjson.OPT_INDENT_2).decode()
            yield f"<pre>{escape(example)}</pre>"
    yield f"<p>Answers {', '.join(operation['responses'])}.</p></details>"


def _fields(described: dict[str, Any], ref: str) -> Iterator[str]:
    schema = described["components"]["schemas"][ref.rpartition("/")[2]]
    required = schema.get("required", [])
    yield "<table><tr><th>field<th>kind<th>"
    for name, field in schema.get("properties", {}).items():
        needed = "required" if name in required else ""
        yield f"<tr><td><code>{name}</code><td>{escape(_kind(field))}<td>{needed}"
    yield "</table>"


def _kind(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(each) for each in field["anyOf"])
    if "enum" in field:
        named = field["enum"]
        return ", ".join(named) if len(named) <= 6 else f"one of {len(named)} codes"
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    kind = str(field.get("type", "anything"))
    return f"{kind} of {_kind(field['items'])}" if "items" in field else kind
