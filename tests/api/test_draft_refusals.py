"""What a line cannot be of, and a draft that cannot be issued any more."""

from __future__ import annotations

import pytest

from tests.api.conftest import LINE, PLAN, PRODUCT
from tests.api.returning import advance, post, refused, shown


@pytest.fixture
def other(client):
    """A product recognised by payment, and a plan of it in EUR."""
    strategy = {"revenue_recognition_strategy": "invoice_payment"}
    product = client.made("/products", {**PRODUCT, **strategy})
    plan = client.made("/plans", {**PLAN, "product_id": product["id"], "currency": "EUR"})
    return product, plan


def drafted(client, shop, *lines, currency="USD"):
    body = {"customer_id": shop.customer["id"], "currency": currency, "lines": list(lines)}
    return client.post("/invoices", body)


def told(answer):
    return {error["field"]: error["code"] for error in answer.json["errors"]}


def test_a_plan_of_another_product_is_refused(client, shop, other):
    product, _ = other
    at = client.head
    line = {**LINE, "plan_id": shop.plan["id"], "product_id": product["id"]}
    answer = drafted(client, shop, LINE, line)
    refused(client, answer, 422, "reference_mismatch", at)
    assert told(answer) == {"lines[1].product_id": "reference_mismatch"}
    same = {**LINE, "plan_id": shop.plan["id"], "product_id": shop.product["id"]}
    assert drafted(client, shop, same).status_code == 201


def test_a_plan_of_another_currency_is_refused(client, shop, other):
    _, plan = other
    at = client.head
    answer = drafted(client, shop, {**LINE, "plan_id": plan["id"]})
    refused(client, answer, 422, "currency_mismatch", at)
    assert told(answer) == {"lines[0].plan_id": "currency_mismatch"}
    assert drafted(client, shop, {**LINE, "plan_id": plan["id"]}, currency="EUR").status_code == 201


def test_all_that_is_wrong_with_lines_is_told_at_once(client, shop, other):
    _, plan = other
    crossed = {**LINE, "plan_id": plan["id"], "product_id": shop.product["id"]}
    answer = drafted(client, shop, {**LINE, "plan_id": plan["id"]}, crossed)
    assert told(answer) == {
        "lines[0].plan_id": "currency_mismatch",
        "lines[1].product_id": "reference_mismatch",
        "lines[1].plan_id": "currency_mismatch",
    }


def test_a_draft_said_anew_is_refused_as_a_new_one(client, shop, other):
    _, plan = other
    draft = drafted(client, shop, {**LINE, "plan_id": shop.plan["id"]}).json["id"]
    path, at = f"/invoices/{draft}", client.head
    lines = [{**LINE, "plan_id": plan["id"]}]
    for body in ({"currency": "EUR"}, {"lines": lines}):
        refused(client, client.patch(path, body), 422, "currency_mismatch", at)
    assert client.patch(path, {"currency": "EUR", "lines": lines}).status_code == 200


def test_a_draft_that_was_due_before_is_not_issued(client, shop):
    draft = shop.invoice(issued=False, due_at="2026-03-05")["id"]
    advance(client, "2026-03-20")
    at = client.head
    answer = post(client, f"/invoices/{draft}/issue", {})
    refused(client, answer, 422, "not_in_the_future", at)
    assert told(answer) == {"due_at": "not_in_the_future"}
    assert shown(client, draft)["status"] == "draft"
    client.patch(f"/invoices/{draft}", {"due_at": None})
    issued = client.made(f"/invoices/{draft}/issue")
    assert (issued["status"], issued["due_at"]) == ("open", "2026-04-19T00:00:00Z")


def test_a_draft_is_issued_until_the_moment_it_is_due(client, shop):
    draft = shop.invoice(issued=False, due_at="2026-03-05")["id"]
    advance(client, "2026-03-05")
    assert client.made(f"/invoices/{draft}/issue")["due_at"] == "2026-03-05T00:00:00Z"
