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
