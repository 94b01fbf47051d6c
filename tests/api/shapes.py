"""Holds answers against the schemas that the service publishes, without a library's leniency."""

from __future__ import annotations

from typing import Any

from api import schemas

_TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def differences(name: str, shown: dict[str, Any]) -> list[str]:
    """Fields that are missing, unknown or of another type than a resource's schema says."""
    resource = schemas.resource(name)
    schema = resource["properties"]
    wrong = [f"{field} is not in the schema" for field in shown.keys() - schema.keys()]
    wrong += [f"{field} is missing" for field in set(resource["required"]) - shown.keys()]
    for field in schema.keys() & shown.keys():
        if not _fits(schema[field], shown[field]):
            wrong.append(f"{field} is {shown[field]!r}")
    return wrong


def _fits(schema: dict[str, Any], value: Any) -> bool:
    if "const" in schema:
        return bool(value == schema["const"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return type(value) in {_TYPES[kind] for kind in kinds}
