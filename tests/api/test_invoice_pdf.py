"""Invoices as PDF over HTTP: what they say, that they stay as they were sent, many at once."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from pypdf import PdfReader

from papers.press import Press
from tests.api.conftest import LINE, open_shop


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@pytest.fixture
def invoice(shop):
    shop.client.patch("/account", {
        "legal_name": "The Daily Paper Ltd.", "tax_id": "GB123456789",
        "address": {"line1": "1 Fleet Street", "city": "London", "country": "GB"},
    })  # fmt: skip
    line = {
        **LINE, "tax_rate": "0.10", "period_start": "2026-01-01", "period_end": "2026-02-01",
    }  # fmt: skip
    return shop.invoice(lines=[line], notes="Thank you.", purchase_order="PO 4711")


def pdf(client, ref):
    answer = client.get(f"/invoices/{ref}.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def test_an_invoice_is_shown_with_parties_lines_taxes_and_notes(shop, invoice) -> None:
    said = text_of(pdf(shop.client, invoice["id"]))
    for part in (
        invoice["number"], "The Daily Paper Ltd.", "1 Fleet Street", "GB123456789", "Ada",
        "ada@example.org", "Back issue", "Jan 1", "$15.00", "Tax 10% on $15.00", "$16.50",
        "PO 4711", "Thank you.", "due January 31, 2026",
    ):  # fmt: skip
        assert part in said.replace("\u2009", " ").replace("\xa0", " "), part


def test_the_same_state_is_the_same_paper_and_another_state_another(shop, invoice) -> None:
    client, ref = shop.client, invoice["id"]
    first = pdf(client, ref)
    assert pdf(client, ref) == first
    client.patch(f"/invoices/{ref}", {"notes": "Thank you again."})
    second = pdf(client, ref)
    assert second != first
    sent = client.get(f"/invoices/{ref}/papers").json["data"]
    assert [(each["hash"], each["times_sent"]) for each in sent] == [
        (hashlib.sha256(first).hexdigest(), 2), (hashlib.sha256(second).hexdigest(), 1),
    ]  # fmt: skip
    kept = [client.get(f"/papers/{each['hash']}.pdf").content for each in sent]
    assert kept == [first, second]


def test_a_changed_template_never_changes_what_was_sent(shop, invoice, monkeypatch) -> None:
    client, ref = shop.client, invoice["id"]
    first = pdf(client, ref)
    monkeypatch.setattr(Press, "pdf", lambda *_: b"%PDF of another template")
    assert pdf(client, ref) == first
    draft = shop.invoice(issued=False)
    assert pdf(client, draft["id"]) == b"%PDF of another template"


def test_the_parties_stay_as_they_were_when_it_was_issued(shop, invoice) -> None:
    client = shop.client
    client.patch("/account", {"legal_name": "New Owners Inc."})
    client.patch(f"/customers/{shop.customer['id']}", {"first_name": "Augusta"})
    address = {"line1": "12 St James", "city": "London", "country": "GB", "type": "billing"}
    client.made(f"/customers/{shop.customer['id']}/addresses", {**address, "is_default": True})
    said = text_of(pdf(client, invoice["id"]))
    assert "The Daily Paper Ltd." in said
    assert "Ada" in said
    assert not any(later in said for later in ("New Owners", "Augusta", "St James"))
    now = text_of(pdf(client, shop.invoice()["id"]))
    assert all(later in now for later in ("New Owners Inc.", "Augusta", "12 St James"))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["mark_paid"], ["Paid", "paid on January 1, 2026", "Check", "No. 5", "Amount due $0.00"]),
        (["void"], ["Void", "VOID"]),
        (["mark_uncollectible"], ["Uncollectible"]),
    ],
)
def test_each_state_is_told(shop, invoice, steps, said) -> None:
    for step in steps:
        body = {"reference": "No. 5", "category": "check"} if step == "mark_paid" else None
        shop.client.made(f"/invoices/{invoice['id']}/{step}", body, key=step)
    found = text_of(pdf(shop.client, invoice["id"]))
    assert all(part in found for part in said), found


def test_a_draft_is_marked_as_one(shop) -> None:
    found = text_of(pdf(shop.client, shop.invoice(issued=False)["id"]))
    assert "DRAFT" in found
    assert "Amount due" not in found


def test_others_invoices_and_papers_are_not_found(shop, invoice, stranger) -> None:
    pdf(shop.client, invoice["id"])
    (sent,) = shop.client.get(f"/invoices/{invoice['id']}/papers").json["data"]
    for path in (
        f"/invoices/{invoice['id']}.pdf", f"/invoices/{invoice['id']}/papers",
        f"/papers/{sent['hash']}.pdf", "/papers/00.pdf", "/papers/x.pdf", "/invoices/x.pdf",
    ):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    assert stranger.get("/invoices.zip", params={"ids": invoice["id"]}).status_code == 404
    assert shop.client.get(f"/invoices/{invoice['id']}.pdf?as_of=2026-01-01").status_code == 422


def test_many_invoices_are_one_zip_by_the_lists_filters_or_by_ids(shop, invoice) -> None:
    client, draft = shop.client, shop.invoice(issued=False)
    found = client.get("/invoices.zip", params={"status": "open"})
    assert found.headers["content-type"] == "application/zip"
    assert files(found.content) == [f"{invoice['number']}.pdf"]
    both = client.get("/invoices.zip", params={"ids": f"{draft['id']},{invoice['id']}"})
    assert files(both.content) == [f"{draft['id']}.pdf", f"{invoice['number']}.pdf"]
    with zipfile.ZipFile(io.BytesIO(both.content)) as archive:
        assert archive.read(f"{invoice['number']}.pdf") == pdf(client, invoice["id"])
    assert files(client.get("/invoices.zip", params={"status": "void"}).content) == []


@pytest.mark.parametrize(
    "query",
    [
        {"ids": ""},
        {"ids": "x,y", "status": "open"},
        {"colour": "red"},
        {"status": "odd"},
        {"limit": "5"},
    ],
)
def test_a_zip_of_what_cannot_be_meant_is_refused(shop, query) -> None:
    assert shop.client.get("/invoices.zip", params=query).status_code == 422


def files(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_a_payment_has_a_receipt(shop, invoice) -> None:
    client = shop.client
    client.made(f"/invoices/{invoice['id']}/charge", key="pay")
    (payment,) = client.get("/payments", params={"invoice_id": invoice["id"]}).json["data"]
    said = " ".join(text_of(client.get(f"/payments/{payment['id']}.pdf").content).split())
    for part in (
        "Receipt", payment["id"], f"Invoice {invoice['number']}", "Visa ending in 4242", "Ada",
        "$16.50 paid on January 1, 2026", "The Daily Paper Ltd.",
    ):  # fmt: skip
        assert part in said, part
    assert len(client.get(f"/payments/{payment['id']}/papers").json["data"]) == 1


def test_money_that_went_into_the_balance_has_a_receipt_too(shop) -> None:
    body = {"amount": 5000, "currency": "USD", "description": "For the year"}
    path = f"/customers/{shop.customer['id']}/balance/charge"
    shop.client.made(path, body, key="charge")
    (payment,) = shop.client.get("/payments").json["data"]
    said = text_of(shop.client.get(f"/payments/{payment['id']}.pdf").content)
    assert all(part in said for part in ("$50.00", "For the year", "Ada"))


def test_a_declined_payment_has_no_receipt(client) -> None:
    shop = open_shop(client, "tok_chargeDeclined")
    invoice = shop.invoice()
    client.post(f"/invoices/{invoice['id']}/charge", key="pay")
    (payment,) = client.get("/payments").json["data"]
    answer = client.get(f"/payments/{payment['id']}.pdf")
    assert (answer.status_code, answer.json["code"]) == (409, "payment_not_succeeded")
    assert client.get(f"/payments/{payment['id']}/papers").json["data"] == []


def test_a_credit_note_is_a_paper_and_stands_on_its_invoice(shop, invoice) -> None:
    client, path = shop.client, f"/invoices/{invoice['id']}/credit_notes"
    made = client.made(path, {"amount": 550, "reason": "Late delivery"}, key="credit")
    note = client.get("/credit_notes").json["data"][0]
    assert made["id"] in {note["id"], invoice["id"]}
    said = text_of(client.get(f"/credit_notes/{note['id']}.pdf").content)
    for part in (
        "Credit note", note["number"], invoice["number"], "Late delivery", "$5.00", "$5.50",
        "Tax 10% on $5.00", "Taken off the amount owed", "Ada",
    ):  # fmt: skip
        assert part in said, part
    of_invoice = text_of(pdf(client, invoice["id"]))
    assert all(part in of_invoice for part in ("Credited -$5.50", note["number"], "$11.00"))
    client.made(f"/credit_notes/{note['id']}/void")
    assert "VOID" in text_of(client.get(f"/credit_notes/{note['id']}.pdf").content)
    assert note["number"] not in text_of(pdf(client, invoice["id"]))


@pytest.mark.parametrize("noun", ["payments", "credit_notes", "invoices"])
def test_a_paper_of_nothing_is_not_found(client, noun) -> None:
    prefix = {"payments": "pay", "credit_notes": "cn", "invoices": "inv"}[noun]
    for ref in ("x", f"{prefix}_01m80my81rfv4vwsscfv9yf2pm"):
        assert client.get(f"/{noun}/{ref}.pdf").status_code == 404
        assert client.get(f"/{noun}/{ref}/papers").status_code == 404
