"""After a won dispute half of the deferral is income: what goes back keeps its tax, to the cent."""

from __future__ import annotations

import pytest

from tests.api.returning import SPRING, billed, charge, credit, refund, shown
from tests.api.test_disputed_refunds import payment_of
from tests.api.test_disputes import balances, books_hold, tell


@pytest.fixture
def won(client, shop):
    """92.00 and 9.20 tax for 92 days: half of it disputed and won on the first of them."""
    line = {"description": "Spring", "unit_amount": 9200, "tax_rate": "0.10", **SPRING}
    invoice = billed(shop, line)
    charge(client, invoice)
    tell(client, payment_of(client, invoice), amount=5060)
    tell(client, payment_of(client, invoice), "won")
    assert balances(client)["recoveries"] == -4600
    assert balances(client)["tax_payable"] == -920
    return invoice


@pytest.mark.parametrize("policy", ["proportional", "unearned_first"])
def test_half_of_the_money_is_half_of_the_tax(client, won, connections, policy):
    assert refund(client, won, amount=5060, to="card", policy=policy).status_code == 200
    assert balances(client)["tax_payable"] == -460
    assert books_hold(client, connections)
    assert refund(client, won, to="card", policy=policy).json["amount"] == 5060
    assert not {"tax_payable", "recoveries", "cash_online"} & {
        account for account, amount in balances(client).items() if amount
    }
    assert books_hold(client, connections)


@pytest.mark.parametrize(("amount", "net", "tax"), [(5060, 4600, 460), (10120, 9200, 920)])
def test_a_notes_lines_and_tax_are_its_total(client, won, connections, amount, net, tax):
    note = credit(client, won, amount=amount).json
    assert (note["subtotal"], note["tax"], note["total"]) == (net, tax, amount)
    assert [(each["amount"], each["tax"]) for each in note["lines"]] == [(net, tax)]
    assert books_hold(client, connections)


def test_the_line_is_credited_whole(client, won, connections):
    (line,) = shown(client, won)["lines"]
    note = credit(client, won, lines=[{"line_id": line["id"], "amount": 9200}]).json
    assert (note["subtotal"], note["tax"], note["total"]) == (9200, 920, 10120)
    assert books_hold(client, connections)


def test_disputed_and_won_once_more(client, won, connections):
    before = balances(client)
    tell(client, payment_of(client, won), amount=5060, dispute="d-2")
    assert balances(client)["tax_payable"] == -460
    assert books_hold(client, connections)
    tell(client, payment_of(client, won), "won", dispute="d-2")
    after = balances(client)
    assert (after["tax_payable"], after["cash_online"]) == (-920, 10120)
    assert after["recoveries"] < before["recoveries"]
    assert refund(client, won, to="balance").json["amount"] == 10120
    assert balances(client)["recoveries"] == 0
    assert books_hold(client, connections)
