"""Whatever is sent, it is told what is wrong with it: never a 500, and nothing is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import LINE, PLAN

JSON = {"Content-Type": "application/json"}


def sent(client, raw: bytes, path="/customers", content_type="application/json"):
    return client.post(path, body=raw, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "unreadable_body"),
        (b"[]", 400, "unreadable_body"),
        (b'"text"', 400, "unreadable_body"),
        (b"null", 400, "unreadable_body"),
        (b'{"first_name": "a", "first_name": "b"}', 400, "unreadable_body"),
        (b'{"metadata": {"a": "1", "a": "2"}}', 400, "unreadable_body"),
        (b'{"first_name": "\xff\xfe"}', 400, "unreadable_body"),
        (b'{"first_name": NaN}', 400, "unreadable_body"),
        (b'{"first_name": 1e999}', 422, "wrong_type"),
        (b'{"first_name": ' + b"9" * 5000 + b"}", 400, "unreadable_body"),
        (b"[" * 100_000, 400, "unreadable_body"),
        (b'{"first_name": "' + b"x" * 10_000_000 + b'"}', 413, "body_too_large"),
        (b'{"first_name": "\\ud800"}', 422, "not_unicode"),
        (b'{"first_name": "\\u0000"}', 422, "not_allowed"),
        (b'{"\\ud800": 1}', 422, "unknown_field"),
        (b'{"metadata": {"\\u0000": "1"}}', 422, "not_allowed"),
        (b'{"metadata": {"\\ud800": "1"}}', 422, "not_unicode"),
    ],
)
def test_a_body_that_cannot_be_read(client, raw, status, code):
    at = client.head
    refused = sent(client, raw)
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert client.head == at


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_a_body_of_another_type(client, kind):
    refused = sent(client, b'{"first_name": "Ada"}', content_type=kind)
    assert (refused.status_code, refused.json["code"]) == (415, "unsupported_media_type")


VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**13, -(10**13), 10**40, "", " ", "0", "x" * 6000, "null",
    [], [[]], [None], {}, {"a": {"b": "c"}}, "2026-02-30", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00", "'; DROP TABLE heads; --", "=1+1", "\u202eabc", "e\u0301\u200b",
    "sub_01m80my81rfv4vwsscfv9yf2pm", "sub_zzzzzzzzzzzzzzzzzzzzzzzzzz", "\U0001f4b8",
]  # fmt: skip


@pytest.mark.parametrize("field", [*LINE, "quantity", "tax_rate", "period_start", "plan_id"])
def test_no_value_of_a_line_breaks_the_service(client, field):
    customer = client.made("/customers", {})
    for value in VALUES:
        lines = [{**LINE, field: value}, LINE]
        body = {"customer_id": customer["id"], "currency": "USD", "lines": lines}
        drafted = client.post("/invoices", body)
        assert drafted.status_code < 500, (field, value, drafted.text)
        if drafted.status_code == 201:
            issued = client.post(f"/invoices/{drafted.json['id']}/issue")
            assert issued.status_code < 500, (field, value, issued.text)


def test_amounts_that_multiply_beyond_what_is_kept_are_refused(shop):
    line = {**LINE, "unit_amount": 10**13 - 1, "quantity": 1_000_000}
    body = {"customer_id": shop.customer["id"], "currency": "USD", "lines": [line]}
    at = shop.client.head
    refused = shop.client.post("/invoices", body)
    assert (refused.status_code, refused.json["code"]) == (422, "amount_too_large")
    dear = {**PLAN, "amount": 10**12, "product_id": shop.product["id"]}
    plan = shop.client.made("/plans", dear)
    refused = shop.subscribe(plan_id=plan["id"], quantity=1000)
    assert (refused.status_code, refused.json["code"]) == (422, "amount_too_large")
    assert shop.client.head == at + 1


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE heads; --", "=cmd|' /C calc'!A0", "\u202eevil", "e\u0301", 'a"b,c\r\nd']
)
def test_text_comes_back_as_it_was_sent_and_disarmed_in_an_export(client, text):
    made = client.made("/customers", {"first_name": text, "metadata": {text[:60]: text}})
    assert (made["first_name"], made["metadata"]) == (text, {text[:60]: text})
    found = client.get("/customers", params={"first_name": text})
    if "\r" not in text and "\u202e" not in text:
        assert [each["id"] for each in found.json["data"]] == [made["id"]]
    exported = client.get("/exports/customers.csv").text
    assert "\n=cmd" not in exported
    assert ",=cmd" not in exported


REFS = ["x", "inv_", "sub_01m80my81rfv4vwsscfv9yf2pm", "inv_zzzzzzzzzzzzzzzzzzzzzzzzzz", "%00",
        "inv_01m80my81rfv4vwsscfv9yf2pm", "..", "%F0%9F%92%B8", "a" * 3000]  # fmt: skip


@pytest.mark.parametrize("ref", REFS)
def test_an_id_that_names_no_invoice(client, ref):
    for path in (f"/invoices/{ref}", f"/invoices/{ref}/events"):
        assert client.get(path).status_code in {404, 422}
    assert client.get(f"/invoices/{ref}", params={"as_of": "2026-01-01"}).status_code == 404
    for verb in ("issue", "void", "mark_uncollectible"):
        assert client.post(f"/invoices/{ref}/{verb}").status_code == 404
    assert client.post(f"/invoices/{ref}/charge", {}, key="k").status_code == 404
    assert client.patch(f"/invoices/{ref}", {"notes": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("sort=colour", "sort"),
        ("cursor=abc", "cursor"),
        ("created_at[gte]=soon", "created_at[gte]"),
        ("created_at[near]=2026-01-01", "created_at[near]"),
        ("expand=everything", "expand"),
        ("email=a&email=b", "email"),
        ("q=%00", "q"),
        ("email=%ff%fe", "email"),
    ],
)
def test_a_list_names_the_wrong_parameter(client, query, field):
    refused = client.get("/customers", query_string=query)
    assert refused.status_code == 422, refused.text
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_a_cursor_that_was_tampered_with_or_belongs_elsewhere(client, stranger):
    for _ in range(3):
        client.made("/customers", {})
    cursor = client.get("/customers", params={"limit": "1"}).json["next_cursor"]
    assert client.get("/customers", params={"cursor": cursor}).status_code == 200
    flipped = cursor[:-3] + ("A" if cursor[-3] != "A" else "B") + cursor[-2:]
    for query, caller in (
        ({"cursor": flipped}, client),
        ({"cursor": cursor, "sort": "created_at"}, client),
        ({"cursor": cursor}, stranger),
    ):
        refused = caller.get("/customers", params=query)
        assert (refused.status_code, refused.json["code"]) == (422, "invalid_cursor")
    assert client.get("/products", params={"cursor": cursor}).status_code == 422


def test_an_address_or_method_that_is_not_served(client):
    assert client.get("/nothing").json["code"] == "not_found"
    refused = client.send("PUT", "/customers", {})
    assert (refused.status_code, refused.json["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "9" * 30])
def test_a_position_that_is_none(client, position):
    refused = client.get("/customers", headers={"Ledger-Position": position})
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_position")
    sent = {"headers": {"Ledger-Position": position}, "params": {"colour": "red", "limit": "0"}}
    fields = [error["field"] for error in client.get("/customers", **sent).json["errors"]]
    assert sorted(fields) == ["Ledger-Position", "colour", "limit"]


def test_a_request_id_that_is_none_is_replaced(client):
    answer = client.get("/customers", headers={"X-Request-Id": "two words"})
    assert answer.headers["X-Request-Id"] != "two words"
    assert json.loads(answer.text)["data"] == []


def test_an_export_names_each_wrong_parameter(client):
    query = {"colour": "red", "format": "pdf", "created_at[gte]": "soon"}
    refused = client.get("/exports/customers.csv", params=query)
    assert refused.status_code == 422
    assert {each["field"] for each in refused.json["errors"]} == set(query)


def test_the_log_is_asked_by_time_under_each_name(client):
    client.made("/customers", {})
    for name in ("time", "recorded_at", "created_at"):
        found = client.get(
            "/events", params={f"{name}[gte]": "2026-01-01", "type": "customer.created"}
        )
        assert len(found.json["data"]) == 1
        found = client.get("/events", params={f"{name}[lt]": "2026-01-01"})
        assert found.json["data"] == []
