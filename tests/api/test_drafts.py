"""Invoices by hand: what a draft may say, how it is said anew, what its issue makes of it."""

from __future__ import annotations

import pytest

from tests.api.conftest import LINE


def test_a_draft_is_said_anew_and_issued_as_it_stands(shop):
    draft = shop.invoice(
        issued=False, due_at="2026-02-10", old_provider_id="i-1", metadata={"a": "b"}
    )
    path = f"/invoices/{draft['id']}"
    assert (draft["due_at"], draft["old_provider_id"]) == ("2026-02-10T00:00:00Z", "i-1")
    change = {
        "currency": "EUR", "collection_method": "charge_automatically",
        "lines": [{"description": "New", "unit_amount": 700, "quantity": 2}],
        "due_at": "2026-03-01", "notes": "Danke",
    }  # fmt: skip
    changed = shop.client.patch(path, change).json
    assert (changed["currency"], changed["total"], changed["due_at"], changed["notes"]) == (
        "EUR", 1400, "2026-03-01T00:00:00Z", "Danke",
    )  # fmt: skip
    shop.client.patch(path, {"collection_method": "send_invoice"})
    issued = shop.client.made(f"{path}/issue")
    assert (issued["total"], issued["due_at"], issued["number"]) == (
        1400, "2026-03-01T00:00:00Z", "INV-000001",
    )  # fmt: skip
    moved = shop.client.patch(path, {"due_at": "2026-04-01"}).json
    assert (moved["due_at"], moved["status"]) == ("2026-04-01T00:00:00Z", "open")
    shop.client.made("/test_clock/advance", {"to": "2026-03-20T00:00:00Z"})
    assert shop.client.get(path).json["status"] == "open"
    shop.client.made("/test_clock/advance", {"to": "2026-04-02T00:00:00Z"})
    assert shop.client.get(path).json["status"] == "past_due"


@pytest.mark.parametrize(
    "change", [{"lines": [LINE]}, {"currency": "EUR"}, {"collection_method": "send_invoice"}]
)
def test_what_was_issued_is_not_said_anew(shop, change):
    issued = shop.invoice()
    head = shop.client.head
    refused = shop.client.patch(f"/invoices/{issued['id']}", change)
    assert (refused.status_code, refused.json["code"]) == (409, "invoice_not_draft")
    assert shop.client.head == head


def test_the_due_date_stays_once_it_has_passed_or_is_paid(shop):
    issued = shop.invoice()
    path = f"/invoices/{issued['id']}"
    for wrong, code in ((None, "required"), ("2025-01-01", "not_in_the_future")):
        refused = shop.client.patch(path, {"due_at": wrong})
        assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)
    body = {"reference": "check 1", "category": "check"}
    shop.client.made(f"{path}/mark_paid", body, key="paid")
    refused = shop.client.patch(path, {"due_at": "2026-05-01"})
    assert (refused.status_code, refused.json["code"]) == (409, "invoice_not_open")
    again = shop.client.patch(path, {"notes": "kept", "purchase_order": "PO-1"}).json
    assert (again["notes"], again["purchase_order"], again["status"]) == ("kept", "PO-1", "paid")


def test_a_draft_is_deleted_and_what_has_a_number_is_not(shop, stranger):
    draft = shop.invoice(issued=False, old_provider_id="i-1")
    path = f"/invoices/{draft['id']}"
    assert stranger.send("DELETE", path).status_code == 404
    assert shop.client.send("DELETE", path).json["deleted"] is True
    assert shop.client.get(path).status_code == 404
    assert shop.client.post(f"{path}/issue").status_code == 404
    assert shop.client.get("/invoices").json["data"] == []
    kept = shop.invoice(old_provider_id="i-1")
    assert kept["number"] == "INV-000001"
    refused = shop.client.send("DELETE", f"/invoices/{kept['id']}")
    assert (refused.status_code, refused.json["code"]) == (409, "invoice_not_draft")


def test_tax_is_rounded_once_a_rate_and_shared_by_largest_remainder(shop):
    lines = [
        {"description": "a", "unit_amount": 333, "tax_rate": "0.07"},
        {"description": "b", "unit_amount": 333, "tax_rate": "0.07"},
        {"description": "c", "unit_amount": 333, "tax_rate": "0.07"},
        {"description": "d", "unit_amount": 1190, "tax_rate": "0.19", "tax_behavior": "inclusive"},
        {"description": "e", "unit_amount": -100, "tax_rate": "0.19"},
    ]
    draft = shop.invoice(issued=False, lines=lines)
    # 7 % of 999 is 69.93: 70 once, 24 + 23 + 23; not 3 × 23.31.
    assert [line["tax"] for line in draft["lines"]] == [24, 23, 23, 190, -19]
    assert [line["amount"] for line in draft["lines"]] == [333, 333, 333, 1000, -100]
    assert (draft["subtotal"], draft["tax"], draft["total"]) == (1899, 241, 2140)


@pytest.mark.parametrize(
    ("amounts", "status", "total"),
    [([0], "paid", 0), ([0, 0], "paid", 0), ([500, -500], "paid", 0), ([-700], "paid", -700)],
)
def test_what_asks_for_nothing_is_paid_at_issue_and_takes_a_number(shop, amounts, status, total):
    lines = [{"description": "x", "unit_amount": each} for each in amounts]
    issued = shop.invoice(lines=lines)
    assert (issued["status"], issued["total"], issued["number"]) == (status, total, "INV-000001")
    assert issued["amount_remaining"] == 0
    balances = shop.client.get(f"/customers/{shop.customer['id']}").json["balances"]
    assert balances == ({"USD": 700} if total < 0 else {})
    rows = shop.client.get("/reports/trial_balance").json["data"]
    assert sum(row["debit"] - row["credit"] for row in rows) == 0


@pytest.mark.parametrize("amount", [10**15, 10**13, -(10**15), 1.5, "1", True, None])
def test_amounts_that_are_none_are_refused(shop, amount):
    head = shop.client.head
    body = {"customer_id": shop.customer["id"], "currency": "USD",
            "lines": [{"description": "x", "unit_amount": amount}]}  # fmt: skip
    refused = shop.client.post("/invoices", body)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "lines[0].unit_amount"
    assert shop.client.head == head


def test_notes_have_five_thousand_characters_of_any_kind(shop):
    draft = shop.invoice(issued=False, notes="🗞" * 5000)
    assert len(draft["notes"]) == 5000
    path = f"/invoices/{draft['id']}"
    refused = shop.client.patch(path, {"notes": "x" * 5001})
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "too_long")
    shop.client.patch(path, {"notes": None})
    told = shop.client.get(f"{path}/events").json["data"]
    assert {"invoice.created", "invoice.updated"} == {each["type"] for each in told}


def test_two_ways_of_recognition_are_not_mixed_and_a_due_date_is_to_come(shop):
    other = {"name": "P", "revenue_recognition_strategy": "invoice_payment"}
    other = shop.client.made("/products", other)
    head = shop.client.head
    lines = [{**LINE, "product_id": shop.product["id"]}, {**LINE, "product_id": other["id"]}]
    body = {"customer_id": shop.customer["id"], "currency": "USD", "lines": lines}
    refused = shop.client.post("/invoices", body)
    assert (refused.status_code, refused.json["code"]) == (422, "mixed_strategies")
    past = shop.client.post("/invoices", {**body, "lines": [LINE], "due_at": "2025-12-31"})
    assert past.json["errors"][0] == {
        "field": "due_at", "code": "not_in_the_future", "detail": "must be later than now",
    }  # fmt: skip
    assert shop.client.head == head
