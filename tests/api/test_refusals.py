"""What is refused, with which status and code, and that nothing is recorded then."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN, PRODUCT, open_shop


def refused(client, answer, status: int, code: str, before: int, field: str | None = None) -> None:
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    if field is not None:
        assert field in [error["field"] for error in answer.json["errors"]]
    assert client.head == before


def test_all_wrong_fields_are_told_at_once(client):
    body = {
        "name": " ", "amount": 12.5, "currency": "XXX", "interval": "decade", "tax_rate": 0.1,
        "auto_renew": "yes", "colour": "red", "trial_days": -1, "metadata": {"a": 1},
    }  # fmt: skip
    answer = client.post("/plans", body)
    assert answer.status_code == 422
    told = {error["field"]: error["code"] for error in answer.json["errors"]}
    assert told == {
        "product_id": "required",
        "name": "required",
        "amount": "wrong_type",
        "currency": "unknown_currency",
        "interval": "not_allowed",
        "tax_rate": "invalid_rate",
        "auto_renew": "wrong_type",
        "colour": "unknown_field",
        "trial_days": "too_small",
        "metadata.a": "wrong_type",
    }


def test_an_archived_products_plans_and_a_product_with_plans(shop):
    client, path = shop.client, f"/products/{shop.product['id']}"
    at = client.head
    refused(client, client.post(f"{path}/archive"), 409, "product_has_active_plans", at)
    refused(client, client.send("DELETE", path), 409, "product_has_active_plans", at)
    client.made(f"/plans/{shop.plan['id']}/archive")
    client.made(f"{path}/archive")
    at = client.head
    plan = {**PLAN, "product_id": shop.product["id"]}
    refused(client, client.post("/plans", plan), 409, "product_archived", at)
    refused(client, client.post(f"/plans/{shop.plan['id']}/unarchive"), 409, "product_archived", at)
    refused(client, shop.subscribe(), 409, "plan_archived", at)


def test_what_must_be_unique(client):
    client.made("/customers", {"email": "Ada@example.org", "old_provider_id": "C-1"})
    client.made("/products", {**PRODUCT, "old_provider_id": "P-1"})
    at = client.head
    same = client.post("/customers", {"email": "ada@EXAMPLE.org"})
    refused(client, same, 422, "taken", at, "email")
    same = client.post("/customers", {"old_provider_id": "C-1"})
    refused(client, same, 422, "taken", at, "old_provider_id")
    same = client.post("/products", {**PRODUCT, "old_provider_id": "P-1"})
    refused(client, same, 422, "taken", at, "old_provider_id")


def test_references_that_name_nothing_or_two_things(shop, stranger):
    client, theirs = shop.client, open_shop(stranger)
    client.made("/products", {**PRODUCT, "old_provider_id": "P-2"})
    at = client.head
    plan = {**PLAN, "product_id": theirs.product["id"]}
    refused(client, client.post("/plans", plan), 422, "not_found", at, "product_id")
    refused(client, client.post("/plans", PLAN), 422, "required", at, "product_id")
    plan = {**PLAN, "product_old_provider_id": "nowhere"}
    refused(client, client.post("/plans", plan), 422, "not_found", at, "product_old_provider_id")
    plan = {**PLAN, "product_id": shop.product["id"], "product_old_provider_id": "P-2"}
    refused(client, client.post("/plans", plan), 422, "reference_mismatch", at, "product_id")
    refused(client, shop.subscribe(plan_id=theirs.plan["id"]), 422, "not_found", at, "plan_id")
    card = theirs.card["id"]
    answer = shop.subscribe(payment_method_id=card)
    refused(client, answer, 422, "not_found", at, "payment_method_id")


def test_a_subscription_without_parties_or_card(shop):
    client = shop.client
    bare = client.made("/customers", {})
    at = client.head
    answer = client.post("/subscriptions", {})
    refused(client, answer, 422, "invalid", at, "customer_id")
    assert len(answer.json["errors"]) == 2
    answer = shop.subscribe(customer_id=bare["id"])
    refused(client, answer, 422, "payment_method_required", at)
    answer = shop.subscribe(invoice_notes="For the office")
    refused(client, answer, 422, "invoice_notes_manual_renewal_only", at, "invoice_notes")


def test_a_cancelled_subscription_is_not_cancelled_again(shop):
    path = f"/subscriptions/{shop.subscribe().json['id']}/cancel"
    shop.client.made(path, {"mode": "period_end"})
    at = shop.client.head
    again = shop.client.post(path, {"mode": "period_end"})
    refused(shop.client, again, 409, "subscription_not_cancelable", at)
    refused(shop.client, shop.client.post(path, {}), 422, "required", at, "mode")


def test_a_draft_takes_no_money_and_a_paid_invoice_nothing_more(shop):
    client = shop.client
    draft = shop.invoice(issued=False)
    at, money = client.head, {"reference": "1", "category": "cash"}
    path = f"/invoices/{draft['id']}"
    refused(client, client.post(f"{path}/charge", {}, key="a"), 409, "invoice_not_payable", at)
    refused(client, client.post(f"{path}/void"), 409, "invoice_not_issued", at)
    client.made(f"{path}/issue")
    at = client.head
    refused(client, client.post(f"{path}/issue"), 409, "invoice_not_draft", at)
    more = client.post(f"{path}/mark_paid", {**money, "amount": 1501}, key="b")
    refused(client, more, 422, "amount_exceeds_outstanding", at, "amount")
    client.made(f"{path}/mark_paid", {**money, "amount": 1}, key="c")
    at = client.head
    refused(client, client.post(f"{path}/void"), 409, "invoice_has_payments", at)
    client.made(f"{path}/mark_paid", money, key="d")
    at = client.head
    for verb in ("void", "mark_uncollectible"):
        refused(client, client.post(f"{path}/{verb}"), 409, "invoice_terminal", at)
    refused(client, client.post(f"{path}/charge", {}, key="e"), 409, "invoice_terminal", at)


def test_a_declined_charge_is_402_and_recorded(client):
    shop = open_shop(client, "tok_insufficientFunds")
    invoice = shop.invoice()
    at = client.head
    declined = client.post(f"/invoices/{invoice['id']}/charge", {}, key="k")
    assert (declined.status_code, declined.json["code"]) == (402, "payment_declined")
    assert declined.json["errors"][0]["code"] == "insufficient_funds"
    assert client.head > at
    assert client.get("/payments").json["data"][0]["status"] == "failed"


def test_a_charge_whose_answer_is_lost_is_processing_until_the_clock_moves(client):
    shop = open_shop(client, "tok_timeout")
    invoice = shop.invoice()
    path = f"/invoices/{invoice['id']}"
    lost = client.post(f"{path}/charge", {}, key="k")
    assert (lost.status_code, lost.json["status"], lost.json["id"]) == (
        202, "processing", invoice["id"],
    )  # fmt: skip
    at = client.head
    again = client.post(f"{path}/charge", {}, key="other")
    refused(client, again, 409, "payment_in_progress", at)
    client.made("/test_clock/advance", {"to": "2026-01-02T00:00:00Z"})
    assert client.get(path).json["status"] == "paid"
    replay = client.post(f"{path}/charge", {}, key="k")
    assert (replay.status_code, replay.json) == (202, lost.json)


def test_a_subscription_whose_charge_is_unanswered_is_processing(client):
    made = open_shop(client, "tok_timeout").subscribe()
    assert (made.status_code, made.json["status"]) == (202, "processing")
    assert client.get(f"/subscriptions/{made.json['id']}").json["status"] == "incomplete"


def test_a_started_clock_is_not_set_and_never_goes_back(shop):
    client = shop.client
    at = client.head
    answer = client.patch("/test_clock", {"now": "2026-05-01"})
    refused(client, answer, 409, "test_clock_started", at)
    answer = client.post("/test_clock/advance", {"to": "2025-01-01T00:00:00Z"})
    refused(client, answer, 422, "before_now", at, "to")


def test_a_live_account_has_no_clock(app, services):
    from tests.api.conftest import open_client

    client = open_client(app, services, live=True)
    at = client.head
    refused(client, client.get("/test_clock"), 409, "test_clock_unavailable", at)
    answer = client.post("/test_clock/advance", {"to": "2030-01-01"})
    refused(client, answer, 409, "test_clock_unavailable", at)


def test_if_match_names_another_version(shop):
    client, path = shop.client, f"/products/{shop.product['id']}"
    at = client.head
    stale = {"If-Match": '"7"'}
    refused(client, client.patch(path, {"name": "x"}, headers=stale), 412, "version_mismatch", at)
    refused(client, client.post(f"{path}/archive", headers=stale), 412, "version_mismatch", at)
    odd = client.patch(path, {"name": "x"}, headers={"If-Match": "seven"})
    refused(client, odd, 412, "version_mismatch", at)
    tag = client.get(path).headers["ETag"]
    assert client.patch(path, {"name": "x"}, headers={"If-Match": tag}).status_code == 200


LATER = {"name": "Later", "revenue_recognition_strategy": "invoice_payment"}


def of_product(product):
    return [
        {"description": "a", "unit_amount": 1},
        {"description": "b", "unit_amount": 1, "product_id": product["id"]},
    ]


def test_two_line_strategies_on_one_invoice_are_refused_in_the_draft(shop):
    lines = of_product(shop.client.made("/products", LATER))
    at = shop.client.head
    body = {"customer_id": shop.customer["id"], "currency": "USD", "lines": lines}
    refused(shop.client, shop.client.post("/invoices", body), 422, "mixed_strategies", at, "lines")


def test_two_line_strategies_on_one_invoice_are_refused_at_issue(shop):
    product = shop.client.made("/products", {"name": "Now"})
    draft = shop.invoice(issued=False, lines=of_product(product))
    shop.client.patch(f"/products/{product['id']}", LATER)
    at = shop.client.head
    answer = shop.client.post(f"/invoices/{draft['id']}/issue")
    refused(shop.client, answer, 422, "mixed_strategies", at, "lines")


@pytest.mark.parametrize("token", ["tok_nobody", "4242424242424242"])
def test_a_token_the_gateway_does_not_know(shop, token):
    path = f"/customers/{shop.customer['id']}/payment_methods"
    at = shop.client.head
    answer = shop.client.post(path, {"token": token})
    refused(shop.client, answer, 422, "token_not_accepted", at, "token")
    answer = shop.client.post(path, {"token": "tok_visa", "gateway": "stripe"})
    refused(shop.client, answer, 422, "unknown_gateway", at, "gateway")
