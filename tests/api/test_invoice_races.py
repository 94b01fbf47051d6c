"""Invoices under many hands at once: one end each, no money lost, numbers without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from projections.groups import ACCOUNTING
from projections.invariants import findings
from projections.reading import reading, wait_for
from projections.reports.report import Asked

KEYS = count()
CHECK = {"reference": "check 1", "category": "check"}


def at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [started.result() for started in [pool.submit(call) for call in calls]]


def pay(client, ref, **body):
    return client.post(f"/invoices/{ref}/mark_paid", {**CHECK, **body}, key=f"r{next(KEYS)}")


def test_of_a_payment_and_a_void_at_once_exactly_one_wins(shop):
    client = shop.client
    ended = []
    for _ in range(6):
        ref = shop.invoice()["id"]
        paid, void, lost = at_once(
            lambda ref=ref: pay(client, ref),
            lambda ref=ref: client.post(f"/invoices/{ref}/void"),
            lambda ref=ref: client.post(f"/invoices/{ref}/mark_uncollectible"),
        )
        answers = [paid, void, lost]
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        (won,) = [answer.json["status"] for answer in answers if answer.status_code == 200]
        told = {answer.json["code"] for answer in answers if answer.status_code == 409}
        assert told == {"invoice_terminal"}
        assert client.get(f"/invoices/{ref}").json["status"] == won
        ended.append(won)
    assert set(ended) <= {"paid", "void", "uncollectible"}


@pytest.mark.parametrize("end", ["paid", "void", "uncollectible"])
def test_no_way_leads_out_of_an_end(shop, end):
    client, ref = shop.client, shop.invoice()["id"]
    client.patch("/account", {"balance_auto_apply": "manual"})
    credit = {"amount": 9000, "currency": "USD", "reason": "goodwill"}
    client.post(f"/customers/{shop.customer['id']}/balance/adjust", credit, key="credit")
    ways = {"void": "void", "uncollectible": "mark_uncollectible"}
    if end == "paid":
        assert pay(client, ref).status_code == 200
    else:
        assert client.post(f"/invoices/{ref}/{ways[end]}").status_code == 200
    head = client.head
    for verb in ("charge", "mark_paid", "apply_balance", "void", "mark_uncollectible", "issue"):
        body = CHECK if verb == "mark_paid" else {}
        refused = client.post(f"/invoices/{ref}/{verb}", body, key=f"r{next(KEYS)}")
        expected = "invoice_not_draft" if verb == "issue" else "invoice_terminal"
        assert (refused.status_code, refused.json["code"]) == (409, expected), verb
    assert client.head == head
    client.made("/test_clock/advance", {"to": "2026-06-01T00:00:00Z"})
    assert client.get(f"/invoices/{ref}").json["status"] == end


def test_thirty_two_hands_on_one_customer_lose_nothing_and_never_overdraw(shop, services):
    client, customer = shop.client, shop.customer["id"]
    client.patch("/account", {"balance_auto_apply": "manual"})
    credit = {"amount": 5000, "currency": "USD", "reason": "goodwill"}
    client.post(f"/customers/{customer}/balance/adjust", credit, key="credit")
    refs = [shop.invoice()["id"] for _ in range(4)]

    def act(number):
        ref, verb = refs[number % 4], ("apply_balance", "mark_paid", "charge")[number % 3]
        body = {"apply_balance": {"amount": 700}, "mark_paid": {**CHECK, "amount": 300},
                "charge": {}}[verb]  # fmt: skip
        answer = client.post(f"/invoices/{ref}/{verb}", body, key=f"r{next(KEYS)}")
        return verb, answer.status_code

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(act, range(32)))
    assert {status for _, status in answers} <= {200, 409, 422}
    invoices = client.get("/invoices", params={"limit": "100"}).json["data"]
    applied = 700 * answers.count(("apply_balance", 200))
    assert sum(each["balance_applied"] for each in invoices) == applied
    held = client.get(f"/customers/{customer}").json["balances"].get("USD", 0)
    assert held == 5000 - applied >= 0
    payments = client.get("/payments", params={"limit": "100"}).json["data"]
    arrived = sum(each["amount"] for each in payments if each["status"] == "succeeded")
    assert sum(each["amount_paid"] for each in invoices) == arrived
    assert all(0 <= each["amount_remaining"] <= each["total"] for each in invoices)
    account = client.books.account_id
    wait_for(services.connections, account, ACCOUNTING, client.head, 5000)
    with reading(services.connections, account, ACCOUNTING) as now:
        assert findings(now, Asked(now.now.date())) == []


def test_more_than_is_owed_is_refused_unless_it_goes_to_the_balance(shop):
    client, ref = shop.client, shop.invoice()["id"]
    head = client.head
    refused = pay(client, ref, amount=2000)
    assert refused.json["errors"][0]["code"] == "amount_exceeds_outstanding"
    assert client.head == head
    paid = pay(client, ref, amount=2000, excess_to_balance=True).json
    assert (paid["status"], paid["amount_paid"], paid["amount_remaining"]) == ("paid", 1500, 0)
    assert client.get(f"/customers/{shop.customer['id']}").json["balances"] == {"USD": 500}


def test_numbers_begin_anew_each_year_where_the_account_says_so(shop):
    client = shop.client
    assert client.get("/account").json["invoice_numbering"] == "continuous"
    changed = client.patch("/account", {"invoice_prefix": "R-", "invoice_numbering": "yearly"})
    assert changed.json["invoice_numbering"] == "yearly"
    assert [shop.invoice()["number"] for _ in range(2)] == ["R-2026-000001", "R-2026-000002"]
    client.made("/test_clock/advance", {"to": "2027-01-01T00:00:00Z"})
    assert shop.invoice()["number"] == "R-2027-000001"
    refused = client.patch("/account", {"invoice_numbering": "monthly"})
    assert refused.json["errors"][0]["code"] == "not_allowed"


def test_thirty_two_issuers_leave_no_gap_though_some_are_refused(shop):
    drafts = [shop.invoice(issued=False)["id"] for _ in range(24)]
    twice = drafts + drafts[:8]
    with ThreadPoolExecutor(32) as pool:
        issued = list(pool.map(lambda ref: shop.client.post(f"/invoices/{ref}/issue"), twice))
    assert sorted(answer.status_code for answer in issued) == [200] * 24 + [409] * 8
    numbers = {each["number"] for each in
               shop.client.get("/invoices", params={"limit": "100"}).json["data"]}  # fmt: skip
    assert numbers == {f"INV-{number:06}" for number in range(1, 25)}
