"""Gifts: paid by a donor, held until a code is redeemed, then the recipient's."""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import PLAN, key_with, open_client, open_shop
from tests.api.test_refusals import refused

GIFT = {"recipient_email": "byron@example.org", "recipient_first_name": "George"}
JAN_20, FEB = "2026-01-20T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.fixture
def reader(client):
    return client.made("/customers", {"email": "byron@example.org"})


def advance(client, to):
    return client.made("/test_clock/advance", {"to": to})


def again(client, sub):
    return client.get(f"/subscriptions/{sub['id']}").json


def invoice_of(client, sub):
    return client.get(f"/invoices/{sub['latest_invoice_id']}").json


def redeem(client, sub, customer, **rest):
    body = {"code": sub["gift"]["code"], "customer_id": customer["id"], **rest}
    return client.post("/gifts/redeem", body)


def entitled(client, customer):
    return [
        each["entitlement"]
        for each in client.get(f"/customers/{customer['id']}/entitlements").json["data"]
    ]


def report(client, name, **asked):
    return client.get(f"/reports/{name}", params=asked).json["data"]


def deferred(client, as_of):
    return {
        row["customer.id"]: row["deferred_balance"]
        for row in report(client, "deferred_revenue", as_of=as_of)
    }


def bad_card(shop):
    path = f"/customers/{shop.customer['id']}/payment_methods"
    return shop.client.made(path, {"token": "tok_chargeDeclined"})["id"]


@pytest.fixture
def shop(client):
    shop = open_shop(client)
    body = {**PLAN, "product_id": shop.product["id"], "entitlements": ["premium"]}
    shop.plan = client.made("/plans", body)
    return shop


def test_a_donor_pays_and_the_gift_waits_deferred_whole(client, shop):
    sub = shop.subscribe(gift={**GIFT, "message": "Enjoy"}).json
    assert (sub["status"], sub["customer_id"]) == ("scheduled", shop.customer["id"])
    gift = sub["gift"]
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", gift.pop("code"))
    assert gift == {
        **GIFT, "recipient_last_name": None, "message": "Enjoy", "start_date": None,
        "redeemed_at": None, "recipient_id": None,
    }  # fmt: skip
    for unknown in ("current_period_start", "current_period_end", "renews_at", "expires_at"):
        assert sub[unknown] is None
    assert sub["phases"] == []
    invoice = invoice_of(client, sub)
    assert (invoice["status"], invoice["customer_id"]) == ("paid", shop.customer["id"])
    assert (invoice["current_period_start"], invoice["total"]) == (None, 3100)
    assert entitled(client, shop.customer) == []
    advance(client, "2026-09-01")
    assert again(client, sub)["status"] == "scheduled"
    assert deferred(client, "2026-09-01") == {shop.customer["id"]: 3100}
    assert report(client, "recognized_revenue", **{"from": "2026-01-01", "to": "2026-09-01"}) == []


def test_redeemed_it_is_the_recipients_and_begins_to_be_earned(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    advance(client, FEB)
    code = sub["gift"]["code"].lower().replace("-", " ")
    mine = client.made("/gifts/redeem", {"code": code, "customer_id": reader["id"]})
    assert (mine["id"], mine["status"]) == (sub["id"], "active")
    assert mine["gift"]["redeemed_at"] == mine["current_period_start"] == mine["start_date"] == FEB
    assert mine["gift"]["recipient_id"] == reader["id"]
    assert mine["current_period_end"] == mine["renews_at"] == "2026-03-01T00:00:00Z"
    assert [phase["status"] for phase in mine["phases"]] == ["current"]
    assert entitled(client, reader) == ["premium"]
    assert entitled(client, shop.customer) == []
    invoice = invoice_of(client, mine)
    assert (invoice["current_period_start"], invoice["lines"][0]["period_end"]) == (
        FEB, "2026-03-01T00:00:00Z",
    )  # fmt: skip
    assert deferred(client, "2026-01-31") == {shop.customer["id"]: 3100}
    assert deferred(client, "2026-02-14") == {shop.customer["id"]: 1550}
    advance(client, "2026-02-28T12:00:00Z")
    (row,) = report(client, "recognized_revenue", **{"from": "2026-01-01", "to": "2026-02-28"})
    assert (row["period"], row["recognized_in_period"]) == ("2026-02", 3100)
    assert (row["recognition_start"], row["recognition_end"]) == ("2026-02-01", "2026-02-28")


def test_before_it_was_redeemed_nobody_had_it_and_afterwards_the_recipient(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    advance(client, JAN_20)
    assert redeem(client, sub, reader).status_code == 200
    path = f"/customers/{reader['id']}/entitlements"
    advance(client, FEB)

    def then(at):
        return len(client.get(path, params={"as_of": at}).json["data"])

    assert (then("2026-01-19T23:59:59Z"), then(JAN_20)) == (0, 1)
    shown = client.get(f"/subscriptions/{sub['id']}", params={"as_of": "2026-01-19"}).json
    assert (shown["status"], shown["gift"]["redeemed_at"]) == ("scheduled", None)


def test_a_code_is_redeemed_once(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    assert redeem(client, sub, reader).status_code == 200
    at = client.head
    refused(client, redeem(client, sub, reader), 409, "gift_already_redeemed", at)
    wrong = client.post("/gifts/redeem", {"code": "AAAAA-AAAAA", "customer_id": reader["id"]})
    refused(client, wrong, 404, "gift_code_unknown", at)


def test_asked_again_under_its_key_it_answers_the_same(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    body = {"code": sub["gift"]["code"], "customer_id": reader["id"]}
    first = client.made("/gifts/redeem", body, key="once")
    replayed = client.post("/gifts/redeem", body, key="once")
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert replayed.json == first


def test_an_unpaid_gift_is_not_redeemed_until_it_is_paid(client, shop, reader):
    sub = shop.subscribe(gift=GIFT, payment_method_id=bad_card(shop)).json
    assert (sub["status"], sub["latest_payment_error"]["code"]) == ("incomplete", "card_declined")
    at = client.head
    refused(client, redeem(client, sub, reader), 409, "gift_not_paid", at)
    client.made(
        f"/invoices/{sub['latest_invoice_id']}/charge", {"payment_method_id": shop.card["id"]},
        key="now",
    )  # fmt: skip
    paid = again(client, sub)
    assert (paid["status"], paid["latest_payment_error"]) == ("scheduled", None)
    assert redeem(client, sub, reader).json["status"] == "active"


def test_never_paid_it_is_given_up(client, shop, reader):
    sub = shop.subscribe(gift=GIFT, payment_method_id=bad_card(shop)).json
    assert advance(client, "2026-01-09")["ran"]["charge"] == 3
    lost = again(client, sub)
    assert (lost["status"], invoice_of(client, lost)["status"]) == ("incomplete_expired", "void")
    at = client.head
    refused(client, redeem(client, sub, reader), 409, "gift_not_redeemable", at)


@pytest.mark.parametrize("strategy", ["invoice_creation", "invoice_payment"])
def test_sent_as_an_invoice_it_waits_for_the_money_too(client, shop, reader, strategy):
    product = client.made("/products", {"name": "G", "revenue_recognition_strategy": strategy})
    plan = client.made("/plans", {**PLAN, "product_id": product["id"]})
    sub = shop.subscribe(gift=GIFT, plan_id=plan["id"], collection_method="send_invoice").json
    assert (sub["status"], invoice_of(client, sub)["status"]) == ("incomplete", "open")
    advance(client, "2026-01-05")
    client.made(
        f"/invoices/{sub['latest_invoice_id']}/mark_paid",
        {"reference": "1", "category": "check"}, key="p",
    )  # fmt: skip
    assert again(client, sub)["status"] == "scheduled"
    assert deferred(client, "2026-01-31") == {shop.customer["id"]: 3100}
    advance(client, FEB)
    assert redeem(client, sub, reader).json["current_period_start"] == FEB
    assert deferred(client, "2026-02-14") == {shop.customer["id"]: 1550}


def test_a_start_to_come_waits_for_both(client, shop, reader):
    later = {**GIFT, "start_date": FEB}
    early, late = (shop.subscribe(gift=later).json for _ in range(2))
    advance(client, JAN_20)
    mine = redeem(client, early, reader).json
    assert (mine["status"], mine["start_date"]) == ("scheduled", FEB)
    assert (mine["gift"]["redeemed_at"], mine["next_invoice_date"]) == (
        JAN_20,
        "2026-03-01T00:00:00Z",
    )
    assert entitled(client, reader) == []
    advance(client, FEB)
    assert again(client, early)["status"] == "active"
    assert entitled(client, reader) == ["premium"]
    assert deferred(client, "2026-02-01") == {shop.customer["id"]: 3100 - 111 + 3100}
    assert again(client, late)["status"] == "scheduled"
    advance(client, "2026-02-10")
    assert redeem(client, late, reader).json["current_period_start"] == "2026-02-10T00:00:00Z"


def test_its_start_is_moved_by_its_donor_until_it_is_redeemed(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    moved = client.made(f"/subscriptions/{sub['id']}/reschedule", {"start_date": FEB})
    assert (moved["gift"]["start_date"], moved["status"]) == (FEB, "scheduled")
    assert redeem(client, sub, reader).json["current_period_start"] == FEB
    client.made(f"/subscriptions/{sub['id']}/reschedule", {"start_date": "2026-02-05"})
    advance(client, "2026-02-05")
    assert again(client, sub)["current_period_start"] == "2026-02-05T00:00:00Z"
    assert deferred(client, "2026-02-04") == {shop.customer["id"]: 3100}


def test_an_email_redeems_for_whose_it_is_or_for_somebody_new(client, shop, reader):
    known, new = (shop.subscribe(gift=GIFT).json for _ in range(2))
    body = {"code": known["gift"]["code"], "email": "Byron@example.org"}
    assert client.made("/gifts/redeem", body)["gift"]["recipient_id"] == reader["id"]
    body = {"code": new["gift"]["code"], "email": "mary@example.org", "first_name": "Mary"}
    recipient = client.made("/gifts/redeem", body)["gift"]["recipient_id"]
    person = client.get(f"/customers/{recipient}").json
    assert (person["email"], person["first_name"]) == ("mary@example.org", "Mary")
    assert entitled(client, person) == ["premium"]


def test_who_redeems_has_to_be_said_once(client, shop, reader):
    code = shop.subscribe(gift=GIFT).json["gift"]["code"]
    at = client.head
    for body in ({"code": code}, {"code": code, "customer_id": reader["id"], "email": "a@b.org"}):
        refused(client, client.post("/gifts/redeem", body), 422, "required", at)
    nobody = {"code": code, "customer_id": "cus_01m80my80qec1rty7dq4nwh2c3"}
    refused(client, client.post("/gifts/redeem", nobody), 422, "not_found", at, "customer_id")


def test_its_donor_renews_it_for_the_recipient(client, shop, reader):
    """By itself with the donor's card, and by hand as long as nobody renews the donor's record."""
    sub = shop.subscribe(gift=GIFT).json
    path = f"/subscriptions/{sub['id']}"
    at = client.head
    refused(client, client.post(f"{path}/renew", {}), 409, "subscription_not_renewable", at)
    refused(client, client.post(f"{path}/renew_gift", {}), 409, "gift_not_redeemed", at)
    redeem(client, sub, reader)
    at = client.head
    refused(client, client.post(f"{path}/renew", {}), 409, "subscription_not_renewable", at)
    asked = {"billing_behavior": "bill_immediately"}
    booked = client.made(f"{path}/renew_gift", asked)
    assert [phase["status"] for phase in booked["phases"]] == ["current", "upcoming"]
    advance(client, "2026-03-02")
    invoices = client.get("/invoices", params={"customer_id": shop.customer["id"]}).json["data"]
    assert [each["status"] for each in invoices] == ["paid"] * 3
    assert entitled(client, reader) == ["premium"]
    assert again(client, sub)["current_period_end"] == "2026-04-01T00:00:00Z"
    plain = shop.subscribe().json
    at = client.head
    other = client.post(f"/subscriptions/{plain['id']}/renew_gift", {})
    refused(client, other, 409, "not_a_gift", at)


def test_cancelled_before_it_is_redeemed_all_goes_back(client, shop, reader):
    card, balance = (shop.subscribe(gift=GIFT).json for _ in range(2))
    body = {"mode": "now", "refund": {"type": "full", "to": "card"}}
    ended = client.made(f"/subscriptions/{card['id']}/cancel", body)
    assert (ended["status"], ended["expires_at"]) == ("canceled", ended["ended_at"])
    client.made(f"/subscriptions/{balance['id']}/cancel", {"mode": "now"})
    balances = client.get(f"/customers/{shop.customer['id']}").json["balances"]
    assert balances == {"USD": 3100}
    assert deferred(client, "2026-01-01") == {}
    at = client.head
    for sub in (card, balance):
        refused(client, redeem(client, sub, reader), 409, "gift_not_redeemable", at)


def test_once_redeemed_money_goes_back_only_by_an_override_with_its_reason(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    redeem(client, sub, reader)
    path, at = f"/subscriptions/{sub['id']}/cancel", client.head
    back = {"type": "prorated", "to": "balance"}
    asked = {"mode": "now", "refund": back}
    refused(client, client.post(path, asked), 409, "gift_redeemed", at)
    asked["refund"] = {**back, "override_gift": True}
    refused(client, client.post(path, asked), 422, "required", at, "reason")
    ended = client.made(path, {**asked, "reason": "bought by mistake"})
    assert ended["status"] == "canceled"
    assert client.get(f"/customers/{shop.customer['id']}").json["balances"] == {"USD": 3100}
    assert entitled(client, reader) == []


def test_redeemed_and_still_to_begin_it_is_not_cancelled_without_the_override(client, shop, reader):
    sub = shop.subscribe(gift={**GIFT, "start_date": FEB}).json
    redeem(client, sub, reader)
    path, at = f"/subscriptions/{sub['id']}/cancel", client.head
    refused(client, client.post(path, {"mode": "now"}), 409, "gift_redeemed", at)
    back = {"type": "full", "to": "card", "override_gift": True}
    client.made(path, {"mode": "now", "reason": "recipient asked", "refund": back})
    assert deferred(client, "2026-03-01") == {}


def test_no_refund_and_no_note_gives_back_what_was_redeemed_without_the_override(
    client, shop, reader
):
    sub = shop.subscribe(gift=GIFT).json
    redeem(client, sub, reader)
    path, at = f"/invoices/{sub['latest_invoice_id']}", client.head
    back = {"reason": "asked", "amount": 100}
    refused(client, client.post(f"{path}/refund", back, key="r"), 409, "gift_redeemed", at)
    refused(client, client.post(f"{path}/credit_notes", back, key="n"), 409, "gift_redeemed", at)
    asked = {**back, "override_gift": True}
    assert client.made(f"{path}/refund", asked, key="r")["amount"] == 100
    assert client.made(f"{path}/credit_notes", asked, key="n")["total"] == 100
    assert again(client, sub)["status"] == "active"


def test_only_who_moves_money_overrides(client, shop, reader, services):
    sub = shop.subscribe(gift=GIFT).json
    redeem(client, sub, reader)
    key_with(client, services, role="sales")
    back = {"type": "full", "override_gift": True}
    at = client.head
    answer = client.post(
        f"/subscriptions/{sub['id']}/cancel", {"mode": "now", "reason": "x", "refund": back}
    )
    refused(client, answer, 403, "forbidden", at)


def test_its_code_is_shown_to_those_who_sell_and_to_nobody_else(client, shop, services):
    sub = shop.subscribe(gift=GIFT).json
    code, path = sub["gift"]["code"], f"/subscriptions/{sub['id']}"

    def seen():
        one = client.get(path).json
        listed = client.get("/subscriptions", params={"is_gift": "true"}).json["data"][0]
        then = client.get(path, params={"as_of": "2026-01-02"}).json
        return {each["gift"]["code"] for each in (one, listed, then)}

    assert seen() == {code}
    log = client.get(f"{path}/events").text + client.get("/events").text
    assert code not in log
    assert code not in client.get("/exports/subscriptions.csv").text
    key_with(client, services, role="sales")
    assert seen() == {code}
    key_with(client, services, role="auditor")
    assert seen() == {None}
    key_with(client, services, role="owner", scopes=["subscriptions:read"])
    assert seen() == {None}
    unknown = client.get("/subscriptions", params={"gift_code": code})
    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown_filter")


def test_whom_it_is_for_is_put_right_until_it_is_redeemed(client, shop, reader):
    sub = shop.subscribe(gift=GIFT).json
    path = f"/subscriptions/{sub['id']}"
    put = client.patch(path, {"gift": {"recipient_email": "b@example.org", "message": "Hi"}}).json
    assert (put["gift"]["recipient_email"], put["gift"]["message"]) == ("b@example.org", "Hi")
    assert put["gift"]["recipient_first_name"] == "George"
    redeem(client, sub, reader)
    at = client.head
    late = client.patch(path, {"gift": {"message": "Late"}})
    refused(client, late, 409, "gift_already_redeemed", at)
    plain = shop.subscribe().json
    at = client.head
    none = client.patch(f"/subscriptions/{plain['id']}", {"gift": {"message": "x"}})
    refused(client, none, 409, "not_a_gift", at)


def test_gifts_are_found_in_the_list(client, shop, reader):
    sub, plain = shop.subscribe(gift=GIFT).json, shop.subscribe().json
    redeem(client, sub, reader)

    def found(**asked):
        return {each["id"] for each in client.get("/subscriptions", params=asked).json["data"]}

    assert found(is_gift="true") == found(recipient_id=reader["id"]) == {sub["id"]}
    assert found(gift_recipient_email="BYRON@example.org") == {sub["id"]}
    assert found(**{"gift_redeemed_at[gte]": "2026-01-01"}) == {sub["id"]}
    assert found(is_gift="false") == {plain["id"]}


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"start_date": FEB}, "not_with_gift", "start_date"),
        ({"trial_days": 5}, "not_with_gift", "trial_days"),
        ({"next_invoice_date": FEB, "current_period_end": FEB}, "not_with_gift", None),
        ({"gift": {**GIFT, "start_date": "2025-12-01"}}, "not_in_the_future", "gift.start_date"),
        ({"gift": {"message": "x"}}, "required", "gift.recipient_email"),
        ({"gift": {**GIFT, "code": "MINE"}}, "unknown_field", "gift.code"),
        ({"gift": {**GIFT, "recipient_email": "nobody"}}, "invalid_email", "gift.recipient_email"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_gift(client, shop, fields, code, field):
    at = client.head
    answer = shop.subscribe(**{"gift": GIFT, **fields})
    assert (answer.status_code, client.head) == (422, at)
    assert {"field": field, "code": code} in [
        {"field": each["field"] if field else None, "code": each["code"]}
        for each in answer.json["errors"]
    ]


def test_what_is_billed_by_use_is_not_given(client, shop):
    prompt = "Charge 0.50 USD per copy at the end of each month."
    plan = client.made(
        "/plans", {**PLAN, "product_id": shop.product["id"], "billing_prompt": prompt}
    )
    client.made(f"/plans/{plan['id']}/billing_policy", {"activate": 1})
    at = client.head
    refused(client, shop.subscribe(gift=GIFT, plan_id=plan["id"]), 422, "not_giftable", at)


def test_a_trial_is_not_given(client, shop, reader):
    plan = client.made("/plans", {**PLAN, "product_id": shop.product["id"], "trial_days": 14})
    sub = shop.subscribe(gift=GIFT, plan_id=plan["id"]).json
    assert invoice_of(client, sub)["status"] == "paid"
    assert redeem(client, sub, reader).json["status"] == "active"


def test_a_given_membership_is_not_restarted(client, shop, reader):
    plan = client.made(
        "/plans",
        {**PLAN, "product_id": shop.product["id"], "type": "membership", "auto_renew": False},
    )
    sub = shop.subscribe(gift=GIFT, plan_id=plan["id"]).json
    redeem(client, sub, reader)
    member = client.made(f"/subscriptions/{sub['id']}/members", {"email": "m@example.org"})
    assert member["owner_id"] == reader["id"]
    owned = client.get("/memberships", params={"owner_id": reader["id"]}).json["data"]
    assert [each["id"] for each in owned] == [member["id"]]
    assert f",{reader['id']},byron@example.org," in client.get("/exports/memberships.csv").text
    advance(client, FEB)
    assert again(client, sub)["status"] == "expired"
    at = client.head
    answer = client.post(f"/subscriptions/{sub['id']}/restart", {})
    refused(client, answer, 409, "subscription_not_restartable", at)


def test_money_that_went_back_takes_the_gift_with_it(client, shop, reader):
    """Refunded by hand, and not cancelled: what nobody paid for is not redeemed."""
    sub = shop.subscribe(gift=GIFT).json
    path = f"/invoices/{sub['latest_invoice_id']}/refund"
    client.made(path, {"reason": "asked", "to": "offline"}, key="back")
    at = client.head
    refused(client, redeem(client, sub, reader), 409, "gift_not_paid", at)


def test_the_codes_of_two_accounts_do_not_meet(app, services, client, shop):
    sub = shop.subscribe(gift=GIFT).json
    other = open_client(app, services)
    theirs = other.made("/customers", {"email": "byron@example.org"})
    at = other.head
    refused(other, redeem(other, sub, theirs), 404, "gift_code_unknown", at)


def test_a_free_gift_is_paid_when_it_is_bought(client, shop, reader):
    plan = client.made("/plans", {**PLAN, "product_id": shop.product["id"], "amount": 0})
    sub = shop.subscribe(gift=GIFT, plan_id=plan["id"]).json
    assert sub["status"] == "scheduled"
    assert redeem(client, sub, reader).json["status"] == "active"


def test_a_gift_is_paid_out_of_the_donors_credit(client, shop, reader):
    path = f"/customers/{shop.customer['id']}"
    paid_in = {"amount": 5000, "currency": "USD", "reference": "1", "category": "check"}
    client.made(f"{path}/offline_payments", paid_in, key="in")
    sub = shop.subscribe(gift=GIFT).json
    assert (sub["status"], invoice_of(client, sub)["balance_applied"]) == ("scheduled", 3100)
    assert redeem(client, sub, reader).json["status"] == "active"
    assert client.get(path).json["balances"] == {"USD": 1900}
