"""The ids of the system an account came from, wherever ours may stand."""

from __future__ import annotations

from typing import get_args

import pytest

from api.fields import Body
from api.references import FAMILIES, SUFFIX
from api.route import Write
from api.routes import ROUTES
from tests.api.conftest import LINE, PLAN, PRODUCT, open_client
from tests.api.test_refusals import refused


@pytest.fixture
def moved(shop):
    """A shop whose records also have the ids of another system."""
    client = shop.client
    client.patch(f"/customers/{shop.customer['id']}", {"old_provider_id": "C-1"})
    client.patch(f"/products/{shop.product['id']}", {"old_provider_id": "P-1"})
    client.patch(f"/plans/{shop.plan['id']}", {"old_provider_id": "PL-1"})
    return shop


def models(model: type[Body]):
    yield model
    for field in model.model_fields.values():
        for each in get_args(field.annotation):
            if isinstance(each, type) and issubclass(each, Body):
                yield from models(each)


BODIES = {each for route in ROUTES if isinstance(route, Write) for each in models(route.body)}


@pytest.mark.parametrize("body", sorted(BODIES, key=lambda each: each.__name__))
def test_every_body_takes_the_other_id_where_it_takes_ours(body):
    stems = [stem for stem in FAMILIES if f"{stem}_id" in body.model_fields]
    assert [stem for stem in stems if f"{stem}{SUFFIX}" not in body.model_fields] == []


def test_bodies_name_records_by_either_id(moved):
    client = moved.client
    plan = client.made("/plans", {**PLAN, "product_old_provider_id": "P-1"})
    assert plan["product_id"] == moved.product["id"]
    subscription = client.made(
        "/subscriptions", {"customer_old_provider_id": "C-1", "plan_old_provider_id": "PL-1"}
    )
    assert subscription["customer_id"] == moved.customer["id"]
    assert subscription["plan_id"] == moved.plan["id"]
    card = client.made("/payment_methods", {"customer_old_provider_id": "C-1", "token": "tok_visa"})
    assert card["customer_id"] == moved.customer["id"]
    line = {**LINE, "plan_old_provider_id": "PL-1"}
    body = {"customer_old_provider_id": "C-1", "currency": "USD", "lines": [LINE, line]}
    invoice = client.made("/invoices", body)
    assert [each["plan_id"] for each in invoice["lines"]] == [None, moved.plan["id"]]


def test_both_ids_of_the_same_record_are_taken(moved):
    body = {
        "customer_id": moved.customer["id"], "customer_old_provider_id": "C-1",
        "plan_id": moved.plan["id"], "plan_old_provider_id": None,
    }  # fmt: skip
    assert moved.client.made("/subscriptions", body)["customer_id"] == moved.customer["id"]


def test_another_id_without_a_value_leaves_alone_what_cannot_be_cleared(moved):
    change = {"name": "Renamed", "product_old_provider_id": None}
    answer = moved.client.patch(f"/plans/{moved.plan['id']}", change)
    assert answer.status_code == 200, answer.text
    assert answer.json["product_id"] == moved.product["id"]


def test_references_are_refused_all_at_once(moved):
    client = moved.client
    other = client.made("/customers", {})
    at = client.head
    body = {
        "customer_id": other["id"], "customer_old_provider_id": "C-1", "currency": "XXX",
        "lines": [LINE, {**LINE, "plan_old_provider_id": "nowhere"}],
    }  # fmt: skip
    answer = client.post("/invoices", body)
    refused(client, answer, 422, "invalid", at)
    assert {error["field"]: error["code"] for error in answer.json["errors"]} == {
        "customer_id": "reference_mismatch",
        "lines[1].plan_old_provider_id": "not_found",
        "currency": "unknown_currency",
    }
    wrong = {"": "too_short", "x" * 201: "too_long", "\0": "not_allowed", 1: "wrong_type"}
    for old_id, code in wrong.items():
        answer = client.post("/plans", {**PLAN, "product_old_provider_id": old_id})
        assert answer.status_code == 422, answer.text
        told = {error["field"]: error["code"] for error in answer.json["errors"]}
        assert told["product_old_provider_id"] == code
    assert client.head == at


def test_what_a_body_does_not_take_is_still_unknown(moved):
    at = moved.client.head
    answer = moved.client.post("/products", {**PRODUCT, "plan_old_provider_id": "PL-1"})
    refused(moved.client, answer, 422, "unknown_field", at, "plan_old_provider_id")
    made = moved.client.made("/products", {**PRODUCT, "metadata": {"plan_old_provider_id": "x"}})
    assert made["metadata"] == {"plan_old_provider_id": "x"}


def test_lists_and_exports_are_filtered_by_either_id(moved):
    client = moved.client
    client.made("/plans", {**PLAN, "product_id": client.made("/products", PRODUCT)["id"]})
    listed = client.get("/plans", params={"product_old_provider_id": "P-1"}).json["data"]
    assert [each["id"] for each in listed] == [moved.plan["id"]]
    export = client.get("/exports/plans.csv", params={"product_old_provider_id": "P-1"}).text
    assert export.count("\r\n") == 2
    nowhere = client.get("/plans", params={"product_old_provider_id": "nowhere"})
    assert nowhere.json["data"] == []
    both = {"product_old_provider_id": "P-1", "product_id": "prod_other"}
    answer = client.get("/plans", params=both)
    assert (answer.status_code, answer.json["code"]) == (422, "reference_mismatch")
    answer = client.get("/products", params={"plan_old_provider_id": "PL-1"})
    assert (answer.status_code, answer.json["code"]) == (422, "unknown_filter")


def test_a_request_that_happened_is_answered_again_though_its_reference_moved(moved):
    client = moved.client
    body = {**PLAN, "product_old_provider_id": "P-1"}
    first = client.post("/plans", body, key="k")
    client.patch(f"/products/{moved.product['id']}", {"old_provider_id": None})
    again = client.post("/plans", body, key="k")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json


NOBODY = "cus_00000000000000000000000000"


@pytest.mark.parametrize("nobody", [NOBODY, "cus_nobody", "prod_00000000000000000000000000"])
def test_what_names_nothing_is_told_with_all_that_is_wrong(moved, nobody):
    client = moved.client
    at = client.head
    body = {"customer_id": nobody, "currency": "USD", "lines": [{**LINE, "quantity": 0}]}
    answer = client.post("/invoices", body)
    refused(client, answer, 422, "invalid", at)
    told = {error["field"]: error["code"] for error in answer.json["errors"]}
    assert told.pop("customer_id") == "not_found"
    assert list(told) == ["lines[0].quantity"]


def test_all_that_names_nothing_is_told_at_once(moved):
    client = moved.client
    at = client.head
    body = {"customer_id": NOBODY, "plan_id": NOBODY.replace("cus", "plan")}
    answer = client.post("/subscriptions", body)
    refused(client, answer, 422, "invalid", at)
    told = {error["field"]: error["code"] for error in answer.json["errors"]}
    assert told == {"customer_id": "not_found", "plan_id": "not_found"}
    answer = client.post(f"/customers/{NOBODY}/payment_methods", {"token": "tok_visa"})
    refused(client, answer, 404, "not_found", at)


def test_a_first_request_tells_of_all_that_name_nothing(app, services):
    """Of a key that this process did not see before: it was told of the first one only."""
    client, nobody = open_client(app, services), "01m830g1ybfn0arechcetz2hya"
    body = {"customer_id": f"cus_{nobody}", "plan_id": f"plan_{nobody}"}
    at = client.books.head().position
    answer = client.post("/subscriptions", body)
    refused(client, answer, 422, "invalid", at)
    assert {each["field"] for each in answer.json["errors"]} == {"customer_id", "plan_id"}
