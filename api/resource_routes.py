"""The routes that every resource has, and the short form of those that change one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.core import events
from api.fields import Nothing
from api.reading import item, listing
from api.route import Read, Route, Shape, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.fields import Body
    from projections.resource import Resource

BASE = "/core/v1"
LIST = ("limit", "cursor", "sort", "q", "expand")


def reads(
    kind: Resource[Any], *rest: Route, history: Callable[..., Any] | None = None,
    one: Callable[..., Any] | None = None,
) -> tuple[Route, ...]:  # fmt: skip
    """The list, the item and the history that every resource has; `history` tells its own, `one`
    is an item that shows more than is projected."""
    path, rule = f"{BASE}/{kind.name}", f"{kind.name}:read"
    what = kind.name.replace("_", " ")
    return (
        Read(method="GET", path=path, handler=listing(kind), kind=kind, rule=rule,
             shape=Shape.LIST, parameters=LIST, summary=f"List {what}"),
        Read(method="GET", path=f"{path}/{{id}}", handler=one or item(kind), kind=kind, rule=rule,
             shape=Shape.ITEM, parameters=("as_of", "expand"), summary=f"One of the {what}"),
        Read(method="GET", path=f"{path}/{{id}}/events", kind="event",
             handler=history or events.of(kind), rule="events:read", shape=Shape.LIST,
             parameters=("limit", "cursor", "sort"),
             summary=f"What happened to one of the {what}"),
        *rest,
    )  # fmt: skip


def write(
    kind: Resource[Any],
    method: str,
    path: str,
    handler: Callable[..., Any],
    summary: str,
    body: type[Body] = Nothing,
    **rest: Any,
) -> Write:
    return Write(
        method=method, path=f"{BASE}/{kind.name}{path}", handler=handler, kind=kind,
        rule=rest.pop("rule", f"{kind.name}:write"), summary=summary, body=body, **rest,
    )  # fmt: skip
