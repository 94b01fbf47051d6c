"""The matrix of roles and permissions, as the service enforces it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from api import rules
from api.query import allow
from api.resource_routes import BASE
from api.route import Read, Route, Shape
from api.views import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.call import Call

PATH = f"{BASE}/roles"


def routes(others: Sequence[Route]) -> tuple[Route, ...]:
    """The route that shows the matrix, with all `others` and itself in it."""
    shown: list[Route] = [*others]
    route = Read(
        method="GET",
        path=PATH,
        handler=_handler(shown),
        kind="role",
        rule="roles:read",
        shape=Shape.LIST,
        beside={"permissions": "permission"},
        summary="Roles, and what each may do",
    )
    shown.append(route)
    return (route,)


def _handler(shown: Sequence[Route]) -> Callable[[Call], Told]:
    once = cache(lambda: matrix(shown))

    def show(call: Call) -> Told:
        allow(call.query)
        position = call.books.head().position
        return Told(once(), position, position)

    return show


def matrix(shown: Sequence[Route]) -> dict[str, Any]:
    return {
        "data": [_role(name) for name in rules.ROLES],
        "next_cursor": None,
        "permissions": [_permission(name, shown) for name in rules.PERMISSIONS],
    }


def _role(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "role",
        "name": name,
        "description": rules.ROLES[name],
        "permissions": list(rules.permissions_of(name)),
    }


def _permission(name: str, shown: Sequence[Route]) -> dict[str, Any]:
    return {
        "id": name,
        "object": "permission",
        "covers": rules.PERMISSIONS[name].covers,
        "roles": [role for role in rules.ROLES if rules.holds(role, name)],
        "routes": [f"{route.method} {route.path}" for route in shown if route.rule == name],
    }
