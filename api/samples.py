"""What answers look like: a resource made of its schema's examples and of a request's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import schemas
from api.examples import EXAMPLES
from api.fields import Body
from api.route import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.route import Route

_OF_TYPE: Mapping[str, Any] = {
    "string": "text", "integer": 1, "boolean": False, "array": [], "object": {},
}  # fmt: skip


def of(name: str, routes: Iterable[Route]) -> dict[str, Any]:
    """A resource as it is answered, with the fields that its own creation example names."""
    schema = schemas.resource(name)["properties"]
    shown = {field: value_of(field, described) for field, described in schema.items()}
    sent = EXAMPLES.get(_creation(name, routes), {})
    shown |= {
        field: value
        for field, value in sent.items()
        if field in schema and "format" not in schema[field] and _plain(value)
    }
    return shown


def _plain(value: object) -> bool:
    """What is sent as a list of objects comes back richer: the schema's example knows how."""
    return not isinstance(value, list) or all(isinstance(each, str) for each in value)


def value_of(field: str, described: dict[str, Any]) -> Any:
    if "const" in described:
        return described["const"]
    if "examples" in described:
        return described["examples"][0]
    kinds = described["type"] if isinstance(described["type"], list) else [described["type"]]
    if "null" in kinds:
        return None
    if "enum" in described:
        return described["enum"][0]
    return field.replace("_", " ") if kinds[0] == "string" else _OF_TYPE[kinds[0]]


def _creation(name: str, routes: Iterable[Route]) -> type[Body]:
    for route in routes:
        if isinstance(route, Write) and route.name == name and route.body in EXAMPLES:
            return route.body
    return Body
