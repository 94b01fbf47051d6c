"""Credit notes: what they take off, where it goes, when they can be void, and what follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import PLAN, key_with
from tests.api.returning import (
    CHECK,
    LINE,
    SPRING,
    advance,
    billed,
    books,
    charge,
    credit,
    earned,
    pay,
    post,
    refund,
    refused,
    shown,
)


def void(client, note):
    return client.post(f"/credit_notes/{note}/void", {"reason": "mistaken"})


def test_off_what_is_owed(shop, client):
    invoice = billed(shop)
    advance(client, "2026-04-16")
    made = credit(client, invoice, amount=5500)
    assert (made.status_code, made.json["object"]) == (201, "credit_note")
    note = made.json
    assert (note["number"], note["status"], note["total"]) == ("CN-000001", "issued", 5500)
    assert (note["subtotal"], note["tax"]) == (5000, 500)
    assert note["allocations"] == [{"to": "receivable", "amount": 5500}]
    (line,) = note["lines"]
    assert (line["description"], line["amount"], line["tax"]) == ("Spring", 5000, 500)
    after = shown(client, invoice)
    assert (after["amount_remaining"], after["amount_credited"], after["status"]) == (
        5500, 5500, "past_due",
    )  # fmt: skip
    assert after["number"] == note["invoice_number"]
    assert books(client, "2026-04-15")["accounts_receivable"] == 11000
    assert books(client, "2026-12-31") == {
        "accounts_receivable": 5500, "recognized_revenue": -7500, "credit_notes": 2500,
        "tax_payable": -500,
    }  # fmt: skip
    pay(client, invoice)
    assert shown(client, invoice)["status"] == "paid"


def test_one_that_leaves_nothing_owed_makes_it_paid(shop, client):
    invoice = billed(shop)
    pay(client, invoice, 4400)
    credit(client, invoice, amount=6600, policy="unearned_first")
    after = shown(client, invoice)
    assert (after["status"], after["amount_remaining"], after["amount_paid"]) == ("paid", 0, 4400)
    assert after["paid_at"] is not None
    assert books(client, "2026-12-31") == {
        "cash_offline": 4400, "recognized_revenue": -4000, "tax_payable": -400,
    }  # fmt: skip


def test_a_past_due_subscription_is_active_again(shop, client):
    sub = shop.subscribe(collection_method="send_invoice").json
    advance(client, "2026-02-15")
    late = client.get(f"/subscriptions/{sub['id']}").json
    first = sub["latest_invoice_id"]
    assert shown(client, first)["status"] == "past_due"
    credit(client, first, amount=3100)
    assert shown(client, first)["status"] == "paid"
    credit(
        client, late["latest_invoice_id"], amount=shown(client, late["latest_invoice_id"])["total"]
    )
    assert client.get(f"/subscriptions/{sub['id']}").json["status"] == "active"


def test_beyond_what_is_owed_it_is_given_back(shop, client):
    invoice = billed(shop)
    charge(client, invoice)
    note = credit(client, invoice, amount=1100).json
    assert note["allocations"] == [{"to": "balance", "amount": 1100}]
    split = [
        {"to": "card", "amount": 2000}, {"to": "offline", "amount": 300},
        {"to": "balance", "amount": 1000},
    ]  # fmt: skip
    note = credit(client, invoice, amount=3300, allocations=split).json
    assert {each["to"]: each["amount"] for each in note["allocations"]} == {
        "card": 2000, "offline": 300, "balance": 1000,
    }  # fmt: skip
    found = client.get("/refunds", params={"credit_note_id": note["id"], "sort": "amount"}).json
    assert [(each["to"], each["amount"], each["status"]) for each in found["data"]] == [
        ("offline", 300, "succeeded"), ("card", 2000, "succeeded"),
    ]  # fmt: skip
    assert client.get(f"/customers/{shop.customer['id']}").json["balances"] == {"USD": 2100}
    assert books(client, "2026-12-31") == {
        "cash_online": 9000, "cash_offline": -300, "customer_balance": -2100,
        "recognized_revenue": -6000, "tax_payable": -600,
    }  # fmt: skip
    assert refund(client, invoice).json["amount"] == 6600
    refused(
        client, credit(client, invoice, amount=1), 422, "amount_exceeds_refundable", client.head
    )


def test_of_single_lines_with_the_tax_that_goes_with_them(shop, client):
    """Three lines of 3.35 at 10 %: a tax of 1.01 in shares of 34, 34 and 33 cents."""
    lines = [{"description": f"Part {at}", "unit_amount": 335, "tax_rate": "0.10", **SPRING}
             for at in range(3)]  # fmt: skip
    fee = {"description": "Fee", "unit_amount": 500}
    invoice = billed(shop, *lines, fee)
    first, second, third, once = (line["id"] for line in shown(client, invoice)["lines"])
    asked = [{"line_id": first, "amount": 335}, {"line_id": second, "amount": 100}]
    note = credit(client, invoice, lines=asked).json
    assert [(line["line_id"], line["amount"], line["tax"]) for line in note["lines"]] == [
        (first, 335, 34), (second, 100, 10),
    ]  # fmt: skip
    assert (note["subtotal"], note["tax"], note["total"]) == (435, 44, 479)
    head = client.head
    for line, amount, code in (
        (first, 1, "amount_exceeds_line"), (second, 236, "amount_exceeds_line"),
        ("il_01m80my81rfv4vwsscfv9yf2pm", 1, "not_found"),
    ):  # fmt: skip
        answer = credit(client, invoice, lines=[{"line_id": line, "amount": amount}])
        refused(client, answer, 422, code, head)
        assert answer.json["errors"][0]["field"].startswith("lines[0].")
    rest = [{"line_id": second, "amount": 235}, {"line_id": third, "amount": 335},
            {"line_id": once, "amount": 500}]  # fmt: skip
    assert credit(client, invoice, lines=rest).json["tax"] == 101 - 44
    assert shown(client, invoice)["status"] == "paid"
    assert books(client, "2026-12-31") == {"recognized_revenue": -500, "credit_notes": 500}


def test_void_again_it_is_owed_again_and_earned_over_what_is_left(shop, client):
    """Taken back half on 16 April (25.00 unearned), void on 1 May: earned over May's 31 days."""
    invoice = billed(shop)
    advance(client, "2026-04-16")
    note = credit(client, invoice, amount=5500).json["id"]
    advance(client, "2026-05-01")
    answer = void(client, note)
    assert (answer.status_code, answer.json["status"]) == (200, "void")
    assert answer.json["voided_at"] == "2026-05-01T00:00:00Z"
    assert shown(client, invoice)["amount_remaining"] == 11000
    assert shown(client, invoice)["amount_credited"] == 0
    posted = client.get("/reports/journal", params={"from": "2026-05-01", "to": "2026-05-01"}).json
    assert {
        row["account"]: row["debit"] - row["credit"]
        for row in posted["data"] if row["event.type"] == "invoice.credit_voided"
    } == {
        "accounts_receivable": 5500, "deferred_revenue": -2500, "credit_notes": -2500,
        "tax_payable": -500,
    }  # fmt: skip
    # 16 to 30 April earns half as much: 25.00 × 15 / 46.
    assert [earned(client, f"2026-0{month}") for month in (3, 4, 5)] == [3370, 2445, 4185]
    assert books(client, "2026-12-31") == {
        "accounts_receivable": 11000, "recognized_revenue": -10000, "tax_payable": -1000,
    }  # fmt: skip
    refused(client, void(client, note), 409, "credit_note_not_voidable", client.head)


def test_one_that_gave_money_back_or_whose_invoice_is_paid_is_not_voidable(shop, client):
    owing, paid = billed(shop), billed(shop)
    pay(client, paid)
    given = credit(client, paid, amount=100).json["id"]
    off = credit(client, owing, amount=100).json["id"]
    pay(client, owing)
    gone = billed(shop)
    noted = credit(client, gone, amount=100).json["id"]
    client.made(f"/invoices/{gone}/mark_uncollectible")
    head = client.head
    for note in (given, off, noted):
        refused(client, void(client, note), 409, "credit_note_not_voidable", head)


def test_what_may_not_be_credited_is_refused(shop, client):
    draft = shop.invoice(issued=False)["id"]
    ended, lost, open_, part = (billed(shop) for _ in range(4))
    client.made(f"/invoices/{ended}/void")
    client.made(f"/invoices/{lost}/mark_uncollectible")
    pay(client, part, 1000)
    head = client.head
    for invoice in (draft, ended, lost):
        refused(client, credit(client, invoice, amount=1), 409, "invoice_not_creditable", head)
    refused(client, credit(client, open_, amount=11001), 422, "amount_exceeds_refundable", head)
    wrong = [
        ([("receivable", 100), ("balance", 1)], 100, "allocations_mismatch"),
        ([("receivable", 11000), ("balance", 1)], 11001, "amount_exceeds_refundable"),
        ([("balance", 100)], 100, "receivable_first"),
        ([("card", 100)], 100, "no_card_payment"),
        ([("receivable", 10001)], 10001, "amount_exceeds_outstanding"),
    ]
    for allocations, amount, code in wrong:
        listed = [{"to": to, "amount": part_} for to, part_ in allocations]
        invoice = part if code == "amount_exceeds_outstanding" else open_
        refused(client, credit(client, invoice, amount=amount, allocations=listed), 422, code, head)
    refused(client, credit(client, open_), 422, "amount_or_lines", head)
    line = {"line_id": shown(client, open_)["lines"][0]["id"], "amount": 1}
    both = credit(client, open_, amount=1, lines=[line])
    refused(client, both, 422, "amount_or_lines", head)
    refused(client, credit(client, open_, lines=[line, line]), 422, "duplicate", head)
    nothing = credit(client, open_, amount=1, allocations=[])
    refused(client, nothing, 422, "allocations_mismatch", head)
    twice = credit(client, open_, amount=2, allocations=[{"to": "receivable", "amount": 1}] * 2)
    refused(client, twice, 422, "duplicate", head)
    assert [error["field"] for error in twice.json["errors"]] == ["allocations[1].to"]
    cleared = [{"to": "receivable", "amount": 10000}, {"to": "card", "amount": 100}]
    no_card = credit(client, part, amount=10100, allocations=cleared)
    refused(client, no_card, 422, "no_card_payment", head)
    assert [error["field"] for error in no_card.json["errors"]] == ["allocations[1].to"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 0}, "amount"), ({"amount": 1.5}, "amount"), ({"amount": 10**15}, "amount"),
        ({"amount": 1, "reason": ""}, "reason"), ({"amount": 1, "policy": "x"}, "policy"),
        ({"lines": []}, "lines"), ({"lines": [{"line_id": "x"}]}, "lines[0].amount"),
        ({"amount": 1, "allocations": [{"to": "x", "amount": 1}]}, "allocations[0].to"),
        ({"amount": 1, "allocations": [{"to": "card", "amount": -1}]}, "allocations[0].amount"),
    ],
)  # fmt: skip
def test_bad_input_is_named(shop, client, body, field):
    invoice = billed(shop)
    head = client.head
    answer = credit(client, invoice, **body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json["errors"]]
    assert client.head == head


def by_payment(client, shop, **line):
    product = client.made(
        "/products", {"name": "Cash", "revenue_recognition_strategy": "invoice_payment"}
    )
    return billed(shop, {**LINE, "product_id": product["id"], **line})


def test_before_the_payment_it_lowers_what_is_due_without_a_posting(shop, client):
    invoice = by_payment(client, shop)
    note = credit(client, invoice, amount=5500).json
    assert (note["subtotal"], note["tax"]) == (5000, 500)
    assert books(client, "2026-03-01") == {}
    assert shown(client, invoice)["amount_remaining"] == 5500
    head = client.head
    refused(client, credit(client, invoice, amount=5501), 422, "amount_exceeds_outstanding", head)
    refused(client, refund(client, invoice), 409, "invoice_not_refundable", head)
    assert void(client, note["id"]).json["status"] == "void"
    assert shown(client, invoice)["amount_remaining"] == 11000
    credit(client, invoice, amount=1100)
    pay(client, invoice, 5000)
    pay(client, invoice)
    assert shown(client, invoice)["status"] == "paid"
    assert books(client, "2026-03-01") == {
        "cash_offline": 9900, "deferred_revenue": -8902, "recognized_revenue": -98,
        "tax_payable": -900,
    }  # fmt: skip
    assert books(client, "2026-12-31") == {
        "cash_offline": 9900, "recognized_revenue": -9000, "tax_payable": -900,
    }  # fmt: skip
    assert refund(client, invoice).json["amount"] == 9900
    assert books(client, "2026-12-31") == {"cash_offline": 9900, "customer_balance": -9900}


def test_before_the_payment_it_may_complete_it(shop, client):
    invoice = by_payment(client, shop)
    pay(client, invoice, 4400)
    refused(
        client, credit(client, invoice, amount=6601), 422, "amount_exceeds_outstanding", client.head
    )
    credit(client, invoice, amount=6600)
    after = shown(client, invoice)
    assert (after["status"], after["amount_credited"], after["amount_paid"]) == ("paid", 6600, 4400)
    assert books(client, "2026-12-31") == {
        "cash_offline": 4400, "recognized_revenue": -4000, "tax_payable": -400,
    }  # fmt: skip


def test_a_first_term_that_a_note_completes_begins_that_day(shop, client):
    product = client.made(
        "/products", {"name": "Cash", "revenue_recognition_strategy": "invoice_payment"}
    )
    plan = client.made("/plans", {**PLAN, "product_id": product["id"]})["id"]
    sub = shop.subscribe(plan_id=plan, collection_method="send_invoice").json
    assert sub["status"] == "incomplete"
    advance(client, "2026-01-05")
    pay(client, sub["latest_invoice_id"], 1000)
    credit(client, sub["latest_invoice_id"], amount=2100)
    now = client.get(f"/subscriptions/{sub['id']}").json
    assert (now["status"], now["current_period_start"], now["current_period_end"]) == (
        "active", "2026-01-05T00:00:00Z", "2026-02-05T00:00:00Z",
    )  # fmt: skip
    assert books(client, "2026-12-31")["recognized_revenue"] == -1000


def test_notes_of_cancellations_and_plan_changes_are_documents_too(shop, client):
    taxed = client.made("/plans", {
        **PLAN, "product_id": shop.product["id"], "amount": 10000, "tax_rate": "0.10",
    })["id"]  # fmt: skip
    dearer = client.made("/plans", {**PLAN, "product_id": shop.product["id"], "amount": 6200})["id"]
    ending = shop.subscribe(plan_id=taxed, collection_method="send_invoice").json
    changing = shop.subscribe(collection_method="send_invoice").json
    pay(client, ending["latest_invoice_id"], 4400)
    advance(client, "2026-01-11")
    client.made(f"/subscriptions/{ending['id']}/cancel", {"mode": "now", "reason": "moved"})
    client.made(f"/subscriptions/{changing['id']}/change_plan", {"plan_id": dearer})
    found = client.get("/credit_notes", params={"sort": "number"}).json["data"]
    assert [(note["number"], note["invoice_id"], note["total"]) for note in found] == [
        ("CN-000001", ending["latest_invoice_id"], 6600),
        ("CN-000002", changing["latest_invoice_id"], 2100),
    ]  # fmt: skip
    assert (found[0]["subtotal"], found[0]["tax"]) == (6000, 600)
    by_sub = client.get("/credit_notes", params={"subscription_id": ending["id"]}).json["data"]
    assert [note["id"] for note in by_sub] == [found[0]["id"]]


def test_a_note_and_payments_at_once_settle_what_is_owed_once(shop, client):
    invoices = [billed(shop) for _ in range(4)]

    def one(at):
        invoice = invoices[at % 4]
        if at % 8 < 4:
            return credit(client, invoice, amount=11000, allocations=[
                {"to": "receivable", "amount": 11000}])  # fmt: skip
        return post(client, f"/invoices/{invoice}/mark_paid", {**CHECK, "amount": 11000})

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(one, range(32)))
    assert sum(answer.status_code in {200, 201} for answer in answers) == 4
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 422}
    numbers = {note["number"] for note in client.get("/credit_notes").json["data"]}
    assert numbers == {f"CN-{at + 1:06}" for at in range(len(numbers))}
    found = [shown(client, invoice) for invoice in invoices]
    assert all(each["amount_paid"] + each["amount_credited"] == 11000 for each in found)
    cash = sum(each["amount_paid"] for each in found)
    left = books(client, "2026-12-31")
    assert left.get("cash_offline", 0) == cash
    assert "accounts_receivable" not in left


def test_of_a_payment_and_a_void_at_once_one_wins(shop, client):
    invoices = [billed(shop) for _ in range(4)]

    def one(at):
        path = f"/invoices/{invoices[at % 4]}"
        if at % 8 < 4:
            return post(client, f"{path}/void", {})
        return post(client, f"{path}/mark_paid", CHECK)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(one, range(32)))
    assert sum(answer.status_code == 200 for answer in answers) == 4
    ended = [shown(client, invoice)["status"] for invoice in invoices]
    assert set(ended) <= {"paid", "void"}
    assert books(client, "2026-12-31").get("cash_offline", 0) == 11000 * ended.count("paid")


def test_only_those_who_void_invoices_void_notes(shop, client, services):
    note = credit(client, billed(shop), amount=100).json["id"]
    key_with(client, services, role="support")
    assert void(client, note).status_code == 403
    key_with(client, services, role="finance")
    assert void(client, note).status_code == 200


def test_another_accounts_are_not_seen(shop, client, stranger):
    invoice = billed(shop)
    note = credit(client, invoice, amount=100).json["id"]
    assert stranger.get(f"/credit_notes/{note}").status_code == 404
    assert stranger.get("/credit_notes").json["data"] == []
    assert void(stranger, note).status_code == 404
    assert credit(stranger, invoice, amount=100).status_code == 404


def test_it_is_listed_shown_as_it_was_and_told_as_events(shop, client):
    invoice = billed(shop)
    note = credit(client, invoice, amount=100).json["id"]
    before = client.get("/test_clock").json["now"]
    advance(client, "2026-03-05")
    void(client, note)
    found = client.get("/credit_notes", params={"invoice_id": invoice, "status": "void"}).json
    assert [each["id"] for each in found["data"]] == [note]
    then = client.get(f"/credit_notes/{note}", params={"as_of": before, "expand": "invoice"}).json
    assert (then["status"], then["invoice"]["amount_credited"]) == ("issued", 100)
    told = client.get(f"/credit_notes/{note}/events", params={"sort": "position"}).json["data"]
    assert [each["type"] for each in told] == ["credit_note.created", "credit_note.voided"]
    lines = client.get("/exports/credit_notes.csv").text.splitlines()
    assert lines[1].startswith(f"{note},CN-000001,void,")
