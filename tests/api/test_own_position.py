"""A write's first answer is its replays': as of its own position, whatever is written meanwhile."""

from __future__ import annotations

from itertools import count

import pytest

from api import writing
from domain.commands.customers import update_customer
from projections.groups import RESOURCES
from projections.reading import wait_for
from projections.tracking import Place, resume, stop
from projections.turns import Turn
from tests.api.conftest import SYSTEM, open_shop

KEYS = count()


@pytest.fixture
def meanwhile(monkeypatch, services):
    """Has something written between each next append and its answer; shown already, if so."""
    happening = []

    def perform(*asked):
        answered = plain(*asked)
        while happening:
            happening.pop()()
        return answered

    plain = writing.perform
    monkeypatch.setattr(writing, "perform", perform)
    # Another has its turn just then, or this would be shown in its append's exchange.
    monkeypatch.setattr(Turn, "take_if_free", lambda _: False)
    return happening.append


def told_twice(send):
    key = f"own-{next(KEYS)}"
    first, again = send(key), send(key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.status_code == again.status_code
    for name in ("Ledger-Position", "ETag"):
        assert first.headers.get(name) == again.headers.get(name)
    assert first.json == again.json
    return first.json


@pytest.mark.parametrize("shown", [False, True])
def test_a_change_tells_what_it_left(client, services, meanwhile, shown):
    made = client.made("/customers", {"first_name": "Ada"})

    def other():
        update_customer(client.books, made["id"], {"last_name": "Lovelace"}, SYSTEM)
        if shown:
            wait_for(services.connections, client.books.account_id, RESOURCES)

    meanwhile(other)
    path = f"/customers/{made['id']}"
    told = told_twice(lambda key: client.patch(path, {"first_name": "Augusta"}, key=key))
    assert (told["first_name"], told["last_name"], told["version"]) == ("Augusta", None, 2)
    now = client.get(path).json
    assert (now["last_name"], now["version"]) == ("Lovelace", 3)


def test_a_payment_tells_its_own_amount(client, meanwhile):
    shop = open_shop(client)
    path = f"/invoices/{shop.invoice()['id']}/mark_paid"
    part = {"reference": "r", "category": "wire", "amount": 100}
    meanwhile(lambda: client.post(path, {**part, "amount": 50}, key=f"own-{next(KEYS)}"))
    told = told_twice(lambda key: client.post(path, part, key=key))
    assert told["amount_paid"] == 100
    assert client.get(path.removesuffix("/mark_paid")).json["amount_paid"] == 150


def test_settings_tell_what_they_were_set_to(client, meanwhile):
    meanwhile(lambda: client.patch("/account", {"invoice_prefix": "B-"}))
    told = told_twice(lambda key: client.patch("/account", {"name": "New"}, key=key))
    assert (told["name"], told["invoice_prefix"]) == ("New", "INV-")


def test_what_is_told_without_the_views_is_what_they_show_later(client, services):
    """Also of resources that are known to the views alone: parts, and whose others' events show."""
    shop = open_shop(client)
    customer = shop.customer["id"]
    adjustment = {"amount": 500, "currency": "USD", "reason": "goodwill"}
    asked = [
        (f"/customers/{customer}/balance/adjust", adjustment),
        (f"/customers/{customer}/payment_methods", {"token": "tok_visa"}),
        (f"/customers/{customer}/addresses", {"country": "DE", "line1": "Weg 1"}),
        ("/organizations", {"name": "House"}),
        ("/customers", {"first_name": "Ada"}),
    ]
    with services.connections.connection() as connection, connection.cursor() as cursor:
        stop(cursor, Place(client.books.account_id, RESOURCES.name, 1), client.head, "a test")
    first = [client.post(path, body, key=f"still-{at}") for at, (path, body) in enumerate(asked)]
    refused = [each.json for each in first if each.status_code not in {200, 201}]
    assert refused == []
    assert all(int(each.headers["Ledger-Lag"]) > 0 for each in first)
    again = [client.post(path, body, key=f"still-{at}") for at, (path, body) in enumerate(asked)]
    assert [each.json for each in again] == [each.json for each in first]
    with services.connections.connection() as connection, connection.cursor() as cursor:
        resume(cursor, Place(client.books.account_id, RESOURCES.name))
    wait_for(services.connections, client.books.account_id, RESOURCES)
    later = [client.post(path, body, key=f"still-{at}") for at, (path, body) in enumerate(asked)]
    assert [each.json for each in later] == [each.json for each in first]
