"""What is done with an invoice after its dispute was won: less is left of its lines than came."""

from __future__ import annotations

import pytest

from tests.api.conftest import open_shop
from tests.api.returning import CHECK, advance, charged_less, post, shown
from tests.api.test_disputes import balances, books_hold, paid, tell

__all__ = ["paid"]


@pytest.fixture
def half(client):
    """Of an open invoice of 31.00: 20.00 were charged after all, disputed after ten days, and won;
    11.00 are owed. Its id and that of the payment."""
    shop = open_shop(client, "tok_threeDSecure")
    ref = shop.subscribe(collection_method="send_invoice").json["latest_invoice_id"]
    payment = charged_less(client, ref, 1100)
    advance(client, "2026-01-11")
    tell(client, payment)
    tell(client, payment, "won")
    assert (shown(client, ref)["status"], shown(client, ref)["amount_remaining"]) == ("open", 1100)
    assert balances(client)["recoveries"] < 0
    return ref


@pytest.mark.parametrize("policy", ["proportional", "unearned_first"])
@pytest.mark.parametrize("to", ["card", "balance", "offline"])
def test_all_that_was_won_can_still_be_given_back(client, paid, connections, to, policy):
    payment, invoice = paid
    tell(client, payment)
    tell(client, payment, "won")
    path, body = f"/invoices/{invoice['id']}/refund", {"to": to, "policy": policy, "reason": "x"}
    part = client.post(path, {**body, "amount": 700}, key="a")
    assert (part.status_code, part.json["amount"]) == (200, 700), part.text
    rest = client.post(path, body, key="b")
    assert (rest.status_code, rest.json["amount"]) == (200, 2400), rest.text
    shown = balances(client)
    assert (shown["recoveries"], shown["refunds"], shown["recognized_revenue"]) == (0, 1000, -1000)
    assert books_hold(client, connections)


def test_a_refund_of_what_was_won_is_undone_whole_when_the_card_refuses_it(client, connections):
    shop = open_shop(client, "tok_refundFails")
    invoice = shop.subscribe().json["latest_invoice_id"]
    client.made("/test_clock/advance", {"to": "2026-01-11T00:00:00Z"})
    (payment,) = client.get("/payments", params={"invoice_id": invoice}).json["data"]
    tell(client, payment)
    tell(client, payment, "won")
    before = balances(client)
    answer = client.post(f"/invoices/{invoice}/refund", {"to": "card", "reason": "x"}, key="r")
    assert answer.json["code"] == "refund_declined"
    after = {account: amount for account, amount in balances(client).items() if amount}
    assert after == {account: amount for account, amount in before.items() if amount}
    assert books_hold(client, connections)


@pytest.mark.parametrize("note", [True, False])
def test_a_won_invoice_is_credited_whole(client, paid, connections, note):
    payment, invoice = paid
    tell(client, payment)
    tell(client, payment, "won")
    if note:
        body = {"amount": 3100, "reason": "sorry"}
        answer = client.post(f"/invoices/{invoice['id']}/credit_notes", body, key="n")
        assert answer.status_code == 201, answer.text
    else:
        refund = {"type": "full", "to": "card"}
        body = {"mode": "now", "reason": "sorry", "refund": refund}
        path = f"/subscriptions/{invoice['subscription_id']}/cancel"
        assert client.post(path, body).status_code == 200
    assert balances(client)["recoveries"] == 0
    assert books_hold(client, connections)


@pytest.mark.parametrize("end", ["void", "mark_uncollectible", "mark_paid"])
def test_an_open_one_that_gave_its_money_back_ends_in_every_way(client, half, connections, end):
    answer = post(client, f"/invoices/{half}/refund", {"to": "card", "reason": "x"})
    assert (answer.status_code, answer.json["amount"]) == (200, 2000), answer.text
    assert books_hold(client, connections)
    body = CHECK if end == "mark_paid" else {}
    ended = post(client, f"/invoices/{half}/{end}", body)
    assert ended.status_code == 200, ended.text
    if end == "mark_uncollectible":
        money = {"reference": "1", "category": "wire"}
        assert post(client, f"/invoices/{half}/recoveries", money).status_code == 201
    shown = balances(client)
    assert (shown["accounts_receivable"], shown["cash_online"]) == (0, 0)
    assert books_hold(client, connections)


def test_an_open_one_that_kept_its_money_is_given_up(client, half, connections):
    assert post(client, f"/invoices/{half}/mark_uncollectible", {}).status_code == 200
    assert balances(client)["accounts_receivable"] == 0
    assert books_hold(client, connections)


def test_one_that_a_cancellation_ends_gives_back_what_was_won(client, half, connections):
    subscription = shown(client, half)["subscription_id"]
    body = {"mode": "now", "reason": "x"}
    assert post(client, f"/subscriptions/{subscription}/cancel", body).status_code == 200
    assert balances(client)["accounts_receivable"] == 0
    assert books_hold(client, connections)
