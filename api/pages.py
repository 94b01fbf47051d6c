"""The service's description of itself: OpenAPI for programs, a page of it for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.route import Route


class Pages:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._document = document(routes)

    def add(self, app: Any) -> None:
        app.add_route("/openapi.json", _Json(orjson.dumps(self._document)))


class _Json:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def on_get(self, _request: Any, response: Any) -> None:
        response.content_type = "application/json"
        response.data = self._data
