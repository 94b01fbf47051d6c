"""Events from gateways: let in by their signature, harmless sent twice, late or in any order."""

from __future__ import annotations

import json
import time

import pytest

from gateways.sandbox import SIGNATURE
from tests.api.conftest import open_shop
from tests.api.telling import send
from tests.gateways.contract import signature


def waiting(client):
    """A charge that the customer has to confirm."""
    invoice = open_shop(client, "tok_threeDSecure").invoice()
    client.post(f"/invoices/{invoice['id']}/charge", {}, key="once")
    return client.get("/payments").json["data"][0]


def shown(client, payment):
    paid = client.get(f"/payments/{payment['id']}").json["status"]
    return paid, client.get(f"/invoices/{payment['invoice_id']}").json["status"]


def succeeded(payment):
    return {"type": "payment.succeeded", "payment_id": payment["id"]}


def test_a_confirmed_charge_pays_its_invoice(client):
    payment = waiting(client)
    answer = send(client, succeeded(payment))
    assert (answer.status_code, answer.json) == (200, {"received": True})
    assert shown(client, payment) == ("succeeded", "paid")
    told = client.get(f"/payments/{payment['id']}/events").json["data"]
    assert {each["actor"] for each in told if each["type"] == "payment.succeeded"} == {
        "gateway:sandbox"
    }


def test_the_same_message_again_and_one_that_comes_too_late_change_nothing(client):
    payment = waiting(client)
    send(client, succeeded(payment))
    at = client.head
    assert send(client, succeeded(payment)).status_code == 200
    late = {"type": "payment.failed", "payment_id": payment["id"]}
    assert send(client, late).status_code == 200
    assert client.head == at
    assert shown(client, payment) == ("succeeded", "paid")


def test_money_that_comes_after_a_failure_was_told_counts(client):
    payment = waiting(client)
    send(client, {"type": "payment.failed", "payment_id": payment["id"]})
    assert shown(client, payment) == ("failed", "open")
    send(client, succeeded(payment))
    assert shown(client, payment) == ("succeeded", "paid")


@pytest.mark.parametrize(
    "forged", ["unsigned", "other secret", "old", "to come", "changed", "junk", "nobody"]
)
def test_a_forged_message_records_nothing(client, forged):
    payment = waiting(client)
    at, event = client.head, succeeded(payment)
    body = json.dumps(event).encode()
    answer = {
        "unsigned": lambda: send(client, event, headers={}),
        "other secret": lambda: send(client, event, secret="whsec_other"),
        "old": lambda: send(client, event, at=time.time() - 301),
        "to come": lambda: send(client, event, at=time.time() + 320),
        "changed": lambda: send(
            client, body + b" ", headers={SIGNATURE: signature("whsec_test", body)}
        ),
        "junk": lambda: send(client, b"\xff\x00"),
        "nobody": lambda: send(client, event, account="acct_01kg9x0000e00800000000001a"),
    }[forged]()
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_signature")
    assert client.head == at
    assert shown(client, payment) == ("requires_action", "open")


DISPUTE = {"type": "dispute.opened", "payment_id": "pay_x", "dispute": "d1"}
UNREADABLE = [
    b"", b"{", b"[]", b"[1]", b"1", b"{}", b"[" * 100_000, {"type": []},
    {name: DISPUTE[name] for name in DISPUTE if name != "type"},
]  # fmt: skip
WRONG = [
    *(({**DISPUTE, "amount": amount}, {"amount"}) for amount in (-5, 0, 1.5, "5", True)),
    ({"type": "dispute.lost", "payment_id": "pay_x"}, {"dispute"}),
    ({"type": "dispute.won", "amount": 0}, {"dispute", "payment_id", "amount"}),
    ({"type": "payment.succeeded"}, {"payment_id"}),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_signed_and_unreadable_is_no_forgery(client, body):
    at = client.head
    answer = send(client, body)
    assert (answer.status_code, answer.json["code"]) == (400, "unreadable_event")
    assert send(client, body, secret="whsec_other").status_code == 401
    assert client.head == at
    path = "/core/v1/gateways/{name}/events"
    described = client.get("/openapi.json", whole=True).json["paths"][path]["post"]
    assert {"400", "401", "422"} <= described["responses"].keys()


@pytest.mark.parametrize(("event", "fields"), WRONG)
def test_what_is_signed_and_readable_names_its_wrong_fields(client, event, fields):
    at = client.head
    answer = send(client, event)
    assert (answer.status_code, {each["field"] for each in answer.json["errors"]}) == (422, fields)
    assert send(client, event, secret="whsec_other").status_code == 401
    assert client.head == at


@pytest.mark.parametrize("body", [b'{"type": 1}', b'{"type": "x"}'])
def test_what_is_signed_and_concerns_us_not_records_nothing(client, body):
    at = client.head
    assert send(client, body).status_code == 200
    assert client.head == at


@pytest.mark.parametrize("name", ["stripe", "vantiv", "nonsense"])
def test_a_gateway_that_is_not_set_up_tells_nothing(client, name):
    assert send(client, {}, name=name).status_code == 401


def test_an_event_of_another_accounts_payment_is_left_alone(client, stranger):
    payment = waiting(client)
    at, theirs = client.head, stranger.head
    assert send(stranger, succeeded(payment)).status_code == 200
    assert (client.head, stranger.head) == (at, theirs)


def test_gateways_say_where_they_send_to_and_only_the_sandbox_what_it_signs_with(client):
    (sandbox,) = client.get("/gateways").json["data"]
    assert sandbox["name"] == "sandbox"
    assert sandbox["events_url"].endswith(
        f"/core/v1/gateways/sandbox/events?account={client.get('/account').json['id']}"
    )


@pytest.mark.parametrize(
    ("told", "field", "code"),
    [
        ({"reason": "a\x00b"}, "reason", "not_allowed"),
        ({"reason": "\ud800"}, "reason", "not_unicode"),
        ({"reason": 1}, "reason", "wrong_type"),
        ({"dispute": "a\x00b"}, "dispute", "not_allowed"),
        ({"dispute": {"a": 1}}, "dispute", "wrong_type"),
        ({"dispute": "d" * 100_000}, "dispute", "too_long"),
        ({"amount": 1.5}, "amount", "wrong_type"),
    ],
    ids=str,
)
def test_a_signed_event_with_wrong_fields_names_them_and_records_nothing(client, told, field, code):
    invoice = open_shop(client).invoice()
    client.post(f"/invoices/{invoice['id']}/charge", {}, key="once")
    (payment,) = client.get("/payments").json["data"]
    at = client.head
    opened = {"type": "dispute.opened", "dispute": "d-1", "payment_id": payment["id"]}
    answer = send(client, {**opened, **told})
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [(field, code)]
    assert client.head == at
    assert send(client, opened).status_code == 200
    assert client.get("/disputes").json["data"][0]["reason"] is None


@pytest.mark.parametrize("code", ["a\x00b", "\ud800", {"a": 1}, "c" * 101], ids=ascii)
def test_a_signed_failure_with_a_wrong_code_records_nothing(client, code):
    payment = waiting(client)
    at = client.head
    failed = {"type": "payment.failed", "payment_id": payment["id"], "code": code}
    answer = send(client, failed)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "code")
    assert client.head == at
    assert shown(client, payment) == ("requires_action", "open")
