"""What is answered before somebody else has answered (202) is what the description says of it."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from falcon import testing

from api.app import create_app
from tests.api.conftest import open_shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from falcon.testing import Result

    from api.services import Services
    from tests.api.conftest import Client, Shop

EXPORTS = "/core/v1/exports"
"""Answers with its resource, which has a status of its own for that."""


def card(shop: Shop, token: str) -> str:
    path = f"/customers/{shop.customer['id']}/payment_methods"
    made: str = shop.client.made(path, {"token": token, "is_default": True})["id"]
    return made


def charge(shop: Shop, token: str) -> Result:
    invoice = shop.invoice()["id"]
    body = {"payment_method_id": card(shop, token)}
    return shop.client.post(f"/invoices/{invoice}/charge", body, key="a")


def issue(shop: Shop, token: str) -> Result:
    drafted = shop.invoice(issued=False, collection_method="charge_automatically")["id"]
    return shop.client.post(f"/invoices/{drafted}/issue", {"payment_method_id": card(shop, token)})


def charge_balance(shop: Shop, token: str) -> Result:
    path = f"/customers/{shop.customer['id']}/balance/charge"
    body = {"payment_method_id": card(shop, token), "amount": 500, "currency": "USD"}
    return shop.client.post(path, body, key="a")


def refund(shop: Shop, _token: str) -> Result:
    path = f"/invoices/{shop.invoice()['id']}"
    paid = {"payment_method_id": card(shop, "tok_refundTimeout")}
    shop.client.made(f"{path}/charge", paid, key="a")
    return shop.client.post(f"{path}/refund", {"to": "card", "reason": "late"}, key="b")


def refund_balance(shop: Shop, _token: str) -> Result:
    charge_balance(shop, "tok_refundTimeout")
    path = f"/customers/{shop.customer['id']}/balance/refund"
    body = {"amount": 500, "currency": "USD", "to": "card", "reason": "late"}
    return shop.client.post(path, body, key="b")


def subscribe(shop: Shop, token: str) -> Result:
    return shop.subscribe(payment_method_id=card(shop, token))


def change_plan(shop: Shop, token: str) -> Result:
    path = f"/subscriptions/{shop.subscribe().json['id']}"
    dearer = {
        **{name: shop.plan[name] for name in ("product_id", "name", "currency", "interval")},
        "amount": 9900,
    }
    plan = shop.client.made("/plans", dearer)["id"]
    shop.client.patch(path, {"payment_method_id": card(shop, token)})
    return shop.client.post(f"{path}/change_plan", {"plan_id": plan})


def renew(shop: Shop, token: str) -> Result:
    path = f"/subscriptions/{shop.subscribe().json['id']}/renew"
    body = {"billing_behavior": "bill_immediately", "payment_method_id": card(shop, token)}
    return shop.client.post(path, body)


def restart(shop: Shop, token: str) -> Result:
    plan = shop.client.made("/plans", {
        **{name: shop.plan[name] for name in ("product_id", "name", "currency", "interval")},
        "amount": 9900, "type": "membership", "seat_capacity": 3,
    })["id"]  # fmt: skip
    path = f"/subscriptions/{shop.subscribe(plan_id=plan).json['id']}"
    shop.client.made(f"{path}/cancel", {"mode": "period_end"})
    shop.client.made("/test_clock/advance", {"to": "2026-02-10"})
    return shop.client.post(f"{path}/restart", {"payment_method_id": card(shop, token)})


def renew_gift(shop: Shop, token: str) -> Result:
    given = shop.subscribe(gift={"recipient_email": "byron@example.org"}).json
    shop.client.made("/gifts/redeem", {
        "code": given["gift"]["code"], "email": "byron@example.org"
    })  # fmt: skip
    body = {"billing_behavior": "bill_immediately", "payment_method_id": card(shop, token)}
    return shop.client.post(f"/subscriptions/{given['id']}/renew_gift", body)


CASES: dict[str, Callable[[Shop, str], Result]] = {
    "/core/v1/invoices/{id}/charge": charge,
    "/core/v1/invoices/{id}/issue": issue,
    "/core/v1/invoices/{id}/refund": refund,
    "/core/v1/customers/{id}/balance/charge": charge_balance,
    "/core/v1/customers/{id}/balance/refund": refund_balance,
    "/core/v1/subscriptions": subscribe,
    "/core/v1/subscriptions/{id}/change_plan": change_plan,
    "/core/v1/subscriptions/{id}/renew": renew,
    "/core/v1/subscriptions/{id}/renew_gift": renew_gift,
    "/core/v1/subscriptions/{id}/restart": restart,
}
UNASKED = [path for path in CASES if path.endswith(("/refund", "/issue"))]
"""Where the customer is not there to confirm anything, or need not be."""
ADVANCE = "/core/v1/test_clock/advance"


def errors(client: Client, path: str, answer: Result) -> list[str]:
    described = client.get("/openapi.json", whole=True).json
    told = described["paths"][path]["post"]["responses"]["202"]["content"]["application/json"]
    schema = {**told["schema"], "components": described["components"]}
    valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [
        each.message
        for value in (answer.json, told["example"])
        for each in valid.iter_errors(value)
    ]


@pytest.mark.parametrize(("path", "token", "status"), [
    *[(path, "tok_timeout", "processing") for path in CASES],
    *[(path, "tok_threeDSecure", "requires_action") for path in CASES if path not in UNASKED],
])  # fmt: skip
def test_it_is_told_as_described(client, path, token, status):
    answer = CASES[path](open_shop(client), token)
    assert (answer.status_code, answer.json["status"]) == (202, status), answer.text
    assert errors(client, path, answer) == []


def test_a_clock_under_way_is_told_as_described(client, services: Services):
    goes_on = Event()

    def slow(*_: Any) -> Any:
        goes_on.wait(5)

    patient = replace(services, advance=slow, advance_wait_seconds=0.05)
    client.http = testing.TestClient(create_app(patient))
    answer = client.post("/test_clock/advance", {"to": "2026-02-01"})
    goes_on.set()
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    assert errors(client, ADVANCE, answer) == []


def test_no_other_route_is_described_so(client):
    paths = client.get("/openapi.json", whole=True).json["paths"]
    told = {
        path for path, methods in paths.items()
        for operation in methods.values() if "202" in operation["responses"]
    }  # fmt: skip
    assert told == {*CASES, ADVANCE, EXPORTS}
