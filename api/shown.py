"""How positions and resources are put into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from api.call import Call
    from api.services import Resource


def headers(response: Any, call: Call, position: int, *, behind: int = 0) -> None:
    """The position shown and, where the log is further, by how much."""
    response.set_header("Ledger-Position", str(position))
    if behind > 0:
        response.set_header("Ledger-Lag", str(behind))
    response.set_header("Cache-Control", "no-store")
    if not call.caller.livemode:
        response.set_header("Ledger-Livemode", "false")


def resource(response: Any, shown: Resource) -> None:
    if "version" in shown:
        response.set_header("ETag", f'"{shown["version"]}"')
    json(response, shown)


def json(response: Any, shown: Any) -> None:
    response.content_type = "application/json"
    response.data = orjson.dumps(shown)
