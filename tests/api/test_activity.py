"""When a customer was last active: shown, filtered by and exported, to the minute."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from store.activity import seen


def note(services, client, *refs):
    with services.connections.connection() as connection:
        return seen(connection, client.books.account_id, refs)


def test_a_customer_is_shown_as_active_in_the_accounts_time(client, services):
    customer, other = client.made("/customers", {}), client.made("/customers", {})
    path = f"/customers/{customer['id']}"
    assert customer["last_active_at"] is None
    assert note(services, client, customer["id"]) == 1
    assert client.get(path).json["last_active_at"] == "2026-01-01T00:00:00Z"
    client.made("/test_clock/advance", {"to": "2026-02-01T00:00:00Z"})
    assert note(services, client, customer["id"]) == 1
    changed = client.patch(path, {"first_name": "Ada"}).json
    assert changed["last_active_at"] == "2026-02-01T00:00:00Z"
    assert client.get(f"/customers/{other['id']}").json["last_active_at"] is None
    assert changed["version"] == 2


def test_lists_and_exports_are_filtered_by_it(client, services):
    customer, other = client.made("/customers", {}), client.made("/customers", {})
    note(services, client, customer["id"])
    for params, found in [
        ({"last_active_at[gte]": "2026-01-01"}, [customer["id"]]),
        ({"last_active_at[lt]": "2026-01-01"}, []),
        ({"last_active_at[lt]": "2026-01-02T00:00:00Z"}, [customer["id"]]),
        ({}, [other["id"], customer["id"]]),
    ]:
        listed = client.get("/customers", params=params).json["data"]
        assert [each["id"] for each in listed] == found
        text = client.get("/exports/customers.csv", params=params).text
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["id"] for row in rows] == found
    assert [row["last_active_at"] for row in rows] == ["", "2026-01-01T00:00:00Z"]


def test_it_is_noted_once_a_minute_whoever_notes_it(client, services):
    refs = [client.made("/customers", {})["id"] for _ in range(5)]
    at = client.head
    with ThreadPoolExecutor(4) as pool:
        noted = pool.map(lambda turn: note(services, client, *refs[:: 1 - turn % 2 * 2]), range(8))
        assert sum(noted) == 5
    client.made("/test_clock/advance", {"to": "2026-01-01T00:00:59Z"})
    assert note(services, client, *refs) == 0
    client.made("/test_clock/advance", {"to": "2026-01-01T00:01:00Z"})
    assert note(services, client, refs[0], refs[0]) == 1
    assert note(services, client) == 0
    assert client.head == at + 2


def test_two_accounts_do_not_meet(client, stranger, services):
    customer = client.made("/customers", {})
    note(services, stranger, customer["id"])
    assert client.get(f"/customers/{customer['id']}").json["last_active_at"] is None


def test_a_subscription_shows_when_its_customer_was_active(shop, services):
    client, subscription = shop.client, shop.subscribe().json
    assert subscription["last_active_at"] is None
    note(services, client, shop.customer["id"])
    path = f"/subscriptions/{subscription['id']}"
    assert client.get(path).json["last_active_at"] == "2026-01-01T00:00:00Z"
    for since, found in [("2026-01-01", [subscription["id"]]), ("2026-01-02", [])]:
        listed = client.get("/subscriptions", params={"last_active_at[gte]": since}).json["data"]
        assert [each["id"] for each in listed] == found


def test_a_gift_shows_when_its_recipient_was_active(shop, services):
    client, reader = shop.client, shop.client.made("/customers", {})
    gift = shop.subscribe(gift={"recipient_email": "byron@example.org"}).json
    note(services, client, shop.customer["id"])
    path = f"/subscriptions/{gift['id']}"
    assert client.get(path).json["last_active_at"] is None
    client.made("/gifts/redeem", {"code": gift["gift"]["code"], "customer_id": reader["id"]})
    assert client.get(path).json["last_active_at"] == "2026-01-01T00:00:00Z"
    listed = client.get("/subscriptions", params={"last_active_at[gte]": "2026-01-01"}).json
    assert [each["id"] for each in listed["data"]] == [gift["id"]]


def active(client, ref):
    return client.get(f"/customers/{ref}").json["last_active_at"]


def test_who_pays_by_link_is_active_and_who_only_has_the_link_is_not(shop):
    client, ref = shop.client, shop.customer["id"]
    link = client.made(f"/invoices/{shop.invoice()['id']}/pay_link")["url"]
    path = urlsplit(link).path
    shown = client.http.simulate_get(path).text
    assert active(client, ref) is None, "a mail filter opens links too"
    (key,) = re.findall(r'name="key" value="([^"]+)"', shown)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = urlencode({"key": key, "with": "card"})
    assert client.http.simulate_post(path, body=sent, headers=headers).status_code == 303
    assert active(client, ref) == "2026-01-01T00:00:00Z"


def test_who_redeems_a_gift_is_active_and_its_donor_is_not(shop):
    client = shop.client
    gift = shop.subscribe(gift={"recipient_email": "bob@example.org"}).json["gift"]
    sold = client.made("/gifts/redeem", {"code": gift["code"], "email": "bob@example.org"})
    assert active(client, sold["gift"]["recipient_id"]) == "2026-01-01T00:00:00Z"
    assert sold["gift"]["recipient_id"] != shop.customer["id"]
    assert active(client, shop.customer["id"]) is None
