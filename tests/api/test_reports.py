"""Reports over HTTP: what is known as of a date, and as known then."""

from __future__ import annotations

import csv
import io

import pytest

NAMES = [
    "deferred_revenue", "recognized_revenue", "trial_balance", "journal", "revenue_waterfall",
    "receivables_aging", "balances",
]  # fmt: skip


@pytest.fixture
def billed(shop):
    """Three months of a monthly plan, charged in advance."""
    shop.subscribe()
    shop.client.made("/test_clock/advance", {"to": "2026-03-11T00:00:00Z"})
    return shop


@pytest.fixture
def owing(shop):
    """As `billed`, of a customer who owes something and has credit in another currency."""
    shop.invoice()
    credit = {"amount": 700, "currency": "EUR", "reason": "goodwill"}
    shop.client.post(f"/customers/{shop.customer['id']}/balance/adjust", credit, key="credit")
    shop.subscribe()
    shop.client.made("/test_clock/advance", {"to": "2026-03-11T00:00:00Z"})
    return shop


def test_a_report_is_as_new_as_the_request(billed):
    report = billed.client.get("/reports/deferred_revenue", params={"as_of": "2026-03-10"})
    assert report.status_code == 200
    assert report.json["position"] == billed.client.head
    assert "Ledger-Lag" not in report.headers
    (row,) = report.json["data"]
    assert row["customer.id"] == billed.customer["id"]
    assert (row["deferred_balance"], row["currency"], row["as_of"]) == (2100, "USD", "2026-03-10")


def test_what_was_known_then_is_what_was_known(billed):
    known = {"as_of": "2026-02-28", "known_at": "2026-01-15"}
    first = billed.client.get("/reports/recognized_revenue", params=known)
    assert sum(row["recognized_in_period"] for row in first.json["data"]) == 3100
    billed.client.made("/test_clock/advance", {"to": "2026-06-01T00:00:00Z"})
    assert billed.client.get("/reports/recognized_revenue", params=known).content == first.content


@pytest.mark.parametrize("name", NAMES)
def test_each_report_is_the_same_in_every_format(owing, name):
    billed = owing
    rows = billed.client.get(f"/reports/{name}", params={"to": "2026-03-10"}).json["data"]
    assert rows
    for path in (f"/reports/{name}?format=csv", f"/exports/{name}.csv?"):
        url, _, query = path.partition("?")
        text = billed.client.get(url, query_string=f"{query}&to=2026-03-10").text
        assert next(iter(csv.DictReader(io.StringIO(text)))).keys() == rows[0].keys()
        assert len(text.splitlines()) == len(rows) + 1
    book = billed.client.get(f"/exports/{name}.xlsx", params={"to": "2026-03-10"})
    assert book.content.startswith(b"PK")


def test_the_trial_balance_balances(billed):
    rows = billed.client.get("/reports/trial_balance", params={"as_of": "2026-03-31"}).json["data"]
    assert sum(row["debit"] - row["credit"] for row in rows) == 0
    assert rows[0].keys() == {"account", "gl_code", "currency", "debit", "credit"}


@pytest.mark.parametrize(
    ("parameters", "field", "code"),
    [
        ({"as_of": "2026-02-30"}, "as_of", "invalid_date"),
        ({"as_of": "20260201"}, "as_of", "invalid_date"),
        ({"from": "2026-03-01", "to": "2026-02-01"}, "from", "empty_period"),
        ({"as_of": "2026-03-01", "to": "2026-02-01"}, "to", "conflicting"),
        ({"currency": "XXX"}, "currency", "unknown_currency"),
        ({"known_at": "yesterday"}, "known_at", "invalid_instant"),
        ({"format": "pdf"}, "format", "not_allowed"),
        ({"colour": "red"}, "colour", "unknown_filter"),
    ],
)
def test_a_wrong_parameter_is_named(client, parameters, field, code):
    refused = client.get("/reports/journal", params=parameters)
    assert refused.status_code == 422
    assert [(each["field"], each["code"]) for each in refused.json["errors"]] == [(field, code)]


def test_there_is_no_such_report(client):
    assert client.get("/reports/nothing").status_code == 404
    assert client.get("/exports/nothing.csv").status_code == 404


def test_what_is_owed_and_kept_and_still_to_be_earned(owing):
    at = {"as_of": "2026-03-10"}
    (owed,) = owing.client.get("/reports/receivables_aging", params=at).json["data"]
    assert (owed["customer.id"], owed["customer.email"]) == (
        owing.customer["id"], "ada@example.org",
    )  # fmt: skip
    assert (owed["days_31_60"], owed["total"], owed["currency"]) == (1500, 1500, "USD")
    (kept,) = owing.client.get("/reports/balances", params=at).json["data"]
    assert (kept["currency"], kept["balance"], kept["as_of"]) == ("EUR", 700, "2026-03-10")
    query = {**at, "from": "2026-02-01", "to": "2026-12-31", "currency": "USD"}
    months = owing.client.get("/reports/revenue_waterfall", params=query).json["data"]
    assert [(row["period"], row["recognized"]) for row in months] == [
        ("2026-02", 3100), ("2026-03", 3100),
    ]  # fmt: skip
    assert months[-1]["deferred_closing"] == 0
