"""Phases booked ahead, plans changed, terms extended, ends by will: what each does to the books."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN

FEB, MAR, APR = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"


def advance(client, to):
    return client.made("/test_clock/advance", {"to": to})


def shown(client, ref):
    return client.get(f"/subscriptions/{ref}").json


def act(client, sub, verb, body=None, **more):
    return client.post(f"/subscriptions/{sub['id']}/{verb}", body or {}, **more)


def done(client, sub, verb, body=None):
    answer = act(client, sub, verb, body)
    assert answer.status_code == 200, answer.text
    return answer.json


def recognized(client, month):
    rows = client.get("/reports/recognized_revenue", params={"as_of": "2026-12-31"}).json["data"]
    return sum(row["recognized_in_period"] for row in rows if row["period"] == month)


def balances(client, as_of):
    rows = client.get("/reports/trial_balance", params={"as_of": as_of}).json["data"]
    found = {row["account"]: row["debit"] - row["credit"] for row in rows}
    assert sum(found.values()) == 0
    return {name: amount for name, amount in found.items() if amount}


def plan(client, shop, amount, **more):
    body = {**PLAN, "product_id": shop.product["id"], "amount": amount, "name": f"At {amount}"}
    return client.made("/plans", {**body, **more})["id"]


def test_cancelled_now_the_rest_of_a_paid_term_is_earned_that_day(client, shop):
    sub = shop.subscribe().json
    advance(client, "2026-01-11T00:00:00Z")
    ended = done(client, sub, "cancel", {"mode": "now", "reason": "moved"})
    assert (ended["status"], ended["cancel_reason"]) == ("canceled", "moved")
    assert ended["expires_at"] == ended["ended_at"] == ended["canceled_at"]
    assert (ended["renews_at"], ended["next_invoice_date"]) == (None, None)
    advance(client, APR)
    assert (recognized(client, "2026-01"), recognized(client, "2026-02")) == (3100, 0)
    assert act(client, sub, "cancel", {"mode": "now"}).json["code"] == "subscription_not_cancelable"


@pytest.mark.parametrize(
    ("refund", "back", "cash"),
    [
        ({"type": "full", "to": "card"}, 3100, 0),
        ({"type": "prorated", "to": "card"}, 2100, 1000),
        ({"type": "amount", "amount": 500, "to": "card"}, 500, 2600),
        ({"type": "prorated", "to": "balance"}, 2100, 3100),
        ({"type": "none"}, 0, 3100),
    ],
)
def test_cancelled_now_money_goes_back_as_asked(client, shop, refund, back, cash):
    sub = shop.subscribe().json
    advance(client, "2026-01-11T00:00:00Z")
    done(client, sub, "cancel", {"mode": "now", "refund": refund})
    books = balances(client, "2026-01-31")
    assert books.get("cash_online", 0) == cash
    kept = -books.get("recognized_revenue", 0) - books.get("refunds", 0)
    assert kept == 3100 - back
    assert -books.get("customer_balance", 0) == (back if refund.get("to") == "balance" else 0)
    assert "deferred_revenue" not in books


def test_cancelled_now_an_unpaid_invoice_is_void_and_a_part_paid_one_credited(client, shop):
    taxed = plan(client, shop, 10000, tax_rate="0.10")
    sub = shop.subscribe(plan_id=taxed, collection_method="send_invoice").json
    other = shop.subscribe(collection_method="send_invoice").json
    offline = {"reference": "1", "category": "check", "amount": 4400}
    client.made(f"/invoices/{sub['latest_invoice_id']}/mark_paid", offline, key="p")
    advance(client, "2026-01-11T00:00:00Z")
    for each in (sub, other):
        done(client, each, "cancel", {"mode": "now"})
    assert client.get(f"/invoices/{other['latest_invoice_id']}").json["status"] == "void"
    assert client.get(f"/invoices/{sub['latest_invoice_id']}").json["status"] == "paid"
    books = balances(client, "2026-01-31")
    assert "accounts_receivable" not in books
    assert "deferred_revenue" not in books
    assert books["tax_payable"] == -400
    assert -sum(books.get(name, 0) for name in ("recognized_revenue", "credit_notes", "voids")) == (
        4000
    )


def test_more_than_was_paid_is_refused_and_nothing_is_recorded(client, shop):
    sub = shop.subscribe().json
    head = client.head
    body = {"mode": "now", "refund": {"type": "amount", "amount": 3101, "to": "balance"}}
    answer = act(client, sub, "cancel", body)
    assert (answer.status_code, answer.json["code"]) == (422, "amount_exceeds_refundable")
    assert client.head == head


@pytest.mark.parametrize("to", ["card", "balance"])
def test_a_scheduled_start_called_off_gives_its_money_back(client, shop, to):
    paid = shop.subscribe(start_date=FEB).json
    unpaid = shop.subscribe(start_date=FEB, collection_method="send_invoice").json
    for sub in (paid, unpaid):
        ended = done(client, sub, "cancel", {"mode": "now", "refund": {"type": "full", "to": to}})
        assert ended["status"] == "canceled"
    advance(client, MAR)
    books = balances(client, "2026-02-28")
    assert books == ({} if to == "card" else {"cash_online": 3100, "customer_balance": -3100})
    assert client.get(f"/invoices/{unpaid['latest_invoice_id']}").json["status"] == "void"


def test_a_pending_cancellation_is_taken_back(client, shop):
    sub = shop.subscribe().json
    pending = done(client, sub, "cancel", {"mode": "period_end", "reason": "dear"})
    assert (pending["renews_at"], pending["expires_at"], pending["auto_renew"]) == (None, FEB, True)
    again = done(client, sub, "reactivate")
    assert (again["cancel_at_period_end"], again["canceled_at"]) == (False, None)
    assert (again["renews_at"], again["expires_at"]) == (FEB, None)
    assert act(client, sub, "reactivate").json["code"] == "subscription_not_reactivatable"
    advance(client, FEB)
    assert shown(client, sub["id"])["current_period_end"] == MAR


def test_an_extended_term_is_extended_between_its_ends_and_earned_over_both(client, shop):
    sub = shop.subscribe().json
    advance(client, "2026-01-16T00:00:00Z")
    longer = done(client, sub, "extend", {"end_date": "2026-02-15"})
    assert (longer["status"], longer["current_period_end"]) == ("active", "2026-02-15T00:00:00Z")
    advance(client, FEB)
    assert shown(client, sub["id"])["status"] == "extended"
    advance(client, "2026-02-14T23:59:59Z")
    assert recognized(client, "2026-01") == 1500 + 853  # 16 of the 30 days left
    advance(client, "2026-02-15T00:00:00Z")
    later = shown(client, sub["id"])
    assert (later["status"], later["current_period_end"]) == ("active", "2026-03-15T00:00:00Z")
    refused = act(client, sub, "extend", {"end_date": "2026-03-15"})
    assert (refused.status_code, refused.json["code"]) == (422, "not_after_end")


def test_phases_booked_ahead_follow_one_another(client, shop):
    yearly = plan(client, shop, 30000, interval="year")
    sub = shop.subscribe(auto_renew=False).json
    assert (sub["renews_at"], sub["expires_at"]) == (None, FEB)
    notes = {"invoice_notes": "Danke", "purchase_order": "PO-7"}
    first = done(client, sub, "renew", notes)
    assert [phase["status"] for phase in first["phases"]] == ["current", "upcoming"]
    assert (first["renews_at"], first["expires_at"]) == (FEB, MAR)
    second = done(client, sub, "renew", {"plan_id": yearly, "auto_renew": False})
    assert second["expires_at"] == "2027-03-01T00:00:00Z"
    assert second["phases"][2]["start"] == MAR
    advance(client, FEB)
    now = shown(client, sub["id"])
    invoice = client.get(f"/invoices/{now['latest_invoice_id']}").json
    assert (invoice["notes"], invoice["purchase_order"]) == ("Danke", "PO-7")
    assert (invoice["issued_at"], now["invoice_notes"]) == (FEB, "Danke")
    advance(client, MAR)
    now = shown(client, sub["id"])
    assert (now["plan_id"], now["current_period_end"]) == (yearly, "2027-03-01T00:00:00Z")
    assert [phase["status"] for phase in now["phases"]] == ["past", "past", "current"]
    advance(client, "2027-03-01T00:00:00Z")
    assert shown(client, sub["id"])["status"] == "expired"
    assert act(client, sub, "renew").json["code"] == "subscription_not_renewable"


def test_ten_phases_are_open_at_most_and_can_be_replaced(client, shop):
    sub = shop.subscribe(collection_method="send_invoice").json
    for _ in range(9):
        done(client, sub, "renew")
    refused = act(client, sub, "renew")
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_phases")
    assert len(client.get("/invoices").json["data"]) == 10  # sent ones are billed when booked
    fresh = done(client, sub, "renew", {"replace_upcoming_phases": True})
    assert [phase["status"] for phase in fresh["phases"]] == ["current", "upcoming"]
    statuses = [each["status"] for each in client.get("/invoices").json["data"]]
    assert sorted(statuses) == ["open"] * 2 + ["void"] * 9
    assert "accounts_receivable" in balances(client, "2026-01-31")


@pytest.mark.parametrize("fields", [
    {"start_date": FEB}, {"payment_method": "tok_chargeDeclined"},
])  # fmt: skip
def test_what_has_not_begun_cannot_be_renewed(client, shop, fields):
    token = fields.pop("payment_method", None)
    if token:
        at = f"/customers/{shop.customer['id']}/payment_methods"
        fields = {"payment_method_id": client.made(at, {"token": token})["id"]}
    sub, head = shop.subscribe(**fields).json, client.head
    refused = act(client, sub, "renew")
    assert (refused.status_code, refused.json["code"]) == (409, "subscription_not_renewable")
    assert client.head == head


def test_notes_are_for_manual_renewal(client, shop):
    sub = shop.subscribe().json
    refused = act(client, sub, "renew", {"invoice_notes": "Danke"})
    assert (refused.status_code, refused.json["code"]) == (422, "invoice_notes_manual_renewal_only")


@pytest.mark.parametrize(("amount", "total"), [(6200, 1600), (1550, -800), (3100, 0)])
def test_a_change_of_plan_bills_the_days_that_are_left_as_previewed(client, shop, amount, total):
    sub, other = shop.subscribe().json, plan(client, shop, amount)
    advance(client, "2026-01-16T00:00:00Z")
    body, head = {"plan_id": other, "proration": "immediate"}, client.head
    told = done(client, sub, "preview", body)
    assert client.head == head
    assert (told["amount_due"], told["invoice"]["total"]) == (total, total)
    assert [line["amount"] for line in told["invoice"]["lines"]] == [-1600, 1600 + total]
    changed = done(client, sub, "change_plan", body)
    assert (changed["plan_id"], changed["current_period_end"]) == (other, FEB)
    invoice = client.get(f"/invoices/{changed['latest_invoice_id']}").json
    assert (invoice["total"], invoice["status"]) == (total, "paid")
    advance(client, FEB)
    assert recognized(client, "2026-01") == 3100 + total
    assert shown(client, sub["id"])["status"] == "active"
    balances(client, "2026-02-28")


def test_an_unpaid_invoice_is_lowered_by_a_note_when_the_plan_changes(client, shop):
    sub = shop.subscribe(collection_method="send_invoice").json
    other = plan(client, shop, 6200)
    advance(client, "2026-01-16T00:00:00Z")
    changed = done(client, sub, "change_plan", {"plan_id": other, "proration": "immediate"})
    old = client.get(f"/invoices/{sub['latest_invoice_id']}").json
    new = client.get(f"/invoices/{changed['latest_invoice_id']}").json
    assert (old["amount_remaining"], old["status"], new["total"]) == (1500, "open", 3200)
    books = balances(client, "2026-01-15")
    assert books["accounts_receivable"] == 3100
    assert recognized(client, "2026-01") == 1500 + 3200
    assert "deferred_revenue" not in balances(client, "2026-01-31")


def test_the_next_invoice_says_what_a_change_left(client, shop):
    sub, other = shop.subscribe().json, plan(client, shop, 6200)
    advance(client, "2026-01-16T00:00:00Z")
    done(client, sub, "change_plan", {"plan_id": other, "proration": "next_invoice"})
    assert len(client.get("/invoices").json["data"]) == 1
    advance(client, FEB)
    now = shown(client, sub["id"])
    invoice = client.get(f"/invoices/{now['latest_invoice_id']}").json
    assert [line["amount"] for line in invoice["lines"]] == [6200, -1600, 3200]


def test_another_interval_begins_a_new_term_that_day(client, shop):
    sub, yearly = shop.subscribe().json, plan(client, shop, 36500, interval="year")
    advance(client, "2026-01-16T00:00:00Z")
    changed = done(client, sub, "change_plan", {"plan_id": yearly, "proration": "immediate"})
    assert changed["current_period_start"] == "2026-01-16T00:00:00Z"
    assert changed["current_period_end"] == "2027-01-16T00:00:00Z"
    invoice = client.get(f"/invoices/{changed['latest_invoice_id']}").json
    assert invoice["total"] == 36500 - 1600


@pytest.mark.parametrize(("other", "code"), [
    ({"currency": "EUR"}, "currency_mismatch"), (None, "same_plan"),
])  # fmt: skip
def test_a_plan_that_does_not_fit_is_refused(client, shop, other, code):
    sub = shop.subscribe().json
    chosen = shop.plan["id"] if other is None else plan(client, shop, 100, **other)
    head = client.head
    refused = act(client, sub, "change_plan", {"plan_id": chosen, "proration": "immediate"})
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert client.head == head


def test_another_account_s_subscription_is_not_found(shop, stranger):
    sub = shop.subscribe().json
    for verb, body in [
        ("cancel", {"mode": "now"}), ("reactivate", {}), ("renew", {}), ("unsuspend", {}),
        ("extend", {"end_date": "2030-01-01"}), ("reschedule", {"start_date": "2030-01-01"}),
        ("suspend", {"until": "2030-01-01"}), ("change_plan", {"plan_id": shop.plan["id"]}),
        ("preview", {"plan_id": shop.plan["id"]}),
    ]:  # fmt: skip
        assert act(stranger, sub, verb, body).status_code == 404


def test_another_billing_engine_has_no_scheduled_starts_notes_or_recognition_by_payment(
    client, shop
):
    manual = shop.subscribe(auto_renew=False).json
    waiting = shop.subscribe(start_date=FEB).json
    guild = {"name": "Guild", "revenue_recognition_strategy": "invoice_payment"}
    product = client.made("/products", guild)["id"]
    by_payment = client.made("/plans", {**PLAN, "product_id": product})["id"]
    client.patch("/account", {"billing_engine": "external"})
    head = client.head
    for answer in (
        shop.subscribe(start_date=FEB),
        shop.subscribe(auto_renew=False, invoice_notes="Danke"),
        shop.subscribe(plan_id=by_payment),
        act(client, manual, "renew", {"purchase_order": "PO-7"}),
        act(client, manual, "renew", {"plan_id": by_payment}),
        act(client, waiting, "reschedule", {"start_date": MAR}),
        client.patch(f"/subscriptions/{manual['id']}", {"invoice_notes": "Danke"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "billing_engine_required")
    assert client.head == head
    assert shop.subscribe().status_code == 201


def test_the_next_renewal_is_previewed_as_it_then_comes(client, shop):
    sub, head = shop.subscribe(quantity=2).json, client.head
    told = done(client, sub, "preview")
    assert client.head == head
    assert (told["current_period_start"], told["current_period_end"]) == (FEB, MAR)
    advance(client, FEB)
    now = shown(client, sub["id"])
    invoice = client.get(f"/invoices/{now['latest_invoice_id']}").json
    assert invoice["total"] == told["amount_due"] == 6200
    ending = done(client, sub, "cancel", {"mode": "period_end"})
    assert act(client, ending, "preview").json["code"] == "subscription_not_renewable"
