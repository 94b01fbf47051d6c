"""A key makes a write happen once, and its answer the first one for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import Mock

import pytest
from psycopg import OperationalError

from api import views
from domain.commands.accounts import account_of
from domain.commands.act import Act
from domain.commands.resuming import Waiting, resume_payments
from domain.payments.gateway import Approved
from domain.shared.recording import Context
from gateways.sandbox import Sandbox
from tests.api.conftest import open_shop

MONEY = {"reference": "1842", "category": "check"}


def test_a_repeated_creation_is_the_first_answer_as_it_was(client):
    body = {"email": "ada@example.org", "metadata": {"a": "1", "b": "2"}}
    first = client.post("/customers", body, key="once")
    assert "Idempotency-Replayed" not in first.headers
    client.patch(f"/customers/{first.json['id']}", {"email": None})
    at = client.head
    reordered = {"metadata": {"b": "2", "a": "1"}, "email": "ada@example.org"}
    again = client.post("/customers", reordered, key="once")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Ledger-Position"] == first.headers["Ledger-Position"]
    assert client.head == at


def test_an_answer_lost_between_recording_and_projecting_is_told_whole(client, monkeypatch):
    customer = client.made("/customers", {})
    path, card = f"/customers/{customer['id']}/payment_methods", {"token": "tok_visa"}
    with monkeypatch.context() as patch:
        patch.setattr(views.Showing, "show", Mock(side_effect=OperationalError))
        assert client.post(path, card, key="once").status_code == 503
    again = client.post(path, card, key="once")
    assert (again.status_code, again.json["is_default"]) == (201, True)


def test_the_same_key_with_another_request_is_refused(client):
    client.made("/customers", {"first_name": "Ada"}, key="once")
    at = client.head
    for path, body in (("/customers", {"first_name": "Bob"}), ("/products", {"name": "Ada"})):
        other = client.post(path, body, key="once")
        assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert client.head == at


def test_another_account_has_keys_of_its_own(client, stranger):
    first = client.made("/customers", {}, key="once")
    second = stranger.made("/customers", {}, key="once")
    assert first["id"] != second["id"]


@pytest.mark.parametrize("verb", ["charge", "mark_paid"])
def test_money_moves_only_with_a_key(shop, verb):
    body = MONEY if verb == "mark_paid" else {}
    path = f"/invoices/{shop.invoice()['id']}/{verb}"
    at = shop.client.head
    refused = shop.client.post(path, body)
    assert (refused.status_code, refused.json["code"]) == (422, "idempotency_key_required")
    assert shop.client.head == at


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 256])
def test_a_key_that_is_none(client, key):
    at = client.head
    refused = client.post("/customers", {}, key=key)
    assert refused.status_code == 422
    assert client.head == at


def test_a_refused_request_does_not_use_up_its_key(shop):
    path = f"/invoices/{shop.invoice()['id']}/mark_paid"
    refused = shop.client.post(path, {**MONEY, "amount": 9999}, key="once")
    assert refused.status_code == 422
    paid = shop.client.post(path, {**MONEY, "amount": 1500}, key="once")
    assert (paid.status_code, paid.json["status"]) == (200, "paid")


def test_a_repeated_action_is_answered_though_its_state_is_over(shop):
    invoice = shop.invoice()
    path = f"/invoices/{invoice['id']}/void"
    first = shop.client.post(path, {}, key="once")
    again = shop.client.post(path, {}, key="once")
    assert (again.status_code, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_repeated_deletion_is_answered(client):
    path = f"/products/{client.made('/products', {'name': 'Gone'})['id']}"
    first = client.send("DELETE", path, key="once")
    again = client.send("DELETE", path, key="once")
    assert (again.status_code, again.json) == (200, first.json)
    assert client.send("DELETE", path, key="twice").status_code == 404


def test_a_decline_is_answered_again_and_charged_once(client):
    shop = open_shop(client, "tok_chargeDeclined")
    path = f"/invoices/{shop.invoice()['id']}/charge"
    first = client.post(path, {}, key="once")
    at = client.head
    again = client.post(path, {}, key="once")
    assert (first.status_code, again.status_code) == (402, 402)
    assert again.json["errors"] == first.json["errors"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.head == at


def test_a_subscriptions_answer_is_as_it_was_after_its_charge(shop):
    body = {"customer_id": shop.customer["id"], "plan_id": shop.plan["id"]}
    first = shop.client.post("/subscriptions", body, key="once")
    shop.client.made("/test_clock/advance", {"to": "2026-05-01T00:00:00Z"})
    again = shop.client.post("/subscriptions", body, key="once")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.json["status"] == "active"


def test_advancing_again_answers_what_ran_the_first_time(shop):
    shop.subscribe()
    to = {"to": "2026-03-15T00:00:00Z"}
    first = shop.client.post("/test_clock/advance", to, key="once")
    again = shop.client.post("/test_clock/advance", to, key="once")
    assert (again.json, again.json["ran"]) == (first.json, {"renew": 2})


def together(times, do):
    """What each of as many threads got, all begun at once."""
    gate = threading.Barrier(times)

    def begin(at):
        gate.wait()
        return do(at)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(begin, range(times)))


def test_parallel_duplicates_make_one_customer(client):
    at = client.head
    answers = together(8, lambda _: client.post("/customers", {"email": "a@b.cd"}, key="once"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count(None) == 1
    assert client.head == at + 1


def test_parallel_duplicates_make_one_charge(client):
    shop = open_shop(client, "tok_slow")
    path = f"/invoices/{shop.invoice()['id']}/charge"
    answers = together(8, lambda _: client.post(path, {}, key="once"))
    codes = [answer.status_code for answer in answers]
    assert codes.count(200) >= 1
    assert set(codes) <= {200, 409}
    told = {answer.json["code"] for answer in answers if answer.status_code == 409}
    assert told <= {"request_in_progress"}
    assert len(client.get("/payments").json["data"]) == 1
    assert client.post(path, {}, key="once").json["status"] == "paid"


def test_parallel_charges_with_different_keys_take_the_money_once(client):
    shop = open_shop(client, "tok_slow")
    path = f"/invoices/{shop.invoice()['id']}/charge"
    answers = together(6, lambda at: client.post(path, {}, key=f"key-{at}"))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert len(client.get("/payments").json["data"]) == 1


class Dying(Sandbox):
    """Charges, and takes the process down before the answer can be saved."""

    def charge(self, charge):
        raise KeyboardInterrupt

    def look_up(self, charge):
        return Approved("found")

    def repay(self, repayment):
        raise KeyboardInterrupt


def test_a_crash_between_intent_and_outcome_is_completed_by_whoever_finds_the_outcome(
    services, shop
):
    from falcon import testing

    from api.app import create_app

    client = shop.client
    path = f"/invoices/{shop.invoice()['id']}/charge"
    dying = testing.TestClient(
        create_app(replace(services, gateways_of=lambda _: {"sandbox": Dying()}))
    )
    alive, client.http = client.http, dying
    with pytest.raises(KeyboardInterrupt):
        client.post(path, {}, key="once")
    client.http = alive
    running = client.post(path, {}, key="once")
    assert (running.status_code, running.json["code"]) == (409, "request_in_progress")
    assert running.headers["Retry-After"] == "1"
    act = Act(Context("scheduler", "scheduler"))
    client.get("/account")
    payment = client.get("/payments").json["data"][0]
    resume_payments(
        client.books,
        {"sandbox": Dying()},
        account_of(client.books),
        [Waiting(payment["id"], 9)],
        act,
    )
    answer = client.post(path, {}, key="once")
    assert (answer.status_code, answer.json["status"]) == (200, "paid")
    assert answer.headers["Idempotency-Replayed"] == "true"
