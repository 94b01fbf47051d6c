"""The OpenAPI 3.1 document, made from the route table and the models that validate requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.route import Route


def document(routes: Iterable[Route]) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": {route.path: {} for route in routes}}
