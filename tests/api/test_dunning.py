"""A renewal that is not paid: retried on the dunning days, then unpaid or canceled."""

from __future__ import annotations

import pytest

from tests.api.conftest import open_client, open_shop


def advance(shop, to):
    answer = shop.client.post("/test_clock/advance", {"to": to})
    assert answer.status_code in {200, 202}, answer.text


def shown(shop, subscription):
    return shop.client.get(f"/subscriptions/{subscription['id']}").json


def invoice(shop, subscription):
    return shop.client.get(f"/invoices/{shown(shop, subscription)['latest_invoice_id']}").json


def card(shop, token):
    path = f"/customers/{shop.customer['id']}/payment_methods"
    return shop.client.made(path, {"token": token, "is_default": True})


def tries(shop):
    """When each charge that failed was begun."""
    query = {"status": "failed", "sort": "created_at", "limit": "100"}
    return [
        each["started_at"][:10] for each in shop.client.get("/payments", params=query).json["data"]
    ]


@pytest.fixture
def declining(shop):
    """A subscription whose renewal on 1 February will be declined."""
    subscription = shop.subscribe(payment_method_id=None).json
    bad = card(shop, "tok_chargeDeclined")
    path = f"/subscriptions/{subscription['id']}"
    assert shop.client.patch(path, {"payment_method_id": bad["id"]}).status_code == 200
    advance(shop, "2026-02-01")
    return subscription


def test_it_is_retried_on_the_dunning_days_and_then_unpaid(shop, declining):
    assert shown(shop, declining)["status"] == "past_due"
    assert invoice(shop, declining)["status"] == "past_due"
    advance(shop, "2026-02-07T23:00:00Z")
    assert shown(shop, declining)["status"] == "past_due"
    advance(shop, "2026-02-08")
    assert tries(shop) == ["2026-02-01", "2026-02-02", "2026-02-04", "2026-02-06", "2026-02-08"]
    assert shown(shop, declining)["status"] == "unpaid"
    assert invoice(shop, declining)["status"] == "past_due"
    advance(shop, "2026-02-20")
    assert len(tries(shop)) == 5


def test_a_retry_that_pays_brings_it_back(shop, declining):
    good = card(shop, "tok_visa")
    shop.client.patch(f"/subscriptions/{declining['id']}", {"payment_method_id": good["id"]})
    advance(shop, "2026-02-02")
    assert shown(shop, declining)["status"] == "active"
    assert invoice(shop, declining)["status"] == "paid"
    advance(shop, "2026-02-20")
    assert tries(shop) == ["2026-02-01"]


def test_the_unpaid_one_is_active_again_when_it_is_paid(shop, declining):
    advance(shop, "2026-02-10")
    path = f"/invoices/{shown(shop, declining)['latest_invoice_id']}/mark_paid"
    sent = {"reference": "r", "category": "wire"}
    assert shop.client.post(path, sent, key="k").status_code == 200
    assert shown(shop, declining)["status"] == "active"


def test_the_accounts_days_and_end_are_followed(shop):
    settings = {"dunning_days": [2, 4], "dunning_end": "cancel"}
    assert shop.client.patch("/account", settings).status_code == 200
    subscription = shop.subscribe().json
    bad = card(shop, "tok_insufficientFunds")
    shop.client.patch(f"/subscriptions/{subscription['id']}", {"payment_method_id": bad["id"]})
    advance(shop, "2026-02-10")
    assert tries(shop) == ["2026-02-01", "2026-02-03", "2026-02-05"]
    ended = shown(shop, subscription)
    assert (ended["status"], ended["cancel_reason"]) == ("canceled", "dunning")
    assert ended["ended_at"] == "2026-02-05T00:00:00Z"
    assert invoice(shop, subscription)["status"] == "void"


def test_a_sent_invoice_that_is_overdue_is_waited_for(shop):
    subscription = shop.subscribe(collection_method="send_invoice").json
    advance(shop, "2026-01-31")  # due after 30 days
    assert shown(shop, subscription)["status"] == "past_due"
    advance(shop, "2026-02-27")
    assert shown(shop, subscription)["status"] == "past_due"
    assert tries(shop) == []


def test_what_is_sent_by_now_is_charged_no_more_and_waited_for(shop, declining):
    path = f"/subscriptions/{declining['id']}"
    assert shop.client.patch(path, {"collection_method": "send_invoice"}).status_code == 200
    advance(shop, "2026-02-20")
    assert tries(shop) == ["2026-02-01"]
    waited_for = shown(shop, declining)
    assert waited_for["status"] == "past_due"
    assert waited_for["latest_payment_error"]["code"] == "not_charged_any_more"


def test_a_first_payment_keeps_its_window(shop):
    bad = card(shop, "tok_chargeDeclined")
    subscription = shop.subscribe(payment_method_id=bad["id"]).json
    assert subscription["status"] == "incomplete"
    advance(shop, "2026-01-09")
    assert tries(shop) == ["2026-01-01", "2026-01-02", "2026-01-04", "2026-01-06"]
    ended = shown(shop, subscription)
    assert ended["status"] == "incomplete_expired"
    assert invoice(shop, subscription)["status"] == "void"


def test_late_is_as_in_time(app, services):
    """One long step and many short ones come to the same."""
    seen = []
    for steps in (["2026-03-15"], [f"2026-02-{day:02}" for day in range(1, 28)] + ["2026-03-15"]):
        shop = open_shop(open_client(app, services))
        subscription = shop.subscribe().json
        bad = card(shop, "tok_chargeDeclined")
        path = f"/subscriptions/{subscription['id']}"
        shop.client.patch(path, {"payment_method_id": bad["id"]})
        for step in steps:
            advance(shop, step)
        seen.append((tries(shop), shown(shop, subscription)["status"]))
    assert seen[0] == seen[1]


def test_a_new_default_card_is_asked_from_then_on(shop):
    subscription = shop.subscribe(payment_method_id=None).json
    assert subscription["payment_method_id"] is None
    card(shop, "tok_chargeDeclined")
    advance(shop, "2026-02-01")
    assert shown(shop, subscription)["status"] == "past_due"
    card(shop, "tok_visa")
    advance(shop, "2026-02-02")
    assert shown(shop, subscription)["status"] == "active"


def test_a_card_that_was_named_stays_whatever_becomes_the_default(shop):
    subscription = shop.subscribe(payment_method_id=shop.card["id"]).json
    card(shop, "tok_chargeDeclined")
    advance(shop, "2026-02-01")
    assert shown(shop, subscription)["status"] == "active"
    assert shown(shop, subscription)["payment_method_id"] == shop.card["id"]


def replaced(shop, old):
    """Another default card; the old one is deleted."""
    good = card(shop, "tok_visa")
    assert shop.client.send("DELETE", f"/payment_methods/{old['id']}").status_code == 200
    return good


def test_a_card_declined_for_good_is_left_alone(shop):
    subscription = shop.subscribe().json
    bad = card(shop, "tok_expiredCard")
    shop.client.patch(f"/subscriptions/{subscription['id']}", {"payment_method_id": bad["id"]})
    advance(shop, "2026-02-20")
    assert tries(shop) == ["2026-02-01"]
    assert shown(shop, subscription)["status"] == "unpaid"
    assert shown(shop, subscription)["latest_payment_error"]["code"] == "expired_card"


@pytest.mark.parametrize("day", ["01", "03"])
def test_after_a_card_was_declined_for_good_another_one_is_charged(shop, day):
    subscription = shop.subscribe().json
    bad = card(shop, "tok_expiredCard")
    shop.client.patch(f"/subscriptions/{subscription['id']}", {"payment_method_id": bad["id"]})
    advance(shop, f"2026-02-{day}")
    replaced(shop, bad)
    advance(shop, "2026-02-04")
    assert shown(shop, subscription)["status"] == "active"
    assert invoice(shop, subscription)["status"] == "paid"


def test_a_card_declined_for_good_stays_so_after_another_ones_decline(shop):
    subscription = shop.subscribe().json
    bad, soft = card(shop, "tok_expiredCard"), card(shop, "tok_chargeDeclined")
    path = f"/subscriptions/{subscription['id']}"
    shop.client.patch(path, {"payment_method_id": bad["id"]})
    advance(shop, "2026-02-01")
    shop.client.patch(path, {"payment_method_id": soft["id"]})
    advance(shop, "2026-02-02")
    shop.client.patch(path, {"payment_method_id": bad["id"]})
    advance(shop, "2026-02-20")
    assert tries(shop) == ["2026-02-01", "2026-02-02"]


def test_a_first_payment_declined_for_good_is_tried_with_another_card(shop):
    bad = card(shop, "tok_expiredCard")
    subscription = shop.subscribe(payment_method_id=bad["id"]).json
    assert subscription["status"] == "incomplete"
    advance(shop, "2026-01-03")
    assert tries(shop) == ["2026-01-01"]
    replaced(shop, bad)
    advance(shop, "2026-01-04")
    assert shown(shop, subscription)["status"] == "active"


def late_loss(shop):
    """February's renewal was lost, March's is paid by another card: both invoices."""
    subscription = shop.subscribe().json
    path = f"/subscriptions/{subscription['id']}"
    lost = card(shop, "tok_lost")
    shop.client.patch(path, {"payment_method_id": lost["id"]})
    advance(shop, "2026-02-01")
    advance(shop, "2026-02-02")
    february = invoice(shop, subscription)
    (payment,) = shop.client.get("/payments", params={"status": "unknown"}).json["data"]
    good = card(shop, "tok_visa")
    shop.client.patch(path, {"payment_method_id": good["id"]})
    advance(shop, "2026-03-01")
    march = invoice(shop, subscription)
    assert (march["id"] != february["id"], march["status"]) == (True, "paid")
    return subscription, february, payment


def resolved(shop, payment):
    sent = {"outcome": "failed", "reason": "not at the bank"}
    assert shop.client.post(f"/payments/{payment['id']}/resolve", sent).status_code == 200


def read(shop, of):
    return shop.client.get(f"/invoices/{of['id']}").json


def test_what_failed_after_its_term_is_asked_for_from_that_day_on(shop):
    subscription, february, payment = late_loss(shop)
    advance(shop, "2026-03-10")
    resolved(shop, payment)
    left = read(shop, february)
    assert (left["status"], left["next_charge_at"]) == ("past_due", "2026-03-11T00:00:00Z")
    assert shown(shop, subscription)["status"] == "active"
    advance(shop, "2026-03-11")
    assert read(shop, february)["status"] == "paid"
    assert shown(shop, subscription)["status"] == "active"


def test_what_failed_after_its_term_is_given_up_after_the_last_day(shop):
    subscription, february, payment = late_loss(shop)
    advance(shop, "2026-03-10")
    resolved(shop, payment)
    bad = card(shop, "tok_chargeDeclined")
    shop.client.patch(f"/subscriptions/{subscription['id']}", {"payment_method_id": bad["id"]})
    advance(shop, "2026-03-30")
    assert tries(shop)[1:] == ["2026-03-11", "2026-03-13", "2026-03-15", "2026-03-17"]
    left = read(shop, february)
    assert (left["status"], left["next_charge_at"]) == ("past_due", None)
    assert shown(shop, subscription)["status"] == "active"


def ran(shop, to):
    return shop.client.made("/test_clock/advance", {"to": to})["ran"]


def test_what_waits_for_an_unknown_payment_is_not_told_as_done(shop):
    lost = card(shop, "tok_lost")
    assert shop.subscribe(payment_method_id=lost["id"]).status_code == 202
    assert ran(shop, "2026-01-20") == {}


def test_a_dunning_day_without_a_charge_is_not_told_as_done(shop, declining):
    lost = card(shop, "tok_lost")
    path = f"/invoices/{shown(shop, declining)['latest_invoice_id']}/charge"
    asked = {"payment_method_id": lost["id"]}
    assert shop.client.post(path, asked, key="lost").status_code == 202
    assert ran(shop, "2026-02-02") == {}
