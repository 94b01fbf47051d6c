"""What moved a balance says the number of its invoice, however it moved."""

from __future__ import annotations

import csv
import io

import pytest


@pytest.fixture
def moved(shop):
    """Credit from an invoice below zero, which pays for another as it is issued."""
    shop.client.patch("/account", {"balance_auto_apply": "on_issue"})
    below = shop.invoice(lines=[{"description": "Taken back", "unit_amount": -550}])
    billed = shop.invoice()
    return shop, f"Credit from invoice {below['number']}", f"Applied to invoice {billed['number']}"


def test_a_transaction_names_its_invoice_by_number(moved) -> None:
    shop, credited, applied = moved
    client = shop.client
    for path in (
        f"/customers/{shop.customer['id']}/balance_transactions", "/balance_transactions",
    ):  # fmt: skip
        listed = client.get(path, params={"sort": "created_at"}).json["data"]
        assert [each["description"] for each in listed] == [credited, applied]
    for each in listed:
        one = client.get(f"/balance_transactions/{each['id']}")
        assert one.json["description"] == each["description"]
        nested = client.get(f"/balance_transactions/{each['id']}", params={"expand": "invoice"})
        assert nested.json["description"] == each["description"]


@pytest.mark.parametrize("name", ["q", "description"])
def test_it_is_found_by_what_it_says(moved, name) -> None:
    shop, _, applied = moved
    found = shop.client.get("/balance_transactions", params={name: applied}).json["data"]
    assert [each["description"] for each in found] == [applied]


def test_a_file_of_them_says_the_same(moved) -> None:
    shop, credited, applied = moved
    got = shop.client.get("/exports/balance_transactions.csv").text
    rows = csv.DictReader(io.StringIO(got))
    assert {row["description"] for row in rows} == {credited, applied}


def test_the_answer_to_what_is_applied_by_hand_says_it_too(shop) -> None:
    shop.client.patch("/account", {"balance_auto_apply": "manual"})
    path = f"/customers/{shop.customer['id']}/balance/adjust"
    shop.client.made(path, {"amount": 500, "currency": "USD", "reason": "Gift"}, key="gift")
    invoice = shop.invoice()
    shop.client.made(f"/invoices/{invoice['id']}/apply_balance", {}, key="apply")
    (first, _) = shop.client.get("/balance_transactions").json["data"]
    assert first["description"] == f"Applied to invoice {invoice['number']}"
