"""Papers say what happened: money that became credit, credit that came instead of money."""

from __future__ import annotations

import pytest

from tests.api.test_invoice_pdf import text_of

CHECK = {"reference": "No. 5", "category": "check"}


def said(client, path: str) -> str:
    """Without spaces: columns come one after another."""
    return "".join(text_of(client.get(path).content).split())


def test_a_receipt_tells_what_became_credit(shop) -> None:
    invoice = shop.invoice(lines=[{"description": "Back issue", "unit_amount": 9400}])
    paid = {"amount": 12000, **CHECK, "excess_to_balance": True}
    shop.client.made(f"/invoices/{invoice['id']}/mark_paid", paid, key="paid")
    (payment,) = shop.client.get("/payments").json["data"]
    found = said(shop.client, f"/payments/{payment['id']}.pdf")
    for part in (
        "$120.00paidon", f"Invoice{invoice['number']}$94.00", "Addedtobalance$26.00",
        "Amountpaid$120.00",
    ):  # fmt: skip
        assert part in found.replace(payment["id"], ""), found


def test_a_receipt_of_what_was_owed_speaks_of_no_balance(shop) -> None:
    invoice = shop.invoice()
    shop.client.made(f"/invoices/{invoice['id']}/mark_paid", CHECK, key="paid")
    (payment,) = shop.client.get("/payments").json["data"]
    assert "balance" not in said(shop.client, f"/payments/{payment['id']}.pdf")


def test_an_invoice_below_zero_went_to_the_balance(shop) -> None:
    invoice = shop.invoice(lines=[{"description": "Taken back", "unit_amount": -550}])
    found = said(shop.client, f"/invoices/{invoice['id']}.pdf")
    for part in ("$5.50addedtobalanceonJanuary1,2026", "Total-$5.50", "Addedtobalance$5.50"):
        assert part in found, found
    assert "aid" not in found


def test_an_invoice_settled_by_a_credit_note_was_not_paid(shop) -> None:
    invoice = shop.invoice(lines=[{"description": "Back issue", "unit_amount": 1000}])
    note = {"amount": 1000, "reason": "late"}
    shop.client.made(f"/invoices/{invoice['id']}/credit_notes", note, key="note")
    assert shop.client.get(f"/invoices/{invoice['id']}").json["status"] == "paid"
    found = said(shop.client, f"/invoices/{invoice['id']}.pdf")
    assert "$10.00creditedonJanuary1,2026" in found
    assert "aid" not in found


def test_what_was_paid_is_told_without_what_was_credited(shop) -> None:
    invoice = shop.invoice(lines=[{"description": "Back issue", "unit_amount": 1000}])
    note = {"amount": 400, "reason": "late"}
    shop.client.made(f"/invoices/{invoice['id']}/credit_notes", note, key="note")
    shop.client.made(f"/invoices/{invoice['id']}/mark_paid", CHECK, key="paid")
    assert "$6.00paidonJanuary1,2026" in said(shop.client, f"/invoices/{invoice['id']}.pdf")


@pytest.mark.parametrize("lines", [-550, 1000])
def test_the_pay_page_thanks_for_no_money_that_did_not_come(shop, lines) -> None:
    invoice = shop.invoice(lines=[{"description": "Back issue", "unit_amount": lines}])
    if lines > 0:
        note = {"amount": lines, "reason": "late"}
        shop.client.made(f"/invoices/{invoice['id']}/credit_notes", note, key="note")
    link = shop.client.made(f"/invoices/{invoice['id']}/pay_link", {})["url"]
    page = shop.client.http.simulate_get("/pay/" + link.rpartition("/pay/")[2]).text
    assert "Nothing is to be paid" in page
    assert "is paid" not in page
