"""Money that waits on an invoice recognised by payment, taken back by its bank: nobody is paid
twice, however the invoice ends and whatever becomes of the dispute."""

from __future__ import annotations

import pytest

from domain.invoicing.invoice import Invoice
from proof import books_breaches
from store.factory import PostgresStore
from tests.api.conftest import LINE, open_shop
from tests.api.returning import CHECK, advance, books, charged_less, post, shown
from tests.api.telling import send
from tests.api.test_disputes import books_hold, disputes, tell

TODAY = "2026-01-01"


@pytest.fixture
def shop(client):
    made = open_shop(client, "tok_threeDSecure")
    strategy = {"revenue_recognition_strategy": "invoice_payment"}
    client.patch(f"/products/{made.product['id']}", strategy)
    return made


@pytest.fixture
def waiting(client, shop):
    """Of 10.00 recognised by payment 6.00 came by card; its invoice's id and the payment."""
    line = {**LINE, "unit_amount": 1000, "quantity": 1, "product_id": shop.product["id"]}
    ref = shop.invoice(lines=[line])["id"]
    payment = charged_less(client, ref, 400)
    assert (shown(client, ref)["status"], shown(client, ref)["amount_paid"]) == ("open", 600)
    return ref, payment


def credit(client, shop):
    return client.get(f"/customers/{shop.customer['id']}").json["balances"].get("USD", 0)


def steps(client, ref, payment, *names):
    for name in names:
        if name in {"opened", "won", "lost"}:
            tell(client, payment, name)
        else:
            answer = post(client, f"/invoices/{ref}/{name}", {})
            assert answer.status_code == 200, answer.text


ENDS = ["void", "mark_uncollectible"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "told", [["opened", "END"], ["opened", "END", "lost"], ["opened", "lost", "END"],
             ["END", "opened"], ["END", "opened", "lost"]],
)  # fmt: skip
def test_money_that_a_bank_took_is_not_paid_back_by_us_too(
    client, shop, waiting, connections, told, end
):
    steps(client, *waiting, *(end if each == "END" else each for each in told))
    assert credit(client, shop) == 0
    assert books(client, TODAY) == {}
    assert books_hold(client, connections)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "told", [["opened", "END", "won"], ["opened", "won", "END"], ["END", "opened", "won"],
             ["opened", "END", "lost", "won"], ["END", "opened", "lost", "won"]],
)  # fmt: skip
def test_money_that_a_bank_returns_is_the_customers_credit_once(
    client, shop, waiting, connections, told, end
):
    steps(client, *waiting, *(end if each == "END" else each for each in told))
    assert credit(client, shop) == 600
    assert books(client, TODAY) == {"cash_online": 600, "customer_balance": -600}
    assert books_hold(client, connections)
    path = f"/customers/{shop.customer['id']}/balance/refund"
    back = {"amount": 600, "currency": "USD", "to": "offline", "reason": "asked for it"}
    assert post(client, path, back).status_code == 200


def test_what_was_won_twice_over_an_end_is_taken_and_returned_each_time(
    client, shop, waiting, connections
):
    ref, payment = waiting
    steps(client, ref, payment, "opened", "void", "won")
    tell(client, payment, "opened", dispute="d-2")
    assert (credit(client, shop), books(client, TODAY)) == (0, {})
    tell(client, payment, "won", dispute="d-2")
    assert credit(client, shop) == 600
    assert books_hold(client, connections)


@pytest.mark.parametrize("end", ENDS)
def test_of_a_payment_disputed_in_part_the_rest_is_credit(client, shop, waiting, connections, end):
    ref, payment = waiting
    tell(client, payment, amount=250)
    steps(client, ref, payment, end)
    assert credit(client, shop) == 350
    assert books(client, TODAY) == {"cash_online": 350, "customer_balance": -350}
    tell(client, payment, "won")
    assert credit(client, shop) == 600
    assert books_hold(client, connections)


def test_credit_used_since_the_void_is_a_loss(client, shop, waiting, connections):
    ref, payment = waiting
    steps(client, ref, payment, "void")
    path = f"/customers/{shop.customer['id']}/balance/refund"
    back = {"amount": 400, "currency": "USD", "to": "offline", "reason": "asked for it"}
    assert post(client, path, back).status_code == 200
    tell(client, payment)
    held = {"cash_offline": -400, "dispute_losses": 400}
    assert (credit(client, shop), books(client, TODAY)) == (0, held)
    tell(client, payment, "won")
    assert credit(client, shop) == 200
    assert books(client, TODAY) == {
        "cash_online": 600, "cash_offline": -400, "customer_balance": -200,
    }  # fmt: skip
    assert books_hold(client, connections)


def test_what_was_written_off_is_the_total_whoever_holds_its_money(client, waiting, connections):
    ref, payment = waiting
    steps(client, ref, payment, "opened", "mark_uncollectible")
    money = {"amount": 1000, "reference": "1", "category": "wire"}
    assert post(client, f"/invoices/{ref}/recoveries", money).status_code == 201
    assert books_hold(client, connections)


def test_one_that_is_paid_in_spite_of_its_dispute_is_booked_whole(client, waiting, connections):
    ref, payment = waiting
    tell(client, payment)
    assert post(client, f"/invoices/{ref}/mark_paid", CHECK).status_code == 200
    assert books(client, TODAY)["dispute_losses"] == 600
    tell(client, payment, "won")
    assert "dispute_losses" not in books(client, TODAY)
    assert books_hold(client, connections)
    assert [each["status"] for each in disputes(client)] == ["won"]


def test_verify_tells_of_money_that_went_back_twice(client, waiting, connections, monkeypatch):
    """As a void of an earlier release gave it."""
    monkeypatch.setattr(Invoice, "unapplied", Invoice.waiting_money)
    steps(client, *waiting, "opened", "void")
    found = list(books_breaches(connections, PostgresStore(connections), client.books.account_id))
    assert found
    assert all("went back once" in each for each in found)
    assert "of 600 that came 600 is credit, banks hold 600" in found[0]
    steps(client, *waiting, "won")
    assert books_hold(client, connections)


@pytest.mark.parametrize(("status", "left"), [("opened", 0), ("won", 2000)])
def test_money_of_a_beginning_that_never_was_is_taken_from_its_credit(
    client, connections, status, left
):
    """20.00 of 31.00 recognised at issue came by card; the job returned them to the balance."""
    shop = open_shop(client, "tok_threeDSecure")
    ref = shop.subscribe().json["latest_invoice_id"]
    (payment,) = client.get("/payments", params={"invoice_id": ref}).json["data"]
    send(client, {"type": "payment.failed", "payment_id": payment["id"]})
    payment = charged_less(client, ref, 1100)
    advance(client, "2026-01-20")
    assert (shown(client, ref)["status"], credit(client, shop)) == ("void", 2000)
    steps(client, ref, payment, "opened", *([status] if status != "opened" else []))
    assert credit(client, shop) == left
    assert books_hold(client, connections)
