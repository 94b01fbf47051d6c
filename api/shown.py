"""How positions and resources are put into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from api.views import Shown


def headers(response: Any, position: int, *, behind: int = 0) -> None:
    """The position shown and, where the log is further, by how much."""
    response.set_header("Ledger-Position", str(position))
    if behind > 0:
        response.set_header("Ledger-Lag", str(behind))
    response.set_header("Cache-Control", "no-store")


def resource(response: Any, shown: Shown) -> None:
    if "version" in shown:
        response.set_header("ETag", f'"{shown["version"]}"')
    json(response, shown)


def json(response: Any, shown: Any) -> None:
    response.content_type = "application/json"
    response.data = orjson.dumps(shown)
