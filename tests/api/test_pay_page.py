"""The pay page: a link for one invoice and a time, paid once however often the form is sent."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from string import Formatter
from urllib.parse import urlencode, urlsplit

import jwt
import pytest

from api.pay import links, view
from papers.tongue import all_words
from tests.api.conftest import open_client, open_shop


@pytest.fixture
def invoice(shop):
    return shop.invoice()


def link_of(client, ref, **fields) -> str:
    made = client.post(f"/invoices/{ref}/pay_link", fields)
    assert made.status_code == 201, made.text
    return urlsplit(made.json["url"]).path


def page(client, path) -> str:
    answer = client.http.simulate_get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def form(client, path, **fields):
    (key,) = re.findall(r'name="key" value="([^"]+)"', client.http.simulate_get(path).text)
    return {"key": key, "with": "card", **fields}


def send(client, path, fields):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.http.simulate_post(path, body=urlencode(fields), headers=headers)


def charges(client, ref):
    return client.get("/payments", params={"invoice_id": ref}).json["data"]


def test_a_link_shows_the_invoice_and_its_pdf(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    shown = page(client, path)
    for part in (invoice["number"], "$15.00", "Back issue", "Visa ending in 4242", "Pay $15.00"):
        assert part in shown, part
    pdf = client.http.simulate_get(f"{path}/invoice.pdf")
    assert pdf.content == client.get(f"/invoices/{invoice['id']}.pdf").content


def test_the_page_shows_what_moved_and_whose_notes_they_are(shop):
    client, invoice = shop.client, shop.invoice(notes="Thank you.")
    path, body = link_of(client, invoice["id"]), {"reference": "No. 5", "category": "check"}
    assert "<h2>Payments</h2>" not in page(client, path)
    note = {"amount": 500, "reason": "late"}
    client.made(f"/invoices/{invoice['id']}/credit_notes", note, key="note")
    client.made(f"/invoices/{invoice['id']}/mark_paid", body, key="paid")
    shown = page(client, path)
    told = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", shown))
    for part in (
        "Payments Date Method Reference Amount Jan 1, 2026 Check No. 5 $10.00",
        "Credit notes Date Method Reference Amount", "CN-000001", "Notes Thank you.",
    ):  # fmt: skip
        assert part in told, told


def test_a_link_says_until_when(shop, invoice):
    made = shop.client.made(f"/invoices/{invoice['id']}/pay_link", {"expires_in_days": 2})
    assert (made["object"], made["invoice_id"]) == ("pay_link", invoice["id"])
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=47) < left <= timedelta(days=2)
    assert shop.client.head == shop.client.books.head().position


def test_the_saved_card_pays_and_the_event_says_how(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    answer = send(client, path, form(client, path))
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "This invoice is paid" in page(client, path)
    assert "<form" not in page(client, path)
    events = client.get(f"/invoices/{invoice['id']}/events").json["data"]
    started = next(each for each in events if each["type"] == "invoice.payment_started")
    assert (started["triggered_by"], started["actor"]) == ("open_api", "pay_page")


def test_a_form_sent_by_many_at_once_charges_once(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    sent = form(client, path)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(client, path, sent), range(8)))
    assert {each.status_code for each in answers} == {303}
    assert [each["status"] for each in charges(client, invoice["id"])] == ["succeeded"]
    assert send(client, path, sent).status_code == 303
    assert len(charges(client, invoice["id"])) == 1


def test_two_pages_open_at_once_charge_once(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    first, second = form(client, path), form(client, path)
    assert first["key"] != second["key"]
    assert [send(client, path, each).status_code for each in (first, second)] == [303, 303]
    assert len(charges(client, invoice["id"])) == 1


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("tok_visa", "This invoice is paid"),
        ("tok_chargeDeclined", "The payment was declined: The card was declined."),
        ("tok_insufficientFunds", "insufficient funds"),
        ("tok_threeDSecure", "asks you to confirm"),
        ("tok_timeout", "is being processed"),
    ],
)
def test_what_becomes_of_a_test_card_is_told(shop, invoice, token, said):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    answer = send(client, path, form(client, path, **{"with": "token", "token": token}))
    assert answer.status_code == 303, answer.text
    assert said in page(client, path)


def test_after_a_decline_another_card_pays(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    for token in ("tok_chargeDeclined", "tok_visa"):
        send(client, path, form(client, path, **{"with": "token", "token": token}))
    assert "This invoice is paid" in page(client, path)
    assert [each["status"] for each in charges(client, invoice["id"])].count("succeeded") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"with": "token", "token": "tok_unheard_of"}, {"with": "token", "token": ""},
        {"key": "short"}, {"key": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_paid_by_is_told_and_nothing_recorded(shop, invoice, fields):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    before = client.head
    answer = send(client, path, form(client, path, **fields))
    assert answer.status_code == 422
    assert "could not be paid" in answer.text
    assert client.head == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"with": "token", "token": "tok_visa\x00"}, 422),
        ({"with": "token", "token": "t" * 600}, 422),
        ({f"field_{each}": "1" for each in range(50)}, 400),
    ],
)  # fmt: skip
def test_a_form_that_the_page_did_not_make_is_told_and_nothing_recorded(
    shop, invoice, fields, status
):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    before = client.head
    answer = send(client, path, form(client, path, **fields))
    assert answer.status_code == status
    assert "could not be paid" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert client.head == before


@pytest.mark.parametrize(
    ("step", "said"), [("void", "Nothing is to be paid"), ("mark_uncollectible", "Nothing is to")]
)
def test_what_is_not_owed_any_more_is_not_to_be_paid(shop, invoice, step, said):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    sent = form(client, path)
    client.made(f"/invoices/{invoice['id']}/{step}")
    assert said in page(client, path)
    assert send(client, path, sent).status_code == 303
    assert charges(client, invoice["id"]) == []


def test_a_draft_has_no_link(shop):
    before = shop.client.head
    draft = shop.invoice(issued=False)
    answer = shop.client.post(f"/invoices/{draft['id']}/pay_link")
    assert (answer.status_code, answer.json["code"]) == (409, "invoice_not_issued")
    assert shop.client.head == before + 1


@pytest.mark.parametrize("fields", [{"expires_in_days": 0}, {"expires_in_days": 366}, {"a": 1}])
def test_a_link_for_no_time_is_refused(shop, invoice, fields):
    assert shop.client.post(f"/invoices/{invoice['id']}/pay_link", fields).status_code == 422


def test_a_strangers_key_makes_no_link(shop, invoice, stranger):
    assert stranger.post(f"/invoices/{invoice['id']}/pay_link").status_code == 404


def claims(shop, invoice, **other):
    token = link_of(shop.client, invoice["id"]).rpartition("/")[2]
    return {**jwt.decode(token, options={"verify_signature": False}), **other}


def secret(services, client):
    with services.connections.connection() as connection:
        return links.pay_links.secret_of(connection, client.books.account_id)


def test_an_expired_link_is_gone(shop, invoice, services):
    old = claims(shop, invoice, exp=datetime.now(UTC) - timedelta(seconds=1))
    answer = get(shop.client, jwt.encode(old, secret(services, shop.client), algorithm="HS256"))
    assert answer.status_code == 410
    assert "expired" in answer.text


@pytest.mark.parametrize(
    "forged",
    ["purpose", "secret", "none", "other_algorithm", "no_end", "stranger", "nonsense", "subject"],
)
def test_a_link_that_was_not_made_here_opens_nothing(shop, invoice, services, stranger, forged):
    said, own = claims(shop, invoice), secret(services, shop.client)
    link_of(stranger, open_shop(stranger).invoice()["id"])
    token = {
        "purpose": lambda: jwt.encode({**said, "aud": "login"}, own, algorithm="HS256"),
        "secret": lambda: jwt.encode(said, b"x" * 32, algorithm="HS256"),
        "none": lambda: jwt.encode(said, "", algorithm="none"),
        "other_algorithm": lambda: jwt.encode(said, own + own, algorithm="HS512"),
        "no_end": lambda: jwt.encode(
            {name: each for name, each in said.items() if name != "exp"}, own, algorithm="HS256"
        ),
        "stranger": lambda: jwt.encode(said, secret(services, stranger), algorithm="HS256"),
        "nonsense": lambda: "a.b.c",
        "subject": lambda: jwt.encode({**said, "sub": "cus_1"}, own, algorithm="HS256"),
    }[forged]()
    answer = get(shop.client, token)
    assert answer.status_code == 404
    assert invoice["number"] not in answer.text
    assert send(shop.client, f"/pay/{token}", {"key": "k" * 30, "with": "card"}).status_code == 404
    assert shop.client.http.simulate_get(f"/pay/{token}/invoice.pdf").status_code == 404


def get(client, token):
    return client.http.simulate_get(f"/pay/{token}")


def test_the_page_runs_no_script_and_keeps_its_address_to_itself(shop):
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    client = shop.client
    client.patch("/account", {"legal_name": evil})
    client.patch(f"/customers/{shop.customer['id']}", {"first_name": evil})
    path = link_of(client, shop.invoice(notes=evil, lines=[
        {"description": evil, "unit_amount": 100},
    ])["id"])  # fmt: skip
    answer = client.http.simulate_get(path)
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert evil in unescape(answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_speaks_the_customers_language(shop):
    client = shop.client
    client.patch(f"/customers/{shop.customer['id']}", {"language": "ar"})
    shown = page(client, link_of(client, shop.invoice()["id"]))
    assert '<html lang="ar" dir="rtl">' in shown
    assert "ادفع" in shown


def test_what_goes_wrong_is_told_in_the_customers_language(shop, invoice):
    client = shop.client
    client.patch(f"/customers/{shop.customer['id']}", {"language": "de"})
    path = link_of(client, invoice["id"])
    for token, said in (
        ("tok_chargeDeclined", "Die Zahlung wurde abgelehnt: Die Karte wurde abgelehnt."),
        ("tok_insufficientFunds", "Die Karte ist nicht ausreichend gedeckt."),
        ("tok_expiredCard", "Die Karte ist abgelaufen."),
    ):
        assert send(client, path, form(client, path, token=token)).status_code == 303
        assert said in page(client, path)
    for fields, said in (
        ({"token": "tok_unheard_of"}, "Diese Testkarte gibt es nicht."),
        ({"key": "short"}, "Bitte öffnen Sie die Seite noch einmal."),
    ):
        answer = send(client, path, form(client, path, **fields))
        assert f"Das konnte nicht bezahlt werden: {said}" in unescape(answer.text)


def test_who_types_a_test_card_means_it_though_the_saved_one_is_chosen(shop, invoice):
    client, path = shop.client, link_of(shop.client, invoice["id"])
    send(client, path, form(client, path, token="tok_chargeDeclined", **{"with": "card"}))
    (charge,) = charges(client, invoice["id"])
    assert charge["status"] == "failed"
    assert charge["payment_method_id"] != shop.card["id"]


def test_a_live_page_takes_no_test_cards(app, services):
    client = open_client(app, services, live=True)
    invoice = open_shop(client).invoice()
    path = link_of(client, invoice["id"])
    assert "tok_visa" not in page(client, path)
    answer = send(client, path, form(client, path, **{"with": "token", "token": "tok_slow"}))
    assert answer.status_code == 303
    (charge,) = charges(client, invoice["id"])
    cards = client.get("/payment_methods").json["data"]
    assert [charge["payment_method_id"]] == [each["id"] for each in cards]


def test_every_language_of_papers_has_the_pages_words():
    words = view.all_words()
    assert words.keys() == all_words().keys()
    for language, told in words.items():
        assert told.keys() == words["en"].keys(), language
        for name, text in told.items():
            filled = [{field for _, field, _, _ in Formatter().parse(each) if field}
                      for each in (text, words["en"][name])]  # fmt: skip
            assert filled[0] == filled[1], (language, name)
