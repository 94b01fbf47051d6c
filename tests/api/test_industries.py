"""The report of industries: which of them take which products."""

from __future__ import annotations

from tests.api.conftest import PLAN

HEADER = (
    "industry,product.id,product.name,organizations,customers,subscriptions,active_subscriptions"
)


def test_it_counts_customers_of_organisations_by_what_they_take(shop):
    client, product = shop.client, shop.product
    press = client.made("/organizations", {"name": "A", "industry": "press"})
    other = client.made("/organizations", {"name": "B", "industry": "press"})
    silent = client.made("/organizations", {"name": "C"})
    weekly = client.made("/products", {"name": "Weekly"})
    plan = client.made("/plans", {**PLAN, "product_id": weekly["id"]})
    for organization, plans in [
        (press, [shop.plan, shop.plan, plan]), (other, [shop.plan]), (silent, [plan]),
    ]:  # fmt: skip
        customer = client.made("/customers", {"organization_id": organization["id"]})
        for each in plans:
            body = {"plan_id": each["id"], "collection_method": "send_invoice"}
            client.made("/subscriptions", {**body, "customer_id": customer["id"]})
    shop.subscribe()
    report = client.get("/reports/industries").json
    assert report["position"] == client.head
    assert [tuple(row.values()) for row in report["data"]] == [
        ("press", product["id"], "The Paper", 2, 2, 3, 3),
        ("press", weekly["id"], "Weekly", 1, 1, 1, 1),
        (None, weekly["id"], "Weekly", 1, 1, 1, 1),
    ]
    text = client.get("/reports/industries", params={"format": "csv"}).text
    assert text == client.get("/exports/industries.csv").text
    assert text.split("\r\n")[0] == HEADER
    assert len(text.split("\r\n")) == 5
    sheet = client.get("/exports/industries.csv", params={"format": "xlsx"})
    assert sheet.content.startswith(b"PK")
    client.send("DELETE", f"/organizations/{press['id']}")
    rows = client.get("/reports/industries").json["data"]
    assert [row["customers"] for row in rows] == [1, 1]


def test_it_shows_what_is_and_cannot_be_asked_of_the_past(client, stranger):
    answer = client.get("/reports/industries", params={"as_of": "2026-01-01"})
    assert (answer.status_code, answer.json["code"]) == (422, "unknown_filter")
    assert stranger.get("/reports/industries").json["data"] == []


def test_an_issued_invoice_and_deferred_revenue_name_the_organisation(shop):
    client = shop.client
    made = client.made("/organizations", {"name": "Analytical Engines"})
    client.patch(f"/customers/{shop.customer['id']}", {"organization_id": made["id"]})
    shop.subscribe()
    (row,) = client.get("/reports/deferred_revenue").json["data"]
    assert row["organization.name"] == "Analytical Engines"
    client.send("DELETE", f"/organizations/{made['id']}")
    shop.invoice()
    (row,) = client.get("/reports/deferred_revenue").json["data"]
    assert row["organization.name"] is None
