"""What is wrong right now, over HTTP: there while it lasts, of this account only."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from domain.catalog.plan import Plan
from domain.commands.act import Act
from domain.shared.recording import Context
from projections.groups import ACCOUNTING
from projections.runner import catch_up
from tests.api.conftest import open_shop
from tests.api.shapes import differences

BY = Act(Context("test", "scheduler")).by


@pytest.fixture
def owner(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def told(client, **asked):
    answer = client.get("/alerts", params=asked)
    assert (answer.status_code, answer.json["next_cursor"]) == (200, None)
    for each in answer.json["data"]:
        assert differences("alert", each) == []
    return [(each["kind"], each["severity"], each["subject"]) for each in answer.json["data"]]


def test_nothing_is_wrong_with_a_new_account(client):
    assert told(client) == []
    assert client.get("/alerts", params={"colour": "red"}).json["code"] == "unknown_filter"


def test_views_that_stand_still(shop, stranger, owner, services):
    client = shop.client
    catch_up(services.connections, client.books.account_id, ACCOUNTING)
    of = [client.books.account_id]
    owner.execute(
        "UPDATE projection_tracking SET state = 'stopped', stopped_at = 3, error = 'boom'"
        " WHERE account_id = %s AND group_name = 'accounting'", of,
    )  # fmt: skip
    assert told(client) == [("projection_stopped", "critical", "accounting")]
    (alert,) = client.get("/alerts").json["data"]
    assert "boom" in alert["detail"]
    assert alert["since"] == "2026-01-01T00:00:00Z"
    assert client.get("/alerts").json["data"] == [alert]
    assert told(stranger) == []
    owner.execute(
        "UPDATE projection_tracking SET state = 'running', stopped_at = NULL, error = NULL"
        " WHERE account_id = %s", of,
    )  # fmt: skip
    assert told(client) == []


def test_payments_that_nobody_answers_for(client, stranger, owner):
    shop = open_shop(client, "tok_timeout")
    client.post(f"/invoices/{shop.invoice()['id']}/charge", {}, key="k")
    assert told(client) == []
    payment = client.get("/payments").json["data"][0]["id"]
    of = [client.books.account_id]
    hours = "UPDATE payments SET wall_at = wall_at - interval '2 hours' WHERE account_id = %s"
    owner.execute(hours, of)
    assert told(client) == [("payment_unanswered", "warning", payment)]
    owner.execute("UPDATE payments SET status = 'unknown' WHERE account_id = %s", of)
    assert told(client) == [("payment_unknown", "critical", payment)]
    assert told(client, kind="payment_unknown", subject=payment)
    assert told(client, severity="warning") == []
    assert told(stranger) == []


def test_a_billing_rule_that_failed(shop):
    client, books = shop.client, shop.client.books
    path = f"/plans/{shop.plan['id']}"
    plan = books.load(Plan, shop.plan["id"])
    at = datetime(2026, 1, 1, tzinfo=UTC)
    plan.note_rule_failed("sub_1", 1, "no_amount", "the rule gave nothing", at)
    books.record(plan, by=BY)
    client.patch(path, {"name": "Still here"})
    assert told(client) == [("billing_rule_failed", "warning", shop.plan["id"])]
    assert "the rule gave nothing" in client.get("/alerts").json["data"][0]["detail"]
    assert "rule_failure" not in client.get(path).json
    mended = client.patch(path, {"billing_prompt": "Charge 30.00 USD every month."})
    assert mended.status_code == 200, mended.text
    if told(client):
        client.made(f"{path}/billing_policy", {"activate": 1})
    assert told(client) == []
