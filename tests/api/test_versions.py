"""`If-Match` on everything that changes what an address names: held until the append itself."""

from __future__ import annotations

import pytest

from domain.commands.customers import update_customer
from domain.customers.customer import Customer
from domain.shared.errors import ConcurrentChange
from tests.api.conftest import SYSTEM
from tests.api.test_idempotency import together

STALE = {"If-Match": '"99"'}


def changes_of(shop):
    """One request of each kind: a PATCH, an action, a DELETE, and one below a resource."""
    invoice = shop.invoice()["id"]
    return [
        ("PATCH", f"/customers/{shop.customer['id']}", {"phone": "1"}, 200),
        ("POST", f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_visa"}, 201),
        ("PATCH", f"/invoices/{invoice}", {"notes": "x"}, 200),
        ("POST", f"/invoices/{invoice}/void", {}, 200),
        ("POST", f"/plans/{shop.plan['id']}/archive", None, 200),
        ("DELETE", f"/plans/{shop.plan['id']}", None, 200),
        ("PATCH", "/test_clock", {"now": "2026-01-01"}, 409),
    ]


def tag_of(client, path):
    """Of the resource that the path names, or names something below."""
    return client.get("/".join(path.split("/")[:3])).headers["ETag"]


def test_a_version_that_is_not_the_current_one(shop):
    changes = changes_of(shop)
    at = shop.client.head
    for method, path, body, _ in changes:
        refused = shop.client.send(method, path, body, headers=STALE)
        assert (refused.status_code, refused.json["code"]) == (412, "version_mismatch"), path
    assert shop.client.head == at


def test_the_current_version_one_of_several_and_any(shop):
    for method, path, body, status in changes_of(shop):
        tag = tag_of(shop.client, path)
        answer = shop.client.send(method, path, body, headers={"If-Match": f'"98", {tag}'})
        assert answer.status_code == status, answer.text
    path = f"/customers/{shop.customer['id']}"
    assert shop.client.patch(path, {"phone": "2"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    "tag", ["seven", '"', '"1', '"-1"', '"1" "2"', 'W/"1"', 'W/"1", "9"', ",", '"99999999999"']
)
def test_a_tag_that_no_version_has(shop, tag):
    path = f"/customers/{shop.customer['id']}"
    refused = shop.client.patch(path, {"phone": "1"}, headers={"If-Match": tag})
    assert (refused.status_code, refused.json["code"]) == (412, "version_mismatch")


def test_of_parallel_changes_that_rest_on_one_version_one_is_made(shop):
    path = f"/customers/{shop.customer['id']}"
    tag = {"If-Match": tag_of(shop.client, path)}
    at = shop.client.head
    answers = together(8, lambda n: shop.client.patch(path, {"phone": str(n)}, headers=tag))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert shop.client.head == at + 1


def test_of_parallel_actions_that_rest_on_one_version_one_is_made(shop):
    path = f"/products/{shop.client.made('/products', {'name': 'Gone'})['id']}"
    tag, at = {"If-Match": tag_of(shop.client, path)}, shop.client.head
    verbs = ["archive", "delete"] * 4

    def act(n):
        if verbs[n] == "delete":
            return shop.client.send("DELETE", path, headers=tag)
        return shop.client.post(f"{path}/archive", headers=tag)

    statuses = [answer.status_code for answer in together(8, act)]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409, 412}
    assert shop.client.head == at + 1


def test_a_change_between_the_look_and_the_append_is_noticed(shop, monkeypatch):
    """Whoever is faster by a hair: the command has loaded, and its append comes too late."""
    client, path = shop.client, f"/plans/{shop.plan['id']}"
    tag = {"If-Match": tag_of(client, path)}
    recorder = type(client.books.recorder)
    append, faster = recorder.append, []

    def late(self, events, by, given):
        if not faster:
            faster.append(True)
            assert client.patch(path, {"name": "Faster"}).status_code == 200
        return append(self, events, by, given)

    monkeypatch.setattr(recorder, "append", late)
    refused = client.post(f"{path}/archive", headers=tag)
    assert (refused.status_code, refused.json["code"]) == (412, "version_mismatch")
    assert client.get(path).json["archived"] is False


def test_the_version_is_held_though_the_command_writes_something_else(shop, monkeypatch):
    """A card is added to a customer; the customer's own stream may not be touched by it."""
    client = shop.client
    second = client.made("/customers", {})["id"]
    client.made(f"/customers/{second}/payment_methods", {"token": "tok_visa"})  # the default
    path = f"/customers/{second}"
    tag = {"If-Match": tag_of(client, path)}
    recorder = type(client.books.recorder)
    append, faster = recorder.append, []

    def late(self, events, by, given):
        if not faster:
            faster.append(True)
            assert client.patch(path, {"phone": "1"}).status_code == 200
        return append(self, events, by, given)

    monkeypatch.setattr(recorder, "append", late)
    refused = client.post(f"{path}/payment_methods", {"token": "tok_visa"}, headers=tag)
    assert refused.status_code == 412


def test_an_expectation_is_of_one_append_only(client):
    made = client.made("/customers", {})
    books = client.books

    customer = books.load(Customer, made["id"])
    books.expect(customer.id, 7)
    with pytest.raises(ConcurrentChange):
        update_customer(books, made["id"], {"phone": "1"}, SYSTEM)
    update_customer(books, made["id"], {"phone": "1"}, SYSTEM)
