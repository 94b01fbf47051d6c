"""Values that are odd and yet allowed: text comes back octet for octet, numbers and dates at the
ends of what the description allows are done or refused, and nothing is recorded of what is refused.

The tables are made of the route table and the published description.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from api.fields import INSTANT, Nothing
from api.route import Write
from api.routes import ROUTES
from tests.api.conftest import open_client
from tests.api.everything import Everything, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.services import Services

WRITES = [route for route in ROUTES if isinstance(route, Write) and route.body is not Nothing]
ODD = (
    "'; DROP TABLE heads; --", "=cmd|' /C calc'!A0", "\u202eevil\u202c \u05d0\u05d1", "e\u0301",
    'a"b,c\r\nd\te\x01\x7f', "\u200b\ufeff \u2028", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\\u0041 %s %(a)s {0} ${x}", "\ufdd0\uffff\U0010ffff", "null", " spaces around ",
)  # fmt: skip
OF_A_FORM = {
    "token",
    "coupon_code",
    "password",
    "timezone",
    "invoice_prefix",
    "billing_prompt",
    "filters",
}
"""Text of which only some is allowed, for reasons that are the field's own."""
INSTANTS = ("1970-01-01", "2999-12-31T23:59:59.999999Z", "2026-02-30", "2026-01-01T00:00:00+23:59")


def described(model: type[Any]) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema()["properties"]
    return found


def kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    either: list[dict[str, Any]] = schema.get("anyOf", [schema])
    return either


def is_free_text(name: str, schema: dict[str, Any]) -> bool:
    if name in OF_A_FORM or (name.endswith("_id") and name not in {"old_provider_id", "tax_id"}):
        return False
    return any(
        kind.get("type") == "string" and not kind.keys() & {"enum", "format", "const"}
        and kind.get("pattern") != INSTANT["pattern"] and "examples" not in kind
        and kind.get("pattern", "").startswith("^[^\\u0000]*")
        for kind in kinds(schema)
    )  # fmt: skip


@pytest.fixture(scope="module")
def everything(app: Any, services: Services) -> Everything:
    return fill(open_client(app, services))


def texts(route: Write) -> list[str]:
    """The fields that take any text, but those that only some plans allow."""
    fields = described(route.body).items()
    return [name for name, each in fields if is_free_text(name, each) and name not in OF_A_PLAN]


OF_A_PLAN = {"invoice_notes", "purchase_order"} | {"members"}
MAKING = [
    route for route in WRITES
    if (route.status == 201 or route.method == "PATCH") and texts(route)
    and not re.match(r"/core/v1/invoices/\{id\}/", route.path)  # those depend on its state
]  # fmt: skip


@pytest.mark.parametrize("route", MAKING, ids=lambda route: f"{route.method} {route.path}")
def test_text_comes_back_as_it_was_sent(everything: Everything, route: Write) -> None:
    assert everything.has(route), "give everything.fill one of these"
    names, path = texts(route), everything.path(route)
    for odd in ODD:
        sent: dict[str, Any] = {**dict.fromkeys(names, odd), **once(route, odd)}
        if "metadata" in route.body.model_fields:
            sent["metadata"] = {odd[:60]: odd}
        body = {**everything.body(route), **sent}
        body = {name: value for name, value in body.items() if name not in OF_A_PLAN}
        answer = everything.client.send(route.method, path, body, key=uuid4().hex)
        assert answer.status_code in {200, 201}, (odd, answer.text)
        shown = {name: answer.json[name] for name in sent if name in answer.json}
        assert shown == {name: value for name, value in sent.items() if name in shown} | (
            {"metadata": answer.json["metadata"]} if "metadata" in sent else {}
        )
        assert answer.json.get("metadata", {odd[:60]: odd})[odd[:60]] == odd
        require_as_read(everything, answer.json)


def once(route: Write, odd: str) -> dict[str, str]:
    """What may stand only once in an account."""
    told = {"email": f"{uuid4().hex}@example.org", "old_provider_id": f"{odd} {uuid4().hex}"}
    told["code"] = uuid4().hex
    return {name: value for name, value in told.items() if name in route.body.model_fields}


def require_as_read(everything: Everything, shown: dict[str, Any]) -> None:
    noun = {"address": "addresses", "member": "memberships"}.get(
        shown["object"], f"{shown['object']}s"
    )
    at = f"/{noun}/{shown['id']}" if noun != "accounts" else "/account"
    read = everything.client.get(at).json
    assert read == {name: value for name, value in shown.items() if name not in {"secret", "token"}}


OF_TYPE: dict[str, tuple[Any, ...]] = {"null": (None,), "boolean": (True, False), "array": ([],)}


def ends(name: str, schema: dict[str, Any]) -> Iterator[Any]:
    """Values at the ends of what a field takes by its description, and references to nothing."""
    for kind in kinds(schema):
        few: list[Any] = kind.get("enum", [])
        yield from few[:6]
        if kind.get("type") == "integer":
            yield kind.get("minimum", kind.get("exclusiveMinimum", 0) + 1)
            yield kind.get("maximum", kind.get("exclusiveMaximum", 1 << 62) - 1)
        if kind.get("type") == "string" and "enum" not in kind:
            yield from texts_of(name, kind)
        yield from OF_TYPE.get(str(kind.get("type")), [])


def texts_of(name: str, kind: dict[str, Any]) -> Sequence[str]:
    if kind.get("pattern") == INSTANT["pattern"]:
        return INSTANTS
    if name.endswith("_id"):
        return ("prod_01m80my7zeeypta0a1x73t1twz", "nobody")
    return ("x" * kind.get("maxLength", 254),)


# A thousand years of the clock would be lived through.
ENDED = [route for route in WRITES if not route.path.endswith("/test_clock/advance")]


@pytest.mark.parametrize("route", ENDED, ids=lambda route: f"{route.method} {route.path}")
def test_what_lies_at_the_ends_is_done_or_refused(everything: Everything, route: Write) -> None:
    client = everything.client
    for name, schema in described(route.body).items():
        for value in ends(name, schema):
            path = everything.fresh(route)
            body, at = {**everything.body(route), name: value}, client.head
            answer = client.send(route.method, path, body, key=uuid4().hex)
            told = (name, value, answer.text)
            assert answer.status_code < 500, told
            if answer.status_code >= 400 and answer.status_code != 402:
                assert answer.headers["Content-Type"] == "application/problem+json", told
                assert answer.json["code"], told
                assert answer.status_code != 422 or answer.json["errors"], told
                assert client.head == at, told
