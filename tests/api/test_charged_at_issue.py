"""Invoices by hand that are charged by themselves: with their issue, after a decline again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Shop, open_shop

_AUTOMATIC = {"collection_method": "charge_automatically"}


def drafted(shop: Shop, **fields: Any) -> str:
    ref: str = shop.invoice(issued=False, **_AUTOMATIC, **fields)["id"]
    return ref


def issued(shop: Shop, **fields: Any) -> dict[str, Any]:
    return shop.client.made(f"/invoices/{drafted(shop, **fields)}/issue")


def shown(shop: Shop, ref: str) -> dict[str, Any]:
    got: dict[str, Any] = shop.client.get(f"/invoices/{ref}").json
    return got


def payments(shop: Shop, ref: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = shop.client.get(
        "/payments", params={"invoice_id": ref, "sort": "created_at"}
    ).json["data"]
    return listed


def until(shop: Shop, day: str) -> None:
    shop.client.made("/test_clock/advance", {"to": f"2026-01-{day}T00:00:00Z"})


@pytest.fixture
def declining(client) -> Shop:
    return open_shop(client, "tok_chargeDeclined")


def test_the_default_card_is_charged_with_the_issue(shop) -> None:
    invoice = issued(shop)
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 1500)
    (payment,) = payments(shop, invoice["id"])
    assert payment["payment_method_id"] == shop.card["id"]
    assert shown(shop, invoice["id"])["latest_payment_error"] is None


def test_the_named_card_is_charged_instead(shop) -> None:
    other = shop.client.made(
        f"/customers/{shop.customer['id']}/payment_methods", {"token": "tok_visa"}
    )
    named = {"payment_method_id": other["id"]}
    invoice = shop.client.made(f"/invoices/{drafted(shop)}/issue", named)
    assert [each["payment_method_id"] for each in payments(shop, invoice["id"])] == [other["id"]]


def test_credit_pays_first_and_the_card_for_the_rest(shop) -> None:
    credit = {"amount": 600, "currency": "USD", "reason": "sorry"}
    shop.client.made(f"/customers/{shop.customer['id']}/balance/adjust", credit, key="credit")
    invoice = issued(shop)
    assert (invoice["balance_applied"], invoice["amount_paid"]) == (600, 900)
    assert [each["amount"] for each in payments(shop, invoice["id"])] == [900]


@pytest.mark.parametrize("amount", [0, -700])
def test_nothing_to_charge_needs_no_card(client, amount) -> None:
    person = client.made("/customers", {"first_name": "Ada"})
    shop = Shop(client, {}, {}, person, {})
    invoice = issued(shop, lines=[{"description": "Nothing", "unit_amount": amount}])
    assert (invoice["status"], payments(shop, invoice["id"])) == ("paid", [])


def test_without_a_card_it_stays_a_draft(client) -> None:
    shop = Shop(client, {}, {}, client.made("/customers", {"first_name": "Ada"}), {})
    ref, before = drafted(shop), client.head
    answer = client.post(f"/invoices/{ref}/issue")
    assert (answer.status_code, answer.json["code"]) == (422, "payment_method_required")
    assert (client.head, shown(shop, ref)["status"]) == (before, "draft")


def test_a_card_is_named_only_for_what_is_charged(shop) -> None:
    ref = shop.invoice(issued=False)["id"]
    before = shop.client.head
    answer = shop.client.post(f"/invoices/{ref}/issue", {"payment_method_id": shop.card["id"]})
    assert (answer.status_code, answer.json["code"]) == (422, "only_charge_automatically")
    assert shop.client.head == before


def test_a_strangers_card_is_refused(shop, stranger) -> None:
    ref = drafted(shop)
    answer = shop.client.post(
        f"/invoices/{ref}/issue", {"payment_method_id": open_shop(stranger).card["id"]}
    )
    assert (answer.status_code, answer.json["code"]) == (422, "not_found")


def test_a_decline_is_past_due_and_asked_for_again_on_the_dunning_days(declining) -> None:
    shop, ref = declining, drafted(declining)
    answer = shop.client.post(f"/invoices/{ref}/issue", key="issue")
    assert (answer.status_code, answer.json["status"]) == (200, "past_due")
    assert answer.json["latest_payment_error"]["code"] == "card_declined"
    assert answer.json["next_charge_at"] == "2026-01-02T00:00:00Z"
    again = shop.client.post(f"/invoices/{ref}/issue", key="issue")
    assert again.json == answer.json
    until(shop, "03")
    assert [each["status"] for each in payments(shop, ref)] == ["failed", "failed"]
    assert shown(shop, ref)["next_charge_at"] == "2026-01-04T00:00:00Z"
    until(shop, "20")
    assert len(payments(shop, ref)) == 5
    left = shown(shop, ref)
    assert (left["status"], left["next_charge_at"]) == ("past_due", None)
    attempts = shop.client.get(f"/invoices/{ref}/events", params={"type": "invoice.payment_failed"})
    assert len(attempts.json["data"]) == 5


def test_a_better_card_pays_on_the_next_dunning_day(declining) -> None:
    shop, ref = declining, issued(declining)["id"]
    card = {"token": "tok_visa", "is_default": True}
    shop.client.made(f"/customers/{shop.customer['id']}/payment_methods", card)
    until(shop, "02")
    paid = shown(shop, ref)
    assert (paid["status"], paid["next_charge_at"]) == ("paid", None)
    assert paid["latest_payment_error"] is None
    until(shop, "20")
    assert len(payments(shop, ref)) == 2


def test_a_final_decline_is_not_asked_for_again(client) -> None:
    shop = open_shop(client, "tok_expiredCard")
    invoice = issued(shop)
    assert invoice["status"] == "past_due"
    until(shop, "02")
    left = shown(shop, invoice["id"])
    assert left["latest_payment_error"]["code"] == "expired_card"
    assert left["next_charge_at"] == "2026-01-04T00:00:00Z"
    until(shop, "20")
    assert shown(shop, invoice["id"])["next_charge_at"] is None
    assert len(payments(shop, invoice["id"])) == 1


def test_after_a_final_decline_another_card_pays_on_the_next_dunning_day(client) -> None:
    shop = open_shop(client, "tok_expiredCard")
    invoice = issued(shop)
    until(shop, "03")
    card = {"token": "tok_visa", "is_default": True}
    client.made(f"/customers/{shop.customer['id']}/payment_methods", card)
    client.send("DELETE", f"/payment_methods/{shop.card['id']}")
    until(shop, "04")
    assert shown(shop, invoice["id"])["status"] == "paid"
    assert len(payments(shop, invoice["id"])) == 2


def test_without_a_card_on_a_dunning_day_that_is_told_and_nothing_charged(declining) -> None:
    shop, ref = declining, issued(declining)["id"]
    shop.client.send("DELETE", f"/payment_methods/{shop.card['id']}")
    until(shop, "02")
    left = shown(shop, ref)
    assert left["latest_payment_error"]["code"] == "payment_method_required"
    assert left["next_charge_at"] == "2026-01-04T00:00:00Z"
    assert len(payments(shop, ref)) == 1


@pytest.mark.parametrize("way", ["void", "mark_uncollectible"])
def test_what_has_ended_is_not_charged_again(declining, way) -> None:
    ref = issued(declining)["id"]
    declining.client.made(f"/invoices/{ref}/{way}")
    assert shown(declining, ref)["next_charge_at"] is None
    until(declining, "20")
    assert len(payments(declining, ref)) == 1


def test_an_unknown_answer_is_processing_and_found_out_later(client) -> None:
    shop = open_shop(client, "tok_timeout")
    ref = drafted(shop)
    answer = client.post(f"/invoices/{ref}/issue", key="issue")
    assert (answer.status_code, answer.json["status"]) == (202, "processing")
    told = client.get("/openapi.json", whole=True).json["paths"]["/core/v1/invoices/{id}/issue"]
    assert "202" in told["post"]["responses"]
    assert client.post(f"/invoices/{ref}/void").json["code"] == "payment_in_progress"
    until(shop, "02")
    assert shown(shop, ref)["status"] == "paid"
    assert len(payments(shop, ref)) == 1


def test_a_person_may_charge_in_between_and_dunning_goes_on(declining) -> None:
    shop, ref = declining, issued(declining)["id"]
    assert shop.client.post(f"/invoices/{ref}/charge", {}, key="now").status_code == 402
    assert shown(shop, ref)["next_charge_at"] == "2026-01-02T00:00:00Z"
    until(shop, "02")
    assert len(payments(shop, ref)) == 3


def test_a_charge_by_hand_of_a_sent_invoice_starts_no_dunning(declining) -> None:
    ref = declining.invoice()["id"]
    assert declining.client.post(f"/invoices/{ref}/charge", {}, key="now").status_code == 402
    left = shown(declining, ref)
    assert (left["status"], left["next_charge_at"]) == ("open", None)
    assert left["latest_payment_error"]["code"] == "card_declined"
