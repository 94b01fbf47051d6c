"""Payment methods over HTTP: one default whatever the gateway, and cards that are no more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.api.test_refusals import refused


def default_of(shop):
    """As the customer and the list of cards both show it."""
    path = f"/customers/{shop.customer['id']}"
    chosen = shop.client.get(path).json["default_payment_method_id"]
    cards = shop.client.get(f"{path}/payment_methods").json["data"]
    assert [card["id"] for card in cards if card["is_default"]] == ([chosen] if chosen else [])
    return chosen


def add(shop, **fields):
    path = f"/customers/{shop.customer['id']}/payment_methods"
    return shop.client.made(path, {"token": "tok_visa", **fields})


def test_a_card_becomes_the_default_and_stops_being_it(shop):
    second = add(shop)
    assert (second["is_default"], default_of(shop)) == (False, shop.card["id"])
    path = f"/payment_methods/{second['id']}"
    assert shop.client.patch(path, {"is_default": True}).json["is_default"] is True
    assert default_of(shop) == second["id"]
    assert shop.client.patch(path, {"is_default": False}).json["is_default"] is False
    assert default_of(shop) is None
    shop.client.patch(path, {"is_default": False})
    assert add(shop)["is_default"] is True
    chosen = {"default_payment_method_id": second["id"]}
    shop.client.patch(f"/customers/{shop.customer['id']}", chosen)
    assert default_of(shop) == second["id"]


def test_a_deleted_card_is_gone_and_no_other_takes_its_place(shop):
    other = add(shop)
    path = f"/payment_methods/{shop.card['id']}"
    gone = shop.client.send("DELETE", path, headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.json["deleted"]) == (200, True), gone.text
    assert gone.json["is_default"] is False
    assert shop.client.get(path).status_code == 404
    assert default_of(shop) is None
    cards = shop.client.get(f"/customers/{shop.customer['id']}/payment_methods").json["data"]
    assert [card["id"] for card in cards] == [other["id"]]
    types = [each["type"] for each in shop.client.get(f"{path}/events").json["data"]]
    assert types == ["payment_method.deleted", "payment_method.created"]


def test_a_deleted_card_is_refused_wherever_one_is_named(shop):
    client, card = shop.client, shop.card["id"]
    subscription = shop.subscribe().json
    invoice = shop.invoice()
    client.send("DELETE", f"/payment_methods/{card}")
    at, named = client.head, {"payment_method_id": card}
    refused(client, shop.subscribe(**named), 422, "not_found", at, "payment_method_id")
    answer = client.post(f"/invoices/{invoice['id']}/charge", named, key="a")
    refused(client, answer, 422, "not_found", at, "payment_method_id")
    answer = client.patch(f"/subscriptions/{subscription['id']}", named)
    refused(client, answer, 422, "not_found", at, "payment_method_id")
    chosen = {"default_payment_method_id": card}
    answer = client.patch(f"/customers/{shop.customer['id']}", chosen)
    refused(client, answer, 422, "not_found", at, "default_payment_method_id")
    answer = client.patch(f"/payment_methods/{card}", {"is_default": True})
    refused(client, answer, 404, "not_found", at)
    refused(client, client.send("DELETE", f"/payment_methods/{card}"), 404, "not_found", at)
    refused(client, shop.subscribe(), 422, "payment_method_required", at, "payment_method_id")


def test_a_renewal_charges_the_default_in_place_of_a_deleted_card(shop):
    subscription = shop.subscribe(payment_method_id=shop.card["id"]).json
    other = add(shop, is_default=True)
    shop.client.send("DELETE", f"/payment_methods/{shop.card['id']}")
    shop.client.made("/test_clock/advance", {"to": "2026-02-02T00:00:00Z"})
    renewed = shop.client.get(f"/subscriptions/{subscription['id']}").json
    payments = shop.client.get("/payments", params={"invoice_id": renewed["latest_invoice_id"]})
    assert renewed["latest_invoice_id"] != subscription["latest_invoice_id"]
    assert [each["payment_method_id"] for each in payments.json["data"]] == [other["id"]]


def test_a_renewal_without_any_card_left_is_past_due(shop):
    subscription = shop.subscribe().json
    shop.client.send("DELETE", f"/payment_methods/{shop.card['id']}")
    shop.client.made("/test_clock/advance", {"to": "2026-02-01T01:00:00Z"})
    renewed = shop.client.get(f"/subscriptions/{subscription['id']}").json
    assert renewed["status"] == "past_due"
    payments = shop.client.get("/payments", params={"invoice_id": renewed["latest_invoice_id"]})
    assert payments.json["data"] == []


def test_first_cards_at_once_make_one_default(client):
    customer = client.made("/customers", {})
    path = f"/customers/{customer['id']}/payment_methods"
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.post(path, {"token": "tok_visa"}), range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    cards = client.get(path, headers={"Ledger-Position": str(client.head)}).json["data"]
    assert len([card for card in cards if card["is_default"]]) == 1


def test_deleting_and_choosing_a_card_at_once_leaves_no_deleted_default(shop):
    """Whoever is second sees the first: the default is never a card that is gone."""
    for _ in range(6):
        card = add(shop)
        path = f"/payment_methods/{card['id']}"
        with ThreadPoolExecutor(2) as pool:
            chosen = pool.submit(shop.client.patch, path, {"is_default": True})
            deleted = pool.submit(shop.client.send, "DELETE", path)
        assert (chosen.result().status_code, deleted.result().status_code) in {
            (200, 200), (404, 200), (200, 409),
        }  # fmt: skip
        if deleted.result().status_code == 200:
            assert default_of(shop) != card["id"]


def test_two_accounts_do_not_meet(shop, stranger):
    path = f"/payment_methods/{shop.card['id']}"
    at = shop.client.head
    assert stranger.patch(path, {"is_default": True}).status_code == 404
    assert stranger.send("DELETE", path).status_code == 404
    assert shop.client.head == at
