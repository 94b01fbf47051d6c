"""Several disputes of one payment: a bank takes a payment once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.shapes import differences
from tests.api.test_disputes import balances, books_hold, disputes, paid, tell

__all__ = ["paid"]


def amounts(client):
    return sorted(each["amount"] for each in disputes(client))


@pytest.fixture
def funded(client, shop):
    path = f"/customers/{shop.customer['id']}/balance/charge"
    return client.made(path, {"amount": 1000, "currency": "USD"}, key="top-up")


def test_two_disputes_of_the_whole_payment_take_it_once(client, paid, connections):
    payment, _ = paid
    tell(client, payment, amount=3100)
    tell(client, payment, amount=3100, dispute="d-2")
    assert amounts(client) == [0, 3100]
    assert (balances(client)["cash_online"], balances(client)["dispute_losses"]) == (0, 1000)
    details = [each["detail"] for each in client.get("/alerts").json["data"]]
    assert [each for each in details if "hold the whole payment" in each]
    empty = next(each for each in disputes(client) if each["amount"] == 0)
    assert differences("dispute", empty) == []
    for dispute in ("d-1", "d-2"):
        tell(client, payment, "won", dispute=dispute)
    assert (balances(client)["cash_online"], balances(client)["dispute_losses"]) == (3100, 0)
    assert books_hold(client, connections)


@pytest.mark.parametrize("second", [{}, {"amount": 3000}])
def test_a_second_dispute_takes_what_the_first_has_left(client, paid, connections, second):
    payment, _ = paid
    tell(client, payment, amount=2000)
    tell(client, payment, "lost", amount=2000)
    tell(client, payment, dispute="d-2", **second)
    assert amounts(client) == [1100, 2000]
    assert balances(client)["cash_online"] == 0
    assert books_hold(client, connections)


def test_what_was_won_can_be_disputed_again(client, paid, connections):
    payment, _ = paid
    tell(client, payment)
    tell(client, payment, "won")
    tell(client, payment, dispute="d-2")
    assert amounts(client) == [3100, 3100]
    assert balances(client)["cash_online"] == 0
    assert books_hold(client, connections)


def test_of_money_that_was_given_back_and_disputed_twice_once_is_a_loss(client, paid, connections):
    payment, invoice = paid
    body = {"to": "card", "reason": "sorry"}
    client.post(f"/invoices/{invoice['id']}/refund", body, key="b")
    tell(client, payment)
    tell(client, payment, dispute="d-2")
    assert balances(client)["cash_online"] == -3100
    assert books_hold(client, connections)


def test_a_payment_into_the_balance_is_taken_once(client, shop, funded, connections):
    back = {"amount": 900, "currency": "USD", "to": "offline", "reason": "x"}
    client.post(f"/customers/{shop.customer['id']}/balance/refund", back, key="back")
    for dispute in ("d-1", "d-2"):
        tell(client, funded, dispute=dispute, amount=1000)
    assert amounts(client) == [0, 1000]
    assert (balances(client)["cash_online"], balances(client)["dispute_losses"]) == (0, 900)
    assert books_hold(client, connections)


def test_disputes_told_at_once_are_taken_one_after_the_other(client, shop, funded, connections):
    back = {"amount": 1000, "currency": "USD", "to": "offline", "reason": "x"}
    client.post(f"/customers/{shop.customer['id']}/balance/refund", back, key="back")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: tell(client, funded, dispute=f"d-{n}", amount=400), range(6)))
    assert amounts(client) == [0, 0, 0, 200, 400, 400]
    assert balances(client)["cash_online"] == 0
    assert books_hold(client, connections)
