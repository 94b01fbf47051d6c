"""Reports name whom we owe credit, whether or not they were ever sent an invoice."""

from __future__ import annotations

import pytest


@pytest.fixture
def member(client) -> dict:
    press = client.made("/organizations", {"name": "Press Ltd."})
    return client.made("/customers", {
        "email": "eve@example.org", "first_name": "Eve", "last_name": "Only",
        "organization_id": press["id"],
    })  # fmt: skip


def pay_in(client, customer, currency="EUR") -> None:
    money = {"amount": 700, "currency": currency, "reference": "wire 1", "category": "wire"}
    path = f"/customers/{customer['id']}/offline_payments"
    client.made(path, money, key=f"paid-{currency}")


def told(client, **asked):
    rows = client.get("/reports/balances", params={"as_of": "2026-01-01", **asked}).json["data"]
    names = ("email", "first_name", "last_name")
    return [
        (*(row[f"customer.{name}"] for name in names), row["organization.name"]) for row in rows
    ]


def test_who_only_has_credit_is_named(client, member) -> None:
    pay_in(client, member)
    assert told(client) == [("eve@example.org", "Eve", "Only", "Press Ltd.")]


def test_an_invoice_names_them_better_from_then_on(client, member) -> None:
    pay_in(client, member)
    before = client.head
    client.patch(f"/customers/{member['id']}", {"first_name": "Eva"})
    line = {"description": "Back issue", "unit_amount": 1500}
    body = {"customer_id": member["id"], "currency": "USD", "lines": [line]}
    client.made(f"/invoices/{client.made('/invoices', body)['id']}/issue")
    client.patch(f"/customers/{member['id']}", {"first_name": "Later"})
    pay_in(client, member, "CHF")
    assert {row[1] for row in told(client)} == {"Eva"}
    assert told(client, known_at=before) == [("eve@example.org", "Eve", "Only", "Press Ltd.")]
