"""Each route's accepted case, over HTTP, against the published schema."""

from __future__ import annotations

import pytest

from tests.api.shapes import differences


def test_a_product_is_created_changed_archived_and_sold_again(client):
    made = client.post("/products", {"name": "The Paper", "metadata": {"a": "1", "b": "2"}})
    assert made.status_code == 201
    assert differences("product", made.json) == []
    path = f"/products/{made.json['id']}"
    changed = client.patch(path, {"description": "Daily", "metadata": {"a": None, "c": "3"}}).json
    assert changed["description"] == "Daily"
    assert changed["metadata"] == {"b": "2", "c": "3"}
    assert changed["version"] == 2
    assert client.made(f"{path}/archive")["archived"] is True
    assert client.made(f"{path}/unarchive")["archived"] is False
    assert client.get(path).json["version"] == 4


def test_a_deleted_product_is_answered_and_then_gone(client):
    product = client.made("/products", {"name": "The Paper"})
    gone = client.send("DELETE", f"/products/{product['id']}")
    assert (gone.status_code, gone.json["deleted"]) == (200, True)
    assert client.get(f"/products/{product['id']}").status_code == 404
    assert client.get("/products").json["data"] == []


def test_a_plan_keeps_its_terms_and_changes_its_name(shop):
    assert differences("plan", shop.plan) == []
    path = f"/plans/{shop.plan['id']}"
    assert shop.client.patch(path, {"name": "Per month"}).json["name"] == "Per month"
    assert shop.client.made(f"{path}/archive")["archived"] is True
    assert shop.client.made(f"{path}/unarchive")["archived"] is False
    assert shop.client.send("DELETE", path).json["deleted"] is True


def test_every_field_of_a_plan_is_taken(client):
    product = client.made("/products", {"name": "Club", "old_provider_id": "P-1"})
    fields = {
        "name": "Club", "type": "membership", "amount": 12000, "currency": "EUR",
        "interval": "year", "interval_count": 2, "auto_renew": False,
        "collection_method": "send_invoice", "trial_days": 7, "entitlements": ["a", "b"],
        "seat_capacity": 5, "shipments_per_interval": 12, "tax_rate": "0.10",
        "tax_behavior": "inclusive", "old_provider_id": "PL-1", "metadata": {"k": "v"},
    }  # fmt: skip
    made = client.made("/plans", {**fields, "product_old_provider_id": "P-1"})
    assert {name: made[name] for name in fields} == fields
    assert made["product_id"] == product["id"]


def test_a_customer_needs_nothing_and_can_lose_an_address(client):
    bare = client.made("/customers", {})
    assert differences("customer", bare) == []
    path = f"/customers/{bare['id']}"
    assert client.patch(path, {"email": "Ada@Example.org"}).json["email"] == "Ada@Example.org"
    assert client.patch(path, {"email": None}).json["email"] is None
    assert client.patch(path, {}).json["email"] is None


def test_the_first_card_is_the_default_until_another_asks(shop):
    assert differences("payment_method", shop.card) == []
    assert shop.card["is_default"] is True
    second = shop.client.made(
        "/payment_methods",
        {"customer_id": shop.customer["id"], "token": "tok_visa", "is_default": True},
    )
    cards = shop.client.get(f"/customers/{shop.customer['id']}/payment_methods").json["data"]
    assert {card["id"]: card["is_default"] for card in cards} == {
        shop.card["id"]: False, second["id"]: True,
    }  # fmt: skip


def test_a_subscription_is_charged_in_the_same_request(shop):
    made = shop.subscribe(quantity=2)
    assert made.status_code == 201
    assert differences("subscription", made.json) == []
    assert made.json["status"] == "active"
    invoice = shop.client.get(f"/invoices/{made.json['latest_invoice_id']}").json
    assert (invoice["status"], invoice["total"]) == ("paid", 6200)
    assert differences("invoice", invoice) == []
    paid = shop.client.get("/payments", params={"invoice_id": invoice["id"]}).json["data"]
    assert [payment["status"] for payment in paid] == ["succeeded"]
    assert differences("payment", paid[0]) == []


def test_a_declined_subscription_is_made_and_says_why(client):
    from tests.api.conftest import open_shop

    made = open_shop(client, "tok_chargeDeclined").subscribe()
    assert (made.status_code, made.json["status"]) == (201, "incomplete")
    assert made.json["latest_payment_error"]["code"] == "card_declined"


def test_a_subscription_is_changed_and_ends_with_its_term(shop):
    subscription = shop.subscribe().json
    path = f"/subscriptions/{subscription['id']}"
    assert shop.client.patch(path, {"metadata": {"a": "1"}}).json["metadata"] == {"a": "1"}
    ending = shop.client.made(f"{path}/cancel", {"mode": "period_end", "reason": "moved"})
    assert ending["cancel_at_period_end"] is True
    assert (ending["renews_at"], ending["expires_at"]) == (None, subscription["renews_at"])
    assert ending["cancel_reason"] == "moved"


def test_an_invoice_is_drafted_issued_and_charged(shop):
    draft = shop.invoice(issued=False, notes="Thank you")
    assert (draft["status"], draft["number"]) == ("draft", None)
    assert differences("invoice", draft) == []
    issued = shop.client.made(f"/invoices/{draft['id']}/issue")
    assert (issued["status"], issued["number"]) == ("open", "INV-000001")
    paid = shop.client.made(f"/invoices/{draft['id']}/charge", {}, key="charge")
    assert (paid["status"], paid["amount_remaining"]) == ("paid", 0)


def test_an_invoice_is_marked_as_paid_in_part_and_whole(shop):
    path = f"/invoices/{shop.invoice()['id']}/mark_paid"
    money = {"reference": "1842", "category": "check"}
    part = shop.client.made(path, {**money, "amount": 500}, key="part")
    assert (part["status"], part["amount_remaining"]) == ("open", 1000)
    whole = shop.client.made(path, money, key="whole")
    assert (whole["status"], whole["amount_paid"]) == ("paid", 1500)


def test_more_than_is_owed_goes_to_the_balance_where_that_is_asked(shop):
    money = {"reference": "w", "category": "wire", "amount": 2000, "excess_to_balance": True}
    shop.client.made(f"/invoices/{shop.invoice()['id']}/mark_paid", money, key="k")
    held = shop.client.get(f"/customers/{shop.customer['id']}").json["balances"]
    assert held == {"USD": 500}


@pytest.mark.parametrize(
    ("verb", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_an_open_invoice_is_given_up(shop, verb, status):
    invoice = shop.invoice()
    ended = shop.client.made(f"/invoices/{invoice['id']}/{verb}", {"reason": "entered twice"})
    assert ended["status"] == status
    last = shop.client.get(f"/invoices/{invoice['id']}/events").json["data"][0]
    assert last["reason"] == "entered twice"


def test_notes_stay_writable_on_a_void_invoice(shop):
    invoice = shop.invoice()
    shop.client.made(f"/invoices/{invoice['id']}/void")
    noted = shop.client.patch(f"/invoices/{invoice['id']}", {"notes": "See INV-2"}).json
    assert (noted["notes"], noted["status"]) == ("See INV-2", "void")


def test_a_line_with_tax_and_a_period_by_dates(client):
    customer = client.made("/customers", {"old_provider_id": "C-1"})
    line = {
        "description": "Year", "unit_amount": 11000, "tax_rate": "0.10",
        "tax_behavior": "inclusive", "period_start": "2026-01-01", "period_end": "2027-01-01",
    }  # fmt: skip
    body = {"customer_old_provider_id": "C-1", "currency": "USD", "lines": [line]}
    drafted = client.made("/invoices", body)
    issued = client.made(f"/invoices/{drafted['id']}/issue")
    assert issued["customer_id"] == customer["id"]
    assert (issued["subtotal"], issued["tax"], issued["total"]) == (10000, 1000, 11000)
    assert issued["lines"][0]["period_start"] == "2026-01-01T00:00:00Z"


def test_a_bare_date_is_midnight_in_the_accounts_zone(stranger):
    clock = stranger.patch("/test_clock", {"now": "2026-03-01"}).json
    assert clock["now"] == "2026-03-01T05:00:00Z"
    assert differences("test_clock", clock) == []


def test_advancing_the_clock_runs_what_falls_due(shop):
    shop.subscribe()
    done = shop.client.made("/test_clock/advance", {"to": "2026-04-15T00:00:00Z"})
    assert (done["now"], done["ran"]) == ("2026-04-15T00:00:00Z", {"renew": 3})
    assert shop.client.get("/test_clock").json["now"] == "2026-04-15T00:00:00Z"
    assert len(shop.client.get("/invoices").json["data"]) == 4


def test_the_account_and_its_log(client):
    assert differences("account", client.get("/account").json) == []
    customer = client.made(
        "/customers", {}, headers={"X-Request-Id": "req-7", "Idempotency-Key": "key-7"}
    )
    listed = client.get(f"/customers/{customer['id']}/events").json["data"]
    assert differences("event", listed[0]) == []
    assert listed[0]["request_id"] == "req-7"
    assert listed[0]["idempotency_key"] == "key-7"
    assert listed[0]["actor"] == client.key.id
    assert client.get(f"/events/{listed[0]['id']}").json == listed[0]
    asked = {"type": "customer.created", "expand": "changes"}
    by_type = client.get("/events", params=asked).json["data"]
    assert by_type == listed


@pytest.mark.parametrize("name", ["products", "plans", "customers", "subscriptions", "invoices"])
def test_a_list_is_exported_with_the_same_rows(shop, name):
    shop.subscribe()
    listed = [each["id"] for each in shop.client.get(f"/{name}").json["data"]]
    export = shop.client.get(f"/exports/{name}.csv")
    assert export.headers["Content-Type"].startswith("text/csv")
    lines = export.text.split("\r\n")
    assert [line.split(",")[0] for line in lines[1:-1]] == listed
    book = shop.client.get(f"/exports/{name}.csv", params={"format": "xlsx"})
    assert book.content.startswith(b"PK")
