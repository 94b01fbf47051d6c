"""The service's description of itself covers every route and cannot promise what is not so."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest

from api.examples import EXAMPLES
from api.fields import Nothing
from api.route import Write
from api.routes import ROUTES
from projections.resources import BY_NAME
from tests.api.conftest import open_shop


@pytest.fixture
def described(client):
    answer = client.get("/openapi.json", whole=True)
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json


def test_every_route_is_described_once(described):
    told = {(method.upper(), path) for path, each in described["paths"].items() for method in each}
    assert described["openapi"] == "3.1.0"
    assert told == {(route.method, route.path) for route in ROUTES}
    named = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(named) == len(set(named)) == len(ROUTES)


def every(value):
    yield value
    if isinstance(value, dict):
        for each in value.values():
            yield from every(each)
    if isinstance(value, list):
        for each in value:
            yield from every(each)


def test_every_reference_leads_somewhere(described):
    refs = {each["$ref"] for each in every(described) if isinstance(each, dict) and "$ref" in each}
    for ref in refs:
        led_to(described, ref)


def led_to(described, ref):
    found = described
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_no_text_that_is_sent_may_hold_a_null_character(described):
    """The service refuses it in every one: found by fuzzing, in the only text that did not say."""
    sent = every(
        [
            operation["requestBody"]
            for methods in resolved(described, described["paths"]).values()
            for operation in methods.values()
            if "requestBody" in operation
        ]
    )
    texts = [
        each
        for each in sent
        if isinstance(each, dict) and each.get("type") == "string"
        if each != {"type": "string"}  # one of several ways, beside what the field is held to
        if not each.keys() & {"enum", "const", "format", "pattern", "contentMediaType"}
    ]
    assert texts == []


def resolved(described, value):
    if isinstance(value, dict) and "$ref" in value:
        return resolved(described, led_to(described, value["$ref"]))
    if isinstance(value, dict):
        return {name: resolved(described, each) for name, each in value.items()}
    return [resolved(described, each) for each in value] if isinstance(value, list) else value


def test_every_parameter_of_a_path_is_declared(described):
    for path, methods in described["paths"].items():
        for operation in methods.values():
            declared = {
                each["name"] for each in operation["parameters"] if each.get("in") == "path"
            }
            assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_every_body_has_an_example_that_the_service_understands(client):
    """Each is sent as it stands: refused it may be for its references, not for its fields."""
    shop = open_shop(client)
    known = {"cus": shop.customer, "plan": shop.plan, "prod": shop.product, "pm": shop.card}
    for route in ROUTES:
        if isinstance(route, Write) and route.body is not Nothing:
            example = {
                name: known.get(str(value).partition("_")[0], {}).get("id", value)
                if name.endswith("_id") and "old" not in name else value
                for name, value in EXAMPLES[route.body].items()
            }  # fmt: skip
            path = route.path.replace("{id}", "x")
            answer = client.send(route.method, path, example, key=route.path)
            of_references = "taken" in answer.text or "invalid_token" in answer.text
            expected = {200, 201, 202, 404, 409} | ({422} if of_references else set())
            assert answer.status_code in expected, (route.path, answer.text)


PREFIXES = {kind.kind: kind.prefix for kind in BY_NAME.values()}
PREFIXES |= {"event": "evt", "line": "il", "owner": "cus", "latest_invoice": "inv"}


def prefix_of(field, resource):
    """What an id in a field begins with; None where the field may hold several kinds."""
    noun = resource if field == "id" else field.removesuffix("_id")
    return PREFIXES.get(noun)


def ids(value, resource=None):
    """Every field of an example that holds an id, with what it begins with."""
    if isinstance(value, list):
        for each in value:
            yield from ids(each, resource)
    if isinstance(value, dict):
        for field, each in value.items():
            if (field == "id" or field.endswith("_id")) and isinstance(each, str):
                yield field, value.get("object", resource), each
            yield from ids(each)


def test_ids_in_examples_are_of_what_their_fields_name(described):
    found = [
        one
        for each in every(described)
        if isinstance(each, dict) and "example" in each
        for one in ids(each["example"])
    ]
    found += [
        (field, schema["properties"].get("object", {}).get("const"), example)
        for schema in described["components"]["schemas"].values()
        for field, told in schema.get("properties", {}).items()
        if field == "id" or field.endswith("_id")
        for example in told.get("examples", [])
    ]
    assert len(found) > 100
    wrong = [
        (field, resource, example) for field, resource, example in found
        if (prefix := prefix_of(field, resource)) and not example.startswith(f"{prefix}_")
        if "old_provider" not in field
    ]  # fmt: skip
    assert wrong == []


def test_every_example_of_an_answer_is_as_described(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for status, answer in resolved_once(described, operation["responses"]):
                for told in answer.get("content", {}).values():
                    if "example" in told:
                        schema = {**told["schema"], "components": described["components"]}
                        valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                        errors = [each.message for each in valid.iter_errors(told["example"])]
                        assert errors == [], (method, path, status)


def resolved_once(described, responses):
    for status, answer in responses.items():
        yield status, led_to(described, answer["$ref"]) if "$ref" in answer else answer


def test_the_page_names_every_route_and_needs_nothing_from_elsewhere(client):
    page = client.get("/docs", whole=True)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for route in ROUTES:
        assert f"<code>{route.path}</code>" in page.text
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page.text)
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
