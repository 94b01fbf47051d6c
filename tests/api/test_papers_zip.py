"""Receipts and credit notes as one ZIP, as invoices are."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import quote

import pytest

from api.body import LONGEST_ADDRESS
from api.core.papers_zip import Names
from tests.api.conftest import Shop, open_client, open_shop


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sold(app: Any, services: Any) -> Shop:
    """Three payments that came, one that did not, and two credit notes of the second invoice."""
    shop = open_shop(open_client(app, services))
    invoices = [shop.invoice() for _ in range(3)]
    for at, each in enumerate(invoices):
        paid = {"reference": f"check {at}", "category": "check"}
        shop.client.made(f"/invoices/{each['id']}/mark_paid", paid, key=f"paid-{at}")
    declining = {"token": "tok_chargeDeclined"}
    card = shop.client.made(f"/customers/{shop.customer['id']}/payment_methods", declining)
    failing, asked = shop.invoice()["id"], {"payment_method_id": card["id"]}
    shop.client.post(f"/invoices/{failing}/charge", asked, key="declined")
    for at in range(2):
        note = {"amount": 100 + at, "reason": "late"}
        path = f"/invoices/{invoices[1]['id']}/credit_notes"
        shop.client.made(path, note, key=f"note-{at}")
    return shop


def test_receipts_of_the_money_that_came_are_one_zip(sold) -> None:
    client = sold.client
    came = client.get("/payments", params={"status": "succeeded"}).json["data"]
    got = client.get("/payments.zip")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/zip")
    assert files(got.content) == {
        f"{each['id']}.pdf": client.get(f"/payments/{each['id']}.pdf").content for each in came
    }
    assert len(came) == 3


def test_credit_notes_are_one_zip_by_their_number(sold) -> None:
    client = sold.client
    found = files(client.get("/credit_notes.zip", params={"sort": "created_at"}).content)
    notes = client.get("/credit_notes").json["data"]
    assert list(found) == ["CN-000001.pdf", "CN-000002.pdf"]
    assert found == {
        f"{each['number']}.pdf": client.get(f"/credit_notes/{each['id']}.pdf").content
        for each in notes
    }


def test_by_ids_only_those_named(sold) -> None:
    client = sold.client
    first, second = (each["id"] for each in client.get("/credit_notes").json["data"])
    assert len(files(client.get("/credit_notes.zip", params={"ids": first}).content)) == 1
    both = client.get("/credit_notes.zip", params={"ids": f"{first},{second},{first}"})
    assert len(files(both.content)) == 2


def test_money_that_did_not_come_has_no_receipt_by_name_either(sold) -> None:
    client = sold.client
    (failed,) = client.get("/payments", params={"status": "failed"}).json["data"]
    got = client.get("/payments.zip", params={"ids": failed["id"]})
    assert (got.status_code, got.json["code"]) == (409, "payment_not_succeeded")
    assert files(client.get("/payments.zip", params={"status": "failed"}).content) == {}


@pytest.mark.parametrize("kind", ["payments", "credit_notes"])
@pytest.mark.parametrize("query", [{"colour": "red"}, {"limit": "3"}, {"ids": ""}, {"ids": "x"}])
def test_what_cannot_be_meant_is_refused(sold, kind, query) -> None:
    assert sold.client.get(f"/{kind}.zip", params=query).status_code in {404, 422}


@pytest.mark.parametrize("kind", ["payments", "credit_notes"])
def test_nobody_else_gets_them(sold, stranger, kind) -> None:
    listed = sold.client.get(f"/{kind}").json["data"]
    assert stranger.get(f"/{kind}.zip", params={"ids": listed[0]["id"]}).status_code == 404
    assert files(stranger.get(f"/{kind}.zip").content) == {}


def test_all_that_is_named_is_looked_for_before_the_first_byte(shop) -> None:
    drafts = [shop.invoice(issued=False)["id"] for _ in range(22)]
    unknown = ["inv_01m80my81rfv4vwsscfv9yf2pm", "inv_01m80my81rfv4vwsscfv9yf2pn"]
    got = shop.client.get("/invoices.zip", params={"ids": ",".join([*drafts, *unknown])})
    assert (got.status_code, got.json["code"]) == (404, "not_found")
    assert all(ref in got.json["detail"] for ref in unknown)
    shop.client.send("DELETE", f"/invoices/{drafts[-1]}")
    got = shop.client.get("/invoices.zip", params={"ids": ",".join(drafts)})
    assert (got.status_code, got.json["detail"]) == (404, f"there is no invoice {drafts[-1]}")


def test_money_that_did_not_come_is_refused_wherever_it_is_named(client) -> None:
    shop = open_shop(client)
    path = f"/customers/{shop.customer['id']}/balance/charge"
    for at in range(21):
        client.made(path, {"amount": 100, "currency": "USD"}, key=f"charge-{at}")
    came = [each["id"] for each in client.get("/payments").json["data"]]
    card = client.made(
        f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_chargeDeclined"}
    )
    declined = {"amount": 100, "currency": "USD", "payment_method_id": card["id"]}
    client.post(path, declined, key="declined")
    (failed,) = client.get("/payments", params={"status": "failed"}).json["data"]
    got = client.get("/payments.zip", params={"ids": ",".join([*came, failed["id"]])})
    assert (got.status_code, got.json["code"]) == (409, "payment_not_succeeded")
    assert failed["id"] in got.json["detail"]


def test_300_are_named_in_one_address() -> None:
    """With the commas between them escaped, as most clients do."""
    ids = quote(",".join(["pay_01m80my81rfv4vwsscfv9yf2pm"] * 300), safe="")
    assert len(f"GET /core/v1/payments.zip?ids={ids} HTTP/1.1") < LONGEST_ADDRESS


def test_each_file_has_a_name_of_its_own(shop) -> None:
    client = shop.client
    for prefix in ("A/", "A-", "a-"):
        client.patch("/account", {"invoice_prefix": prefix})
        shop.invoice()
    asked = {"sort": "created_at"}
    got = client.get("/invoices.zip", params=asked).content
    assert list(files(got)) == ["A-000001.pdf", "A-000001 (2).pdf", "a-000001 (3).pdf"]
    assert client.get("/invoices.zip", params=asked).content == got


def test_a_name_made_apart_takes_no_others() -> None:
    names = Names()
    asked = ["a.pdf", "A.pdf", "a (2).pdf", "a.pdf"]
    own = [names.own(each) for each in asked]
    assert own == ["a.pdf", "A (2).pdf", "a (2) (2).pdf", "a (3).pdf"]
