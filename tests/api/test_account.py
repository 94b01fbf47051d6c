"""The account's settings: changed, used from then on, refused where they would move the past."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.api.shapes import differences
from tests.api.test_catalogue import both
from tests.api.test_refusals import refused

SETTINGS = {
    "name": "Acme News", "legal_name": "Acme News Ltd", "tax_id": "GB123",
    "logo": "https://acme.example/logo.svg", "timezone": "Europe/Berlin", "currency": "EUR",
    "address": {"line1": "1 Fleet St", "city": "London", "country": "GB"},
    "billing_engine": "external", "invoice_prefix": "A-", "grace_days": 0, "days_until_due": 14,
    "incomplete_days": 2, "dunning_days": [2, 4], "dunning_end": "cancel",
    "balance_auto_apply": "manual", "bad_debt_tax_relief": False,
}  # fmt: skip
MONEY = {"reference": "1", "category": "check"}


def setting(client, **fields):
    answer = client.patch("/account", fields)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_new_account_has_the_usual_settings(client):
    account = client.get("/account").json
    assert differences("account", account) == []
    assert (account["grace_days"], account["days_until_due"], account["incomplete_days"]) == (
        3, 30, 7,
    )  # fmt: skip
    assert (account["dunning_days"], account["dunning_end"]) == ([1, 3, 5, 7], "unpaid")
    assert (account["billing_engine"], account["balance_auto_apply"]) == ("native", "on_issue")
    assert account["bad_debt_tax_relief"] is True
    assert account["gl_codes"]["deferred_revenue"] == "2400"


def test_every_setting_changes_and_is_shown_as_it_was(client):
    before = client.get("/account").json
    changed = setting(client, **SETTINGS)
    assert {name: changed[name] for name in SETTINGS} == SETTINGS
    read = client.get("/account")
    assert (read.json, read.headers["ETag"]) == (changed, '"2"')
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    setting(client, address=None, legal_name=None, tax_id=None, logo=None)
    assert client.get("/account").json["address"] is None
    then = client.get("/account", params={"as_of": "2026-01-05"}).json
    assert then == changed != before
    assert client.get("/account", params={"as_of": "2025-01-05"}).status_code == 404


def test_a_setting_that_is_so_already_is_no_event(client):
    at = client.head
    assert setting(client, days_until_due=30, dunning_days=[1, 3, 5, 7])["version"] == 1
    assert client.head == at


def test_settings_are_no_business_yet(client):
    setting(client, days_until_due=14)
    assert client.patch("/test_clock", {"now": "2020-01-01"}).status_code == 200
    setting(client, days_until_due=15)
    assert client.patch("/test_clock", {"now": "2021-01-01"}).status_code == 200
    setting(client, days_until_due=16)
    then = client.get("/account", params={"as_of": "2020-12-31"}).json
    assert then["days_until_due"] == 15


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", None, "wrong_type"),
        ("name", " ", "required"),
        ("timezone", "Mars/Olympus", "unknown_timezone"),
        ("currency", "XXX", "unknown_currency"),
        ("billing_engine", "other", "not_allowed"),
        ("invoice_prefix", "", "invalid_prefix"),
        ("invoice_prefix", "INV1", "invalid_prefix"),
        ("invoice_prefix", "=A-", "invalid_prefix"),
        ("invoice_prefix", "A" * 21, "invalid_prefix"),
        ("invoice_prefix", "CN-", "reserved_prefix"),
        ("invoice_prefix", "cn-north-", "reserved_prefix"),
        ("grace_days", -1, "too_small"),
        ("days_until_due", 10**30, "too_large"),
        ("incomplete_days", 0, "too_small"),
        ("dunning_days", [3, 3], "not_ascending"),
        ("dunning_days", [5, 1], "not_ascending"),
        ("dunning_days", [0], "too_small"),
        ("dunning_end", "never", "not_allowed"),
        ("balance_auto_apply", True, "not_allowed"),
        ("bad_debt_tax_relief", "yes", "wrong_type"),
        ("gl_codes", {"petty_cash": "1"}, "unknown_account"),
        ("gl_codes", {"deferred_revenue": ""}, "invalid_code"),
        ("gl_codes", {"deferred_revenue": 2400}, "wrong_type"),
        ("address", {"street": "x"}, "unknown_field"),
        ("address", {"country": "XX"}, "unknown_country"),
        ("livemode", True, "unknown_field"),
    ],
)
def test_what_no_account_can_have(client, field, value, code):
    at = client.head
    answer = client.patch("/account", {field: value})
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json["errors"]] == [code]
    assert client.head == at


def test_if_match_names_another_version_of_the_account(client):
    at = client.head
    answer = client.patch("/account", {"name": "x"}, headers={"If-Match": '"7"'})
    refused(client, answer, 412, "version_mismatch", at)


def test_terms_and_numbers_follow_the_settings_of_the_day(shop):
    client = shop.client
    first = shop.invoice()
    setting(client, days_until_due=10, invoice_prefix="N/")
    second = shop.invoice()
    assert (first["number"], first["due_at"]) == ("INV-000001", "2026-01-31T00:00:00Z")
    assert (second["number"], second["due_at"]) == ("N/000001", "2026-01-11T00:00:00Z")
    setting(client, invoice_prefix="INV-")
    assert shop.invoice()["number"] == "INV-000002"
    assert client.get(f"/invoices/{first['id']}").json["due_at"] == first["due_at"]


def test_an_incomplete_subscription_ends_after_the_window_of_its_day(client):
    from tests.api.conftest import open_shop

    shop = open_shop(client, "tok_chargeDeclined")
    setting(client, incomplete_days=2)
    ref = shop.subscribe().json["id"]
    setting(client, incomplete_days=30)
    client.made("/test_clock/advance", {"to": "2026-01-03T00:00:00Z"})
    assert client.get(f"/subscriptions/{ref}").json["status"] == "incomplete_expired"


@pytest.mark.parametrize("relief", [True, False])
def test_tax_of_bad_debt_follows_the_setting_of_the_day(shop, relief):
    client = shop.client
    line = {"description": "Year", "unit_amount": 10000, "tax_rate": "0.10"}
    setting(client, bad_debt_tax_relief=relief)
    invoice = shop.invoice(lines=[line])
    client.made(f"/invoices/{invoice['id']}/mark_uncollectible")
    setting(client, bad_debt_tax_relief=not relief)
    rows = client.get("/reports/trial_balance").json["data"]
    debt = next(row for row in rows if row["account"] == "bad_debt")
    assert debt["debit"] == (10000 if relief else 11000)


def test_codes_of_the_ledger_count_from_their_position(shop):
    client = shop.client
    shop.invoice()
    known = client.head

    def codes(**asked):
        rows = client.get("/reports/trial_balance", params=asked).json["data"]
        return {row["account"]: row["gl_code"] for row in rows}

    def files():
        return [
            client.get(path, params={"known_at": str(known)}).content
            for path in ("/exports/trial_balance.csv", "/exports/journal.csv")
        ]

    before = files()
    changed = setting(client, gl_codes={"accounts_receivable": "1299", "cash_online": "BANK 1"})
    assert changed["gl_codes"]["accounts_receivable"] == "1299"
    assert codes()["accounts_receivable"] == "1299"
    assert codes(known_at=str(known))["accounts_receivable"] == "1200"
    assert files() == before
    again = setting(client, gl_codes={"accounts_receivable": None})
    assert again["gl_codes"]["cash_online"] == "BANK 1"
    assert codes()["accounts_receivable"] == "1200"
    journal = client.get("/reports/journal").json["data"]
    assert {row["gl_code"] for row in journal} == {"1200", "4000"}


def test_zone_and_currency_stay_once_an_invoice_was_issued(shop):
    client = shop.client
    shop.invoice(issued=False)
    assert setting(client, timezone="Asia/Tokyo", currency="JPY")["timezone"] == "Asia/Tokyo"
    setting(client, timezone="UTC", currency="USD")
    shop.invoice()
    at = client.head
    answer = client.patch("/account", {"timezone": "Asia/Tokyo", "name": "x"}, key="k")
    refused(client, answer, 409, "timezone_fixed", at)
    refused(client, client.patch("/account", {"currency": "JPY"}), 409, "currency_fixed", at)
    assert setting(client, timezone="UTC", currency="USD", name="Same")["name"] == "Same"
    assert client.patch("/account", {"name": "Key kept"}, key="k").json["name"] == "Key kept"


def test_a_zone_changed_while_the_first_invoice_is_issued(client):
    """Either the zone was moved before, or it is refused: never an issue first, and a move then."""
    from tests.api.conftest import open_shop

    shop = open_shop(client)
    draft = shop.invoice(issued=False)
    moved, issued = both(
        lambda: client.patch("/account", {"timezone": "Pacific/Apia"}),
        lambda: client.post(f"/invoices/{draft['id']}/issue"),
    )
    assert issued.status_code == 200
    assert (moved.status_code, moved.json.get("code")) in {(200, None), (409, "timezone_fixed")}
    told = client.get("/events", params={"sort": "position"}).json["data"]
    order = [each["type"] for each in told if each["type"] in {"account.updated", "invoice.issued"}]
    both_ways = {200: ["account.updated", "invoice.issued"], 409: ["invoice.issued"]}
    assert order == both_ways[moved.status_code]


def test_an_external_engine_has_no_feature_that_bills(shop):
    client = shop.client
    setting(client, billing_engine="external")
    at, paid = client.head, {"revenue_recognition_strategy": "invoice_payment"}
    answer = client.post("/products", {"name": "Later", **paid})
    refused(client, answer, 403, "billing_engine_required", at)
    answer = client.patch(f"/products/{shop.product['id']}", paid)
    refused(client, answer, 403, "billing_engine_required", at)
    answer = shop.subscribe(auto_renew=False, invoice_notes="For the office")
    refused(client, answer, 403, "billing_engine_required", at)
    setting(client, billing_engine="native")
    assert client.patch(f"/products/{shop.product['id']}", paid).status_code == 200


def test_the_account_has_its_own_history(client, stranger):
    setting(client, days_until_due=14)
    stranger.patch("/account", {"name": "Theirs"})
    told = client.get("/account/events").json["data"]
    assert [each["type"] for each in told] == ["account.updated", "account.created"]
    assert client.get("/account").json["name"] == "Acme"


LOGO = (
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    '<path d="M0 0h9v9z"/></svg>'
)


def test_a_logo_is_a_picture_that_can_be_set(client) -> None:
    assert setting(client, logo=LOGO)["logo"] == LOGO


@pytest.mark.parametrize(
    "logo",
    [
        LOGO.replace("<path", "<script/><path"),
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
        "data:text/html,<b>",
        "x" * 5001,
        "\x00",
    ],
)
def test_a_logo_that_cannot_be_set_is_refused(client, logo) -> None:
    before = client.head
    answer = client.patch("/account", {"logo": logo})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "logo")
    assert client.head == before


@pytest.mark.parametrize("octets", [100 * 1024 + 1, 300_000])
def test_a_logo_that_is_too_large_says_how_large_it_may_be(client, octets) -> None:
    picture = b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * octets).decode()
    answer = client.patch("/account", {"logo": f"data:image/png;base64,{picture}"})
    (wrong,) = answer.json["errors"]
    assert (answer.status_code, wrong["code"], wrong["detail"]) == (
        422, "invalid_logo", "has at most 100 KiB",
    )  # fmt: skip
