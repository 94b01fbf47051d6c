"""What is told of a resource while somebody else has not answered yet: 202, a status of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import samples, schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.route import Route


def schema(name: str) -> schemas.Schema:
    """Of the resource by its name, as `invoice`. A clock says besides where it is going."""
    whole = schemas.resource(name)
    clock = {"to": schemas.INSTANT} if name == "test_clock" else {}
    status = {"type": "string", "enum": list(schemas.UNFINISHED[: 1 if clock else None])}
    return {
        **whole,
        "required": list(dict.fromkeys([*whole["required"], *clock, "status"])),
        "properties": {**whole["properties"], **clock, "status": status},
    }


def sample(name: str, routes: Iterable[Route]) -> dict[str, Any]:
    fields = schema(name)["properties"]
    told = {field: samples.value_of(field, described) for field, described in fields.items()}
    return {**told, **samples.of(name, routes), "status": schemas.UNFINISHED[0]}
