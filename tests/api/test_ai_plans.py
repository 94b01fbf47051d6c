"""Plans billed by a written prompt, over HTTP: compiled, kept in versions, used once activated."""

from __future__ import annotations

import pytest

from tests.api.conftest import PLAN
from tests.api.test_refusals import refused

FIXED = "Charge 30.00 USD every month."
STEPS = "Charge 10.00 USD every month for the first 3 periods, then 20.00 USD."
USAGE = "Charge 0.50 USD per copy at the end of each month."


def ai_plan(shop, prompt, *, active=True, **fields):
    body = {**PLAN, "product_id": shop.product["id"], "billing_prompt": prompt, **fields}
    plan = shop.client.made("/plans", body)
    return activated(shop, plan, 1) if active else plan


def activated(shop, plan, version):
    return shop.client.made(f"/plans/{plan['id']}/billing_policy", {"activate": version})


def test_a_prompt_is_compiled_and_waits_for_its_activation(shop):
    plan = ai_plan(shop, FIXED, active=False, maximum_amount=5000)
    policy = plan["billing_policy"]
    assert plan["billing_prompt"] == FIXED
    assert {name: policy[name] for name in ("version", "kind", "amount", "activated_at")} == {
        "version": 1, "kind": "fixed", "amount": 3000, "activated_at": None
    }  # fmt: skip
    assert plan["maximum_amount"] == policy["maximum_amount"] == 5000
    assert plan["billing_policy_in_force"] is None
    now = shop.client.get("/test_clock").json["now"]
    plan = activated(shop, plan, 1)
    assert plan["billing_policy"]["activated_at"] == now
    assert plan["billing_policy_in_force"] == 1
    assert shop.client.get(f"/plans/{plan['id']}").json == plan


def test_another_prompt_is_another_version_and_the_old_one_stays_in_force(shop):
    plan = ai_plan(shop, FIXED)
    changed = shop.client.patch(f"/plans/{plan['id']}", {"billing_prompt": STEPS, "name": "S"}).json
    assert changed["name"] == "S"
    policy = changed["billing_policy"]
    assert (policy["version"], policy["kind"], policy["activated_at"]) == (2, "step_up", None)
    assert policy["steps"] == [
        {"periods": 3, "amount": 1000}, {"periods": None, "amount": 2000}
    ]  # fmt: skip
    assert changed["billing_policy_in_force"] == 1
    assert [each["version"] for each in changed["billing_policies"]] == [1, 2]
    assert activated(shop, plan, 2)["billing_policy_in_force"] == 2
    assert activated(shop, plan, 1)["billing_policy"]["version"] == 1


def test_the_same_prompt_again_is_no_event(shop):
    plan = ai_plan(shop, FIXED)
    at = shop.client.head
    assert shop.client.patch(f"/plans/{plan['id']}", {"billing_prompt": FIXED}).json == plan
    assert activated(shop, plan, 1) == plan
    assert shop.client.head == at


def test_another_limit_is_another_version(shop):
    plan = ai_plan(shop, FIXED)
    plan = shop.client.patch(f"/plans/{plan['id']}", {"maximum_amount": 100}).json
    assert plan["billing_policy"]["version"] == 2
    assert plan["maximum_amount"] == 100


def test_without_a_prompt_the_plan_costs_its_amount_again(shop):
    plan = ai_plan(shop, FIXED)
    plan = shop.client.patch(f"/plans/{plan['id']}", {"billing_prompt": None}).json
    assert plan["billing_prompt"] is plan["billing_policy"] is None
    assert plan["billing_policy_in_force"] is None
    again = shop.client.patch(f"/plans/{plan['id']}", {"billing_prompt": FIXED}).json
    assert again["billing_policy"]["version"] == 2


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"billing_prompt": "Charge what seems fair"}, "billing_prompt", "prompt_not_understood"),
        ({"billing_prompt": FIXED.replace("USD", "EUR")}, "billing_prompt", "currency_mismatch"),
        ({"billing_prompt": FIXED, "interval": "year"}, "billing_prompt", "interval_mismatch"),
        ({"maximum_amount": 100}, "maximum_amount", "billing_prompt_required"),
    ],
)
def test_what_no_policy_can_be_made_of_is_refused(shop, fields, field, code):
    at = shop.client.head
    body = {**PLAN, "product_id": shop.product["id"], **fields}
    answer = shop.client.post("/plans", body)
    refused(shop.client, answer, 422, code, at, field)
    if code == "prompt_not_understood":
        assert FIXED in answer.json["detail"]
        answer = shop.client.patch(f"/plans/{shop.plan['id']}", fields)
        refused(shop.client, answer, 422, code, at, field)


def test_a_version_there_is_not_cannot_be_activated(shop, stranger):
    plan = ai_plan(shop, FIXED, active=False)
    at = shop.client.head
    path = f"/plans/{plan['id']}/billing_policy"
    refused(shop.client, shop.client.post(path, {"activate": 2}), 422, "policy_unknown", at)
    assert stranger.post(path, {"activate": 1}).status_code == 404


def sold(shop, plan, **fields):
    answer = shop.subscribe(plan_id=plan["id"], **fields)
    assert answer.status_code == 201, answer.text
    return answer.json


def advance(shop, to):
    answer = shop.client.post("/test_clock/advance", {"to": to})
    assert answer.status_code in {200, 202}, answer.text


def invoices_of(shop, subscription):
    query = {"subscription_id": subscription["id"], "sort": "created_at", "limit": "100"}
    return shop.client.get("/invoices", params=query).json["data"]


def totals(shop, subscription):
    return [invoice["total"] for invoice in invoices_of(shop, subscription)]


def told(shop, subscription, quantity, at=None, **sent):
    body = {"quantity": quantity} if at is None else {"quantity": quantity, "at": at}
    return shop.client.post(f"/subscriptions/{subscription['id']}/usage", body, **sent)


def shown(shop, subscription):
    return shop.client.get(f"/subscriptions/{subscription['id']}").json


def test_before_its_activation_the_plan_costs_its_amount(shop):
    subscription = sold(shop, ai_plan(shop, FIXED, active=False))
    assert totals(shop, subscription) == [3100]


def test_a_fixed_policy_is_charged_in_advance_and_times_the_quantity(shop):
    subscription = sold(shop, ai_plan(shop, FIXED), quantity=2)
    advance(shop, "2026-02-01")
    assert totals(shop, subscription) == [6000, 6000]
    assert {invoice["status"] for invoice in invoices_of(shop, subscription)} == {"paid"}


def test_steps_follow_the_periods_counted(shop):
    subscription = sold(shop, ai_plan(shop, STEPS))
    advance(shop, "2026-06-15")
    assert totals(shop, subscription) == [1000, 1000, 1000, 2000, 2000, 2000]


def test_another_version_counts_for_terms_that_begin_after_its_activation(shop):
    plan = ai_plan(shop, FIXED)
    subscription = sold(shop, plan)
    shop.client.patch(f"/plans/{plan['id']}", {"billing_prompt": FIXED.replace("30", "35")})
    advance(shop, "2026-02-01")
    activated(shop, plan, 2)
    advance(shop, "2026-03-01")
    assert totals(shop, subscription) == [3000, 3000, 3500]


def test_usage_is_billed_at_the_end_of_each_period(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    assert (subscription["status"], subscription["usage_quantity"]) == ("active", 0)
    assert totals(shop, subscription) == []
    advance(shop, "2026-01-20")
    assert told(shop, subscription, 100).json["usage_quantity"] == 100
    assert told(shop, subscription, 20, "2026-01-01").json["usage_quantity"] == 120
    advance(shop, "2026-01-31T23:59:59Z")
    assert totals(shop, subscription) == []
    advance(shop, "2026-02-01")
    (invoice,) = invoices_of(shop, subscription)
    assert (invoice["total"], invoice["status"]) == (6000, "paid")
    assert invoice["current_period_start"] == "2026-01-01T00:00:00Z"
    assert invoice["current_period_end"] == "2026-02-01T00:00:00Z"
    assert invoice["lines"][0]["quantity"] == 120
    assert shown(shop, subscription)["usage_quantity"] == 0


def test_service_billed_in_arrears_is_earned_on_the_day_it_is_billed(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    told(shop, subscription, 100)
    advance(shop, "2026-02-01")
    earned = shop.client.get(
        "/reports/recognized_revenue", params={"from": "2026-01-01", "to": "2026-02-01"}
    ).json["data"]
    assert [(row["period"], row["recognized_in_period"]) for row in earned] == [("2026-02", 5000)]


def test_a_period_without_usage_has_no_invoice(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    advance(shop, "2026-02-15")
    told(shop, subscription, 1)
    advance(shop, "2026-04-15")
    assert totals(shop, subscription) == [50]
    assert shown(shop, subscription)["current_period_start"] == "2026-04-01T00:00:00Z"


def test_the_last_periods_usage_is_billed_when_it_ends(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    told(shop, subscription, 10)
    shop.client.made(f"/subscriptions/{subscription['id']}/cancel", {"mode": "period_end"})
    advance(shop, "2026-03-01")
    assert totals(shop, subscription) == [500]
    assert shown(shop, subscription)["status"] == "expired"


def test_usage_of_a_scheduled_start_is_anchored_to_it_and_keeps_its_weekday(shop):
    weekly = "Charge 0.50 USD per copy at the end of each week."
    plan = ai_plan(shop, weekly, interval="week")
    subscription = sold(shop, plan, start_date="2026-01-08T09:00:00Z")
    assert subscription["status"] == "scheduled"
    assert told(shop, subscription, 1).status_code == 409
    advance(shop, "2026-01-08T09:00:00Z")
    assert shown(shop, subscription)["status"] == "active"
    told(shop, subscription, 3)
    advance(shop, "2026-01-15T09:00:00Z")
    told(shop, subscription, 5)
    advance(shop, "2026-01-23")
    assert [
        (invoice["issued_at"], invoice["total"]) for invoice in invoices_of(shop, subscription)
    ] == [("2026-01-15T09:00:00Z", 150), ("2026-01-22T09:00:00Z", 250)]


def test_usage_is_told_once_for_its_key(shop):
    subscription = sold(shop, ai_plan(shop, USAGE))
    first = told(shop, subscription, 7, key="u-1")
    again = told(shop, subscription, 7, key="u-1")
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert shown(shop, subscription)["usage_quantity"] == 7


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2025-12-31T23:59:59Z", "usage_before_period"),
        ("2026-02-01", "usage_after_period"),
        ("2026-01-02", "usage_in_future"),
    ],
)
def test_usage_outside_the_running_period_is_refused(shop, at, code):
    subscription = sold(shop, ai_plan(shop, USAGE))
    before = shop.client.head
    refused(shop.client, told(shop, subscription, 1, at), 422, code, before, "at")


def test_usage_of_what_is_not_billed_by_it_is_refused(shop, stranger):
    subscription = sold(shop, ai_plan(shop, FIXED))
    before = shop.client.head
    refused(shop.client, told(shop, subscription, 1), 409, "usage_not_billed", before)
    path = f"/subscriptions/{subscription['id']}/usage"
    assert stranger.post(path, {"quantity": 1}).status_code == 404
    refused(shop.client, told(shop, subscription, 0), 422, "too_small", before, "quantity")


def rule_failures(shop):
    events = shop.client.get("/events", params={"type": "plan.billing_rule_failed"}).json["data"]
    alerts = shop.client.get("/alerts").json["data"]
    return events, [alert for alert in alerts if alert["kind"] == "billing_rule_failed"]


def test_a_rule_that_asks_for_too_much_charges_nothing_and_raises_an_alert(shop):
    plan = ai_plan(shop, FIXED, maximum_amount=2999)
    subscription = sold(shop, plan)
    assert subscription["status"] == "incomplete"
    assert subscription["latest_payment_error"]["code"] == "maximum_amount_exceeded"
    assert totals(shop, subscription) == []
    events, alerts = rule_failures(shop)
    assert [event["data"]["subscription_id"] for event in events] == [subscription["id"]]
    assert [alert["subject"] for alert in alerts] == [plan["id"]]
    advance(shop, "2026-01-09")
    assert shown(shop, subscription)["status"] == "incomplete_expired"


def test_usage_beyond_the_limit_is_not_charged_until_the_rule_is_mended(shop):
    plan = ai_plan(shop, USAGE, maximum_amount=5000)
    one, other = sold(shop, plan), sold(shop, plan)
    told(shop, one, 101)
    told(shop, other, 100)
    advance(shop, "2026-02-01")
    assert (totals(shop, one), totals(shop, other)) == ([], [5000])
    waiting = shown(shop, one)
    assert waiting["status"] == "active"
    assert waiting["latest_payment_error"]["code"] == "maximum_amount_exceeded"
    assert waiting["usage_quantity"] == 101
    advance(shop, "2026-02-03T12:00:00Z")
    events, alerts = rule_failures(shop)
    assert len(events) == 3  # tried each day
    assert len(alerts) == 1
    shop.client.patch(f"/plans/{plan['id']}", {"maximum_amount": 6000})
    activated(shop, plan, 2)
    advance(shop, "2026-02-04T12:00:00Z")
    assert totals(shop, one) == [5050]
    mended = shown(shop, one)
    assert (mended["latest_payment_error"], mended["usage_quantity"]) == (None, 0)
    assert rule_failures(shop)[1] == []
