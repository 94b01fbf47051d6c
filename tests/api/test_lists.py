"""Lists over HTTP: what is nested, what is filtered, what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Shop


def codes(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["code"] for each in answer.json["errors"]}


def test_references_are_nested_into_lists_and_items(shop: Shop) -> None:
    made = shop.subscribe().json
    query = {"expand": "customer,plan,latest_invoice,payment_method"}
    (listed,) = shop.client.get("/subscriptions", params=query).json["data"]
    item = shop.client.get(f"/subscriptions/{made['id']}", params=query).json
    assert item == listed
    for name in ("plan", "latest_invoice"):
        assert item[name]["id"] == item[f"{name}_id"]
    assert item["customer"] == shop.client.get(f"/customers/{shop.customer['id']}").json
    assert item["payment_method"] is None or item["payment_method"]["object"] == "payment_method"


def test_what_is_nested_is_as_it_was_then(shop: Shop) -> None:
    made = shop.subscribe().json
    shop.client.post("/test_clock/advance", {"to": "2026-01-10T00:00:00Z"})
    shop.client.patch(f"/customers/{shop.customer['id']}", {"first_name": "Augusta"})
    path = f"/subscriptions/{made['id']}?expand=customer"
    assert shop.client.get(path).json["customer"]["first_name"] == "Augusta"
    assert shop.client.get(f"{path}&as_of=2026-01-05").json["customer"]["first_name"] == "Ada"


@pytest.mark.parametrize("path", ["/invoices", "/invoices/{id}", "/customers/{customer}"])
def test_a_name_that_cannot_be_nested_is_refused(shop: Shop, path: str) -> None:
    at = path.format(id=shop.invoice()["id"], customer=shop.customer["id"])
    assert codes(shop.client.get(at, params={"expand": "colour"})) == {
        "expand": "unknown_expansion"
    }


def test_metadata_filters_over_http(client: Client) -> None:
    made = client.made("/products", {"name": "A", "metadata": {"desk": "print"}})
    client.made("/products", {"name": "B", "metadata": {"desk": "web"}})
    found = client.get("/products", params={"metadata[desk]": "print"}).json["data"]
    assert [each["id"] for each in found] == [made["id"]]


def test_everything_wrong_with_a_query_is_told_at_once(client: Client) -> None:
    query = {"status": "payed", "colour": "red", "sort": "colour", "due_at[gte]": "soon"}
    assert codes(client.get("/invoices", params=query)) == {
        "status": "invalid_value",
        "colour": "unknown_filter",
        "sort": "unknown_sort",
        "due_at[gte]": "invalid_value",
    }


def test_a_list_and_its_export_refuse_alike(client: Client) -> None:
    for path in ("/invoices", "/exports/invoices.csv"):
        assert codes(client.get(path, params={"status": "payed"})) == {"status": "invalid_value"}


def test_another_accounts_rows_are_not_found_by_search(client: Client, stranger: Client) -> None:
    client.made("/customers", {"email": "hidden@example.org"})
    assert client.get("/customers", params={"q": "hidden"}).json["data"]
    assert not stranger.get("/customers", params={"q": "hidden"}).json["data"]
