"""All that is wrong with a request is told in one answer, each field by its path."""

from __future__ import annotations

import pytest

from domain.shared.identifiers import typed_id
from store.ids import new_id
from tests.api.conftest import LINE
from tests.api.test_refusals import refused

REVERSED = {"period_start": "2026-04-01", "period_end": "2026-03-01"}


def told(client, path, body):
    at = client.head
    answer = client.post(path, body, key="once")
    errors = {error["field"]: error["code"] for error in answer.json["errors"]}
    refused(client, answer, 422, answer.json["code"], at)
    return errors


@pytest.fixture(params=["of no form", "of nothing", "of another kind"])
def ghost(request, shop):
    """Ids that name nothing."""

    def named(prefix):
        other = (shop.plan if prefix == "prod" else shop.product)["id"].partition("_")[2]
        endings = {"of no form": "ghost", "of another kind": other}
        end = endings.get(request.param)
        return typed_id(prefix, new_id()) if end is None else f"{prefix}_{end}"

    return named


def test_of_a_draft(shop, ghost):
    lines = [
        {**LINE, "plan_id": ghost("plan"), "product_id": ghost("prod")},
        {**LINE, **REVERSED},
    ]
    body = {"currency": "USD", "lines": lines, "coupon_id": ghost("cpn")}
    of_lines = {
        "lines[0].plan_id": "not_found",
        "lines[0].product_id": "not_found",
        "lines[1].period_end": "empty_period",
    }
    known = {**body, "customer_id": shop.customer["id"]}
    everything = {**of_lines, "coupon_id": "not_found"}
    assert told(shop.client, "/invoices", known) == everything
    nobody = {**body, "customer_id": ghost("cus")}
    assert told(shop.client, "/invoices", nobody) == {**everything, "customer_id": "not_found"}
    long = {**known, "notes": "x" * 5001}
    assert told(shop.client, "/invoices", long) == {**everything, "notes": "too_long"}
    draft = shop.invoice(issued=False)["id"]
    late = {"lines": lines[:1], "coupon_id": ghost("cpn"), "due_at": "2020-01-01"}
    answer = shop.client.patch(f"/invoices/{draft}", late)
    assert {error["field"]: error["code"] for error in answer.json["errors"]} == {
        "lines[0].plan_id": "not_found", "lines[0].product_id": "not_found",
        "coupon_id": "not_found", "due_at": "not_in_the_future",
    }  # fmt: skip


def test_of_a_charge(shop, ghost):
    path = f"/invoices/{shop.invoice()['id']}/charge"
    wrong = {"payment_method_id": ghost("pm"), "x": 1}
    assert told(shop.client, path, wrong) == {
        "payment_method_id": "not_found", "x": "unknown_field"
    }  # fmt: skip


def test_of_a_charge_into_a_balance(shop, ghost):
    path = f"/customers/{shop.customer['id']}/balance/charge"
    wrong = {"payment_method_id": ghost("pm"), "amount": 1, "currency": "XXX"}
    assert told(shop.client, path, wrong) == {
        "payment_method_id": "not_found", "currency": "unknown_currency"
    }  # fmt: skip


def test_of_a_sale(shop, ghost):
    body = {
        "customer_id": ghost("cus"), "plan_id": ghost("plan"), "coupon_id": ghost("cpn"),
        "payment_method_id": ghost("pm"), "shipping_address_id": ghost("adr"),
    }  # fmt: skip
    assert told(shop.client, "/subscriptions", body) == dict.fromkeys(body, "not_found")


def test_of_a_line_each_end_of_its_period(shop):
    periods = [
        {"period_start": "2026-03-01"}, {"period_end": "2026-03-01"}, REVERSED,
        {"period_start": "soon", "period_end": "2026-03-01"}, {**REVERSED, "colour": "red"},
    ]  # fmt: skip
    body = {
        "customer_id": shop.customer["id"], "currency": "XXX",
        "lines": [{**LINE, **period} for period in periods],
    }  # fmt: skip
    assert told(shop.client, "/invoices", body) == {
        "currency": "unknown_currency",
        "lines[0].period_end": "required",
        "lines[1].period_start": "required",
        "lines[2].period_end": "empty_period",
        "lines[3].period_start": "invalid_instant",
        "lines[4].period_end": "empty_period",
        "lines[4].colour": "unknown_field",
    }


def test_a_key_that_was_used_is_told_first(shop):
    path = f"/invoices/{shop.invoice()['id']}/mark_paid"
    paid = {"reference": "1", "category": "check", "amount": 1000}
    first = shop.client.post(path, paid, key="once")
    assert first.status_code == 200
    answer = shop.client.post(path, {**paid, "amount": -1}, key="once")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    other = shop.client.post(path, {**paid, "amount": -1}, key="another")
    assert [error["field"] for error in other.json["errors"]] == ["amount"]
    again = shop.client.post(path, paid, key="once")
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000])
def test_what_is_nested_too_deep_is_told_without_the_machinery(client, body):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {client.key.text}"}
    answer = client.http.simulate_post("/core/v1/products", body=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (400, "unreadable_body")
    assert answer.json["detail"] == "not readable as JSON: nested too deep"
