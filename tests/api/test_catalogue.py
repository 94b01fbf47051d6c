"""Products and plans over HTTP: what may change, what ends, and who wins when both are asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import PLAN, PRODUCT
from tests.api.test_refusals import refused

CHANGES = {
    "name": "Weekend", "amount": 4200, "trial_days": 14, "entitlements": ["weekend", "archive"],
    "seat_capacity": 3, "shipments_per_interval": 8, "tax_rate": "0.19",
    "tax_behavior": "inclusive", "auto_renew": False, "collection_method": "send_invoice",
    "old_provider_id": "PL-9", "metadata": {"desk": "sales"},
}  # fmt: skip


def both(*asks):
    """The answers of requests sent at once."""
    with ThreadPoolExecutor(len(asks)) as pool:
        return [each.result() for each in [pool.submit(ask) for ask in asks]]


def test_a_product_is_recognised_by_invoice_unless_it_says_otherwise(client):
    assert client.made("/products", PRODUCT)["revenue_recognition_strategy"] == "invoice_creation"


def test_every_changeable_field_of_a_plan_changes(shop):
    path = f"/plans/{shop.plan['id']}"
    changed = shop.client.patch(path, CHANGES).json
    assert {name: changed[name] for name in CHANGES} == CHANGES
    assert shop.client.get(path).json == changed
    cleared = {"tax_rate": None, "seat_capacity": None, "shipments_per_interval": None}
    again = shop.client.patch(path, {**cleared, "entitlements": []}).json
    assert {name: again[name] for name in cleared} == cleared
    assert again["entitlements"] == []
    assert shop.client.get(path, params={"as_of": changed["updated_at"]}).status_code == 200


def test_a_change_of_nothing_is_no_event(shop):
    at = shop.client.head
    same = {name: shop.plan[name] for name in ("amount", "currency", "interval", "entitlements")}
    assert shop.client.patch(f"/plans/{shop.plan['id']}", same).json["version"] == 1
    assert shop.client.head == at


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", "membership"), ("currency", "EUR"), ("interval", "year"), ("interval_count", 2)],
)
def test_what_makes_a_plan_does_not_change(shop, field, value):
    at = shop.client.head
    answer = shop.client.patch(f"/plans/{shop.plan['id']}", {field: value, "amount": 1})
    refused(shop.client, answer, 422, "not_changeable", at, field)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("amount", -1, "too_small"),
        ("amount", 10**13, "too_large"),
        ("amount", 10**400, "too_large"),
        ("interval_count", 0, "too_small"),
        ("interval_count", 1201, "too_large"),
        ("trial_days", 3651, "too_large"),
        ("seat_capacity", 0, "too_small"),
        ("shipments_per_interval", 0, "too_small"),
        ("tax_rate", "1.00", "invalid_rate"),
        ("tax_rate", "-0.1", "invalid_rate"),
        ("currency", "usd", "unknown_currency"),
        ("entitlements", ["a", "a"], "given_twice"),
        ("entitlements", ["x"] * 51, "too_long"),
        ("entitlements", [" "], "required"),
        ("billing_prompt", " ", "required"),
        ("billing_policy", {}, "unknown_field"),
    ],
)
def test_limits_of_a_plan(shop, field, value, code):
    at = shop.client.head
    body = {**PLAN, "product_id": shop.product["id"], field: value}
    answer = shop.client.post("/plans", body)
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json["errors"]] == [code]
    assert shop.client.head == at


def test_a_customer_keeps_what_was_bought(shop):
    client, path = shop.client, f"/plans/{shop.plan['id']}"
    client.patch(path, {"entitlements": ["premium"]})
    sold = shop.subscribe().json
    client.patch(path, {"entitlements": ["basic"], "amount": 9900, "name": "Other"})
    client.send("DELETE", path)
    client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    renewed = client.get(f"/subscriptions/{sold['id']}").json
    assert renewed["status"] == "active"
    invoice = client.get(f"/invoices/{renewed['latest_invoice_id']}").json
    assert (invoice["total"], invoice["lines"][0]["description"]) == (3100, "Monthly")
    assert ",31.00,USD," in client.get("/exports/subscriptions.csv").text
    earned = client.get("/reports/recognized_revenue", params={"to": "2026-02-28"}).json["data"]
    assert {row["plan.entitlement"] for row in earned} == {"premium"}


def test_what_is_deleted_is_hidden_and_keeps_its_name_elsewhere(shop):
    client, sold = shop.client, shop.subscribe().json
    plan, product = f"/plans/{shop.plan['id']}", f"/products/{shop.product['id']}"
    gone = client.send("DELETE", plan)
    assert (gone.status_code, gone.json["deleted"], gone.json["name"]) == (200, True, "Monthly")
    assert client.send("DELETE", product).status_code == 200
    at = client.head
    for path in (plan, product):
        refused(client, client.get(path), 404, "not_found", at)
        refused(client, client.get(path, params={"as_of": "2026-01-03"}), 404, "not_found", at)
        refused(client, client.patch(path, {"name": "x"}), 404, "not_found", at)
        refused(client, client.post(f"{path}/archive"), 404, "not_found", at)
        refused(client, client.post(f"{path}/unarchive"), 404, "not_found", at)
        refused(client, client.send("DELETE", path), 404, "not_found", at)
        assert client.get(f"{path}/events").json["data"][0]["type"].endswith(".deleted")
    assert client.get("/plans").json["data"] == client.get("/products").json["data"] == []
    refused(client, shop.subscribe(), 409, "plan_deleted", at)
    more = {**PLAN, "product_id": shop.product["id"]}
    refused(client, client.post("/plans", more), 409, "product_deleted", at)
    listed = client.get("/subscriptions", params={"expand": "plan,product"}).json["data"][0]
    assert (listed["id"], listed["plan"]["name"]) == (sold["id"], "Monthly")
    assert listed["product"]["name"] == PRODUCT["name"]
    assert "The Paper" in client.get("/exports/subscriptions.csv").text
    assert "The Paper" in client.get("/exports/recognized_revenue.csv").text


def test_an_old_id_is_free_again_when_its_record_is_deleted(client):
    product = client.made("/products", {**PRODUCT, "old_provider_id": "P-1"})
    plan = {**PLAN, "product_id": product["id"], "old_provider_id": "PL-1"}
    client.send("DELETE", f"/plans/{client.made('/plans', plan)['id']}")
    client.made("/plans", {**plan, "name": "Again"})
    again = client.get("/plans", params={"old_provider_id": "PL-1"}).json["data"]
    assert [each["name"] for each in again] == ["Again"]
    client.send("DELETE", f"/plans/{again[0]['id']}")
    client.send("DELETE", f"/products/{product['id']}")
    assert client.made("/products", {**PRODUCT, "old_provider_id": "P-1"})["id"] != product["id"]


def test_archived_twice_is_archived_once(shop):
    client, path = shop.client, f"/plans/{shop.plan['id']}"
    first = client.made(f"{path}/archive")
    assert client.made(f"{path}/archive") == first
    assert client.made(f"{path}/unarchive")["version"] == 3


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_a_plan_made_while_its_product_ends_is_there_or_is_refused(client, verb):
    """Never both: an ended product with an active plan. Whoever is first wins, over many rounds."""

    def end(ref):
        path = f"/products/{ref}"
        return client.send("DELETE", path) if verb == "delete" else client.post(f"{path}/archive")

    outcomes = set()
    for _ in range(12):
        ref = client.made("/products", PRODUCT)["id"]
        at = client.head
        ended, made, other = both(
            lambda ref=ref: end(ref),
            lambda ref=ref: client.post("/plans", {**PLAN, "product_id": ref}),
            lambda ref=ref: client.post("/plans", {**PLAN, "product_id": ref}),
        )
        sold = [each for each in (made, other) if each.status_code == 201]
        if ended.status_code == 200:
            assert [each.json["code"] for each in (made, other)] == [f"product_{verb}d"] * 2
            assert client.head == at + 1
        else:
            assert (ended.status_code, ended.json["code"]) == (409, "product_has_active_plans")
            assert len(sold) == 2
            assert client.head == at + 2
        outcomes.add(ended.status_code)
    assert outcomes <= {200, 409}


def test_a_plan_sold_again_while_its_product_is_archived(shop):
    client, plan = shop.client, f"/plans/{shop.plan['id']}"
    for _ in range(8):
        client.made(f"{plan}/archive")
        ended, again = both(
            lambda: client.post(f"/products/{shop.product['id']}/archive"),
            lambda: client.post(f"{plan}/unarchive"),
        )
        assert sorted((ended.status_code, again.status_code)) == [200, 409]
        client.made(f"/products/{shop.product['id']}/unarchive")


def test_another_accounts_catalogue_is_not_there(shop, stranger):
    at = stranger.head
    for path in (f"/products/{shop.product['id']}", f"/plans/{shop.plan['id']}"):
        for answer in (
            stranger.get(path), stranger.get(f"{path}/events"),
            stranger.patch(path, {"name": "x"}), stranger.post(f"{path}/archive"),
            stranger.post(f"{path}/unarchive"), stranger.send("DELETE", path),
        ):  # fmt: skip
            refused(stranger, answer, 404, "not_found", at)
