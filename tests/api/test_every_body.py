"""Every field of every body against whatever may be sent, by the description that is published.

The tables are made of the route table and its models: a new route is held to them by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from falcon import testing

from api.fields import Nothing
from api.route import Write
from api.routes import ROUTES
from tests.api.conftest import open_client
from tests.api.everything import Everything, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.services import Services

LITERALS = [
    "null", "true", "false", "0", "-1", "1.5", "1e999", "-1e999", "1000000000000000",
    "-1000000000000000", str(10**30), str(-(10**30)), "[]", "{}", "[[null]]", '[{"a": {}}]',
    '{"a": {"b": [1]}}', '""', '" "', '"0"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"',
    json.dumps("x" * 6000), json.dumps("'; DROP TABLE heads; --"), json.dumps("=1+1"),
    '"XXX"', '"ZZ"', '"2026-02-30"', '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59Z"',
    json.dumps("\u202eabc e\u0301\u200b \U0001f4b8"),
]  # fmt: skip
NEVER = ('"\\ud800"', "1e999", "-1e999")
"""What no field takes, and the description cannot speak of: it is no JSON value."""
OF_THE_RECORDS = {"not_found", "invalid_instant", "unknown_timezone"}
"""Codes of what no schema knows: what is recorded, and the calendar."""
BODIES = {
    route.body: route for route in ROUTES if isinstance(route, Write) and route.body is not Nothing
}


@pytest.fixture(scope="module")
def everything(app: Any, services: Services) -> Everything:
    return fill(open_client(app, services))


@pytest.fixture(scope="module")
def schemas(app: Any) -> dict[str, Any]:
    described = testing.TestClient(app).simulate_get("/openapi.json").json
    found: dict[str, Any] = described["components"]["schemas"]
    return found


@dataclass
class Fields:
    """The fields of a body by what their schemas say; `path` and `wrap` lead to an inner one."""

    properties: dict[str, Any]
    schemas: dict[str, Any]
    path: str = ""
    wrap: str = "{}"

    def raw(self, literal: str) -> bytes:
        """A body in which every field has this value, and one is unknown."""
        sent = ", ".join(f'"{name}": {literal}' for name in self.properties)
        return self.wrap.replace("{}", f'{{{sent}, "colour": 1}}').encode()

    def refused(self, literal: str) -> set[str]:
        """Those that do not take it."""
        if literal in NEVER:
            return set(self.properties)
        value = json.loads(literal)
        return {name for name, takes in self._validators.items() if not takes(value)}

    @cached_property
    def _validators(self) -> dict[str, Callable[[Any], bool]]:
        parts = {"components": {"schemas": self.schemas}}
        return {
            name: jsonschema_rs.Draft202012Validator({**schema, **parts}).is_valid
            for name, schema in self.properties.items()
        }

    def named(self, errors: list[dict[str, str]]) -> dict[str, str]:
        """The codes told, by field."""
        here = [each for each in errors if each["field"].startswith(self.path)]
        told = ((each["field"].removeprefix(self.path), each["code"]) for each in here)
        return {field.partition(".")[0].partition("[")[0]: code for field, code in told}

    def inner(self) -> Iterator[Fields]:
        for name, schema in self.properties.items():
            for kind in schema.get("anyOf", [schema]):
                of = kind.get("items", kind)
                if "$ref" in of:
                    at, wrap = ("[0]", "[{}]") if "items" in kind else ("", "{}")
                    inner = self.schemas[of["$ref"].rpartition("/")[2]]["properties"]
                    yield Fields(
                        inner, self.schemas, f"{self.path}{name}{at}.",
                        self.wrap.replace("{}", f'{{"{name}": {wrap}}}'),
                    )  # fmt: skip


@pytest.mark.parametrize("route", BODIES.values(), ids=lambda route: route.body.__name__)
def test_each_wrong_field_is_named_and_no_other(
    everything: Everything, schemas: dict[str, Any], route: Write
) -> None:
    client, path = everything.client, everything.path(route)
    outer = Fields(schemas[route.body.__name__]["properties"], schemas)
    at = client.head
    for fields in (outer, *outer.inner()):
        for literal in LITERALS:
            answer = client.send(
                route.method, path, body=fields.raw(literal), key="k",
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
            assert answer.status_code == 422, (literal[:60], answer.text)
            assert answer.headers["Content-Type"] == "application/problem+json"
            told, expected = fields.named(answer.json["errors"]), fields.refused(literal)
            assert told.pop("colour") == "unknown_field"
            missing = expected - told.keys()
            unasked = {name: code for name, code in told.items() if name not in expected}
            assert not missing, (literal[:60], answer.json["errors"])
            assert set(unasked.values()) <= OF_THE_RECORDS, (literal[:60], unasked)
    assert client.head == at
