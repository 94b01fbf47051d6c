"""Each list is asked by the fields that it shows, and by no others."""

from __future__ import annotations

import re

import pytest

from api import schemas
from projections.resources import BY_NAME
from tests.api.conftest import LINE, open_shop

NOT_ASKED = {
    "livemode",  # the account's
    "exports.progress", "exports.url",  # what the status and the moment of asking make of it
}  # fmt: skip
FROM_OTHERS = {
    "api_keys.last_used_at", "customers.last_active_at", "memberships.last_active_at",
    "memberships.owner_id", "memberships.plan_id", "memberships.subscription_status",
    "organizations.customers_count", "payment_methods.is_default", "plans.maximum_amount",
    "subscriptions.last_active_at", "subscriptions.seats_available", "subscriptions.seats_used",
}  # fmt: skip
"""Told of other records than the row: a filter, no order."""
BESIDES = {
    "subscriptions.final_phase_end",  # a column of the export
    "subscriptions.is_gift",
    "subscriptions.recipient_id",  # shown in `gift`
}
KINDS = sorted(BY_NAME)


def shown(name):
    """The schemas of a resource's fields; what is shown once is no field of a list."""
    kind = BY_NAME[name].kind
    words = (schemas._WITHOUT_COMMON.get(kind) or schemas._FIELDS[kind]).split()
    once = {word.partition(":")[0] for word in words if word.endswith("*")}
    return {
        field: schema for field, schema in schemas.resource(kind)["properties"].items()
        if field not in once
    }  # fmt: skip


def is_plain(schema):
    kinds = schema.get("type", "object")
    return not {"object", "array"} & set(kinds if isinstance(kinds, list) else [kinds])


def asked(name, field):
    return field not in NOT_ASKED and f"{name}.{field}" not in NOT_ASKED


@pytest.mark.parametrize("name", KINDS)
def test_every_plain_field_is_a_filter_and_an_order(name):
    listing = BY_NAME[name].listing
    plain = {field for field, schema in shown(name).items() if is_plain(schema)}
    wanted = {field for field in plain if asked(name, field)}
    assert wanted - listing.fields.keys() == set()
    assert {f"{name}.{field}" for field in wanted - listing.sorts.keys()} <= FROM_OTHERS


@pytest.mark.parametrize("name", KINDS)
def test_every_filter_is_a_field_or_a_part_of_one(name):
    listing, fields = BY_NAME[name].listing, shown(name)
    parts = [field for field, schema in fields.items() if not is_plain(schema)]
    named = {*listing.fields, *listing.sorts}
    assert {
        each for each in named
        if each not in fields and f"{name}.{each}" not in BESIDES
        if not any(each.startswith(f"{part}_") for part in parts)
        if f"{each.removesuffix('_old_provider_id')}_id" not in fields
    } == set()  # fmt: skip


@pytest.fixture
def credited(client):
    """Three invoices, of which nothing, 500 and 900 were taken back, 0, 200 and 100 refunded."""
    shop = open_shop(client)
    made = []
    for credit, refund in ((0, 0), (500, 200), (900, 100)):
        ref = shop.invoice(lines=[LINE])["id"]
        if credit:
            body = {"amount": credit - 300, "reason": "late"}
            client.made(f"/invoices/{ref}/credit_notes", body, key=f"{ref}a")
            client.made(f"/invoices/{ref}/charge", {}, key=f"{ref}b")
            client.made(f"/invoices/{ref}/credit_notes", {
                "amount": 300, "reason": "late", "allocations": [{"to": "balance", "amount": 300}],
            }, key=f"{ref}c")  # fmt: skip
            body = {"amount": refund, "to": "offline", "reason": "late"}
            client.made(f"/invoices/{ref}/refund", body, key=f"{ref}d")
        made.append(ref)
    return client, made


def ids(client, path, **query):
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json["data"]]


def test_invoices_are_asked_by_what_they_show(credited):
    client, (none, some, more) = credited
    amounts = [client.get(f"/invoices/{ref}").json["amount_credited"] for ref in (none, some, more)]
    assert amounts[0] == 0 < amounts[1] < amounts[2]
    assert ids(client, "/invoices", amount_credited=str(amounts[1])) == [some]
    assert ids(client, "/invoices", **{"amount_credited[gt]": str(amounts[1])}) == [more]
    assert ids(client, "/invoices", sort="-amount_credited") == [more, some, none]
    assert ids(client, "/invoices", sort="amount_refunded") == [none, more, some]
    assert ids(client, "/invoices", amount_recovered="0", sort="id") == [none, some, more]
    page, found = {"sort": "amount_credited", "limit": "1"}, []
    for _ in range(3):
        told = client.get("/invoices", params=page).json
        found += [each["id"] for each in told["data"]]
        page["cursor"] = told["next_cursor"]
    assert (found, page["cursor"]) == ([none, some, more], None)


@pytest.mark.parametrize("column", ["credited", "given_back", "refunded", "recovered"])
def test_columns_that_are_not_shown_are_no_filters(client, column):
    for query, code in ({column: "0"}, "unknown_filter"), ({"sort": column}, "unknown_sort"):
        answer = client.get("/invoices", params=query)
        assert (answer.status_code, answer.json["code"]) == (422, code)
    told = client.get("/openapi.json", whole=True).json["paths"]["/core/v1/invoices"]["get"]
    named = {each.get("name") for each in told["parameters"]}
    assert (column in named, f"amount_{column}" in named) == (False, column != "given_back")


def test_credit_notes_are_asked_by_their_amount(credited):
    client, _ = credited
    amounts = [each["amount"] for each in client.get("/credit_notes?sort=-amount").json["data"]]
    assert amounts == sorted(amounts, reverse=True)
    assert len(set(amounts)) > 1
    assert len(ids(client, "/credit_notes", **{"amount[gte]": str(amounts[0])})) == 1
    first, *rows = client.get("/exports/credit_notes.csv?sort=-amount").text.splitlines()
    assert first.endswith(",created_at,amount,allocations")
    assert re.search(r',6\.00,"\[\{""to"":""receivable"",""amount"":600\}\]"$', rows[0]), rows[0]


def test_refunds_are_ordered_by_where_they_went(credited):
    client, _ = credited
    assert len(ids(client, "/refunds", sort="to")) == len(ids(client, "/refunds", to="offline"))


def test_what_is_kept_beside_a_key_finds_it(client):
    client.get("/products")
    assert ids(client, "/api_keys", **{"last_used_at[lt]": "2020-01-01"}) == []


def test_plans_are_found_by_the_most_that_they_bill(client):
    product = client.made("/products", {"name": "The Paper"})["id"]
    asked = {
        "product_id": product, "name": "Usage", "amount": 0, "currency": "USD", "interval": "month",
        "billing_prompt": "Charge 0.50 USD per copy at the end of each month.",
        "maximum_amount": 9000,
    }  # fmt: skip
    client.made("/plans", {**asked, "maximum_amount": 8000})
    plan = client.made("/plans", asked)["id"]
    assert ids(client, "/plans", maximum_amount="9000") == [plan]
