"""The reports, by the numeric examples of the bookkeeping rules."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from domain.shared.money import major
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.journal import JOURNAL
from projections.reports.recognized_revenue import RECOGNIZED_REVENUE
from projections.reports.report import Basis
from projections.reports.trial_balance import TRIAL_BALANCE
from tests.projections.accounting.history import History, customer, line

if TYPE_CHECKING:
    from projections.reading import Reading
    from tests.projections.accounting.conftest import Books

MARCH_1, APRIL_1, MAY_1, JUNE_1 = (date(2026, month, 1) for month in (3, 4, 5, 6))
YEAR_END = date(2026, 12, 31)


def accounts(books: Books, scope: Reading, until: date, **asked: Any) -> dict[str, int]:
    rows = books.report(TRIAL_BALANCE, scope, until, **asked)
    assert sum(row["debit"] for row in rows) == sum(row["credit"] for row in rows)
    return {row["account"]: row["debit"] - row["credit"] for row in rows}


def months(books: Books, scope: Reading, until: date = YEAR_END, **asked: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in books.report(RECOGNIZED_REVENUE, scope, until, **asked):
        found[row["period"]] = found.get(row["period"], 0) + row["recognized_in_period"]
    return found


def test_a_hundred_over_three_months(books: Books) -> None:
    history = History()
    history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1)
    scope = books.keep(history)
    assert months(books, scope) == {"2026-03": 3370, "2026-04": 3260, "2026-05": 3370}
    assert accounts(books, scope, date(2026, 4, 30)) == {
        "accounts_receivable": 10000,
        "deferred_revenue": -3370,
        "recognized_revenue": -6630,
    }


def test_uncollectible_on_1_may(books: Books) -> None:
    history = History()
    history.give_up(history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1), MAY_1)
    scope = books.keep(history)
    assert months(books, scope) == {"2026-03": 3370, "2026-04": 3260}
    assert accounts(books, scope, MAY_1) == {
        "accounts_receivable": 0,
        "bad_debt": 6630,
        "deferred_revenue": 0,
        "recognized_revenue": -6630,
    }
    assert books.report(DEFERRED_REVENUE, scope, MAY_1) == []


def test_a_plan_change_in_the_middle_of_april(books: Books) -> None:
    history, april_16 = History(), date(2026, 4, 16)
    history.issue([line(3000, APRIL_1, MAY_1)], APRIL_1)
    history.issue([line(-1500, april_16, MAY_1), line(3000, april_16, MAY_1)], april_16)
    scope = books.keep(history)
    assert months(books, scope) == {"2026-04": 4500}


def test_recognised_by_payment_from_the_day_it_is_whole(books: Books) -> None:
    history, paid = History(), date(2026, 2, 7)
    january = [line(3000, date(2026, 1, 20), date(2026, 2, 20))]
    invoice = history.issue(january, date(2026, 1, 20), strategy="invoice_payment")
    history.pay(invoice, 1000, date(2026, 1, 31))
    redated = line(3000, paid, date(2026, 3, 7))
    lines = (
        redated.__class__(
            **{n: getattr(redated, n) for n in redated.__slots__} | {"id": invoice.lines[0].id}
        ),
    )
    history.pay(invoice, 2000, paid, lines=lines)
    scope = books.keep(history)
    assert accounts(books, scope, date(2026, 1, 31)) == {
        "cash_online": 1000,
        "unapplied_payments": -1000,
    }
    assert months(books, scope) == {"2026-02": 2357, "2026-03": 643}
    (february, _) = books.report(RECOGNIZED_REVENUE, scope, YEAR_END)
    assert (february["recognition_start"], february["recognition_end"]) == (paid, date(2026, 3, 6))


def test_service_of_january_invoiced_in_february(books: Books) -> None:
    history = History()
    history.issue([line(3100, date(2026, 1, 1), date(2026, 2, 1))], date(2026, 2, 1))
    scope = books.keep(history)
    assert months(books, scope) == {"2026-02": 3100}
    assert books.report(DEFERRED_REVENUE, scope, date(2026, 2, 1)) == []


def test_a_line_without_period_is_revenue_at_issue_and_not_in_the_recognition(books: Books) -> None:
    history = History()
    history.issue([line(500, tax=50)], MARCH_1)
    scope = books.keep(history)
    (row,) = books.report(RECOGNIZED_REVENUE, scope, YEAR_END)
    assert row["recognized_in_period"] == row["recognized_to_date"] == row["line.amount"] == 500
    journal = books.report(JOURNAL, scope, YEAR_END)
    assert [(e["account"], e["debit"], e["credit"]) for e in journal] == [
        ("accounts_receivable", 550, 0),
        ("recognized_revenue", 0, 500),
        ("tax_payable", 0, 50),
    ]


def test_deferred_revenue_of_each_customer_and_currency(books: Books) -> None:
    history = History()
    history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1, who=2)
    history.issue([line(900, MARCH_1, JUNE_1)], MARCH_1, who=2, currency="JPY")
    history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1, who=1, email="old@example.com")
    history.issue([line(0)], APRIL_1, who=1, email="new@example.com")
    history.issue([line(100, MARCH_1, JUNE_1), line(-100, MARCH_1, JUNE_1)], MARCH_1, who=3)
    scope = books.keep(history)
    rows = books.report(DEFERRED_REVENUE, scope, date(2026, 4, 30))
    assert [tuple(row.values()) for row in rows] == [
        (customer(1), "new@example.com", "Ada", "Number 1", None, "USD", 3370, date(2026, 4, 30)),
        (customer(2), "c2@example.com", "Ada", "Number 2", None, "JPY", 303, date(2026, 4, 30)),
        (customer(2), "c2@example.com", "Ada", "Number 2", None, "USD", 3370, date(2026, 4, 30)),
    ]
    only = books.report(DEFERRED_REVENUE, scope, date(2026, 4, 30), currency="JPY")
    assert [row["currency"] for row in only] == ["JPY"]
    (before, *_) = books.report(
        DEFERRED_REVENUE, scope, date(2026, 4, 30), known_at=history.boundaries[2]
    )
    assert before["customer.email"] == "old@example.com"


def test_the_columns_are_those_of_the_contract() -> None:
    assert ", ".join(RECOGNIZED_REVENUE.header) == (
        "period, invoice.id, invoice.number, line.id, customer.id, customer.email,"
        " subscription.id, product.id, product.name, plan.id, plan.name, currency, line.amount,"
        " recognition_start, recognition_end, recognized_in_period, prior_period_adjustment,"
        " recognized_to_date, deferred_balance, strategy, plan.entitlement"
    )
    assert ", ".join(JOURNAL.header) == (
        "entry.id, posting_date, effective_date, recorded_at, event.id, event.type, account,"
        " gl_code, debit, credit, currency, customer.id, invoice.id, subscription.id, description"
    )
    assert ", ".join(DEFERRED_REVENUE.header) == (
        "customer.id, customer.email, customer.first_name, customer.last_name,"
        " organization.name, currency, deferred_balance, as_of"
    )
    assert TRIAL_BALANCE.header == [
        "account", "gl_code", "currency", "debit", "credit",
    ]  # fmt: skip


def test_a_recognised_row_names_what_was_sold(books: Books) -> None:
    history = History()
    invoice = history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1)
    scope = books.keep(history)
    _, april, _ = books.report(RECOGNIZED_REVENUE, scope, YEAR_END)
    assert tuple(april.values()) == (
        "2026-04", invoice.ref, "INV-000001", invoice.lines[0].id, customer(1), "c1@example.com",
        None, "prod_1", "The Paper", "plan_1", "Daily", "USD", 10000, MARCH_1, date(2026, 5, 31),
        3260, 0, 6630, 3370, "invoice_creation", "print,digital",
    )  # fmt: skip


def test_a_period_cuts_the_first_and_the_last_month(books: Books) -> None:
    history = History()
    history.issue([line(9200, MARCH_1, JUNE_1)], MARCH_1)
    scope = books.keep(history)
    asked = months(books, scope, date(2026, 5, 10), since=date(2026, 3, 31))
    assert asked == {"2026-03": 100, "2026-04": 3000, "2026-05": 1000}


def test_the_journal_up_to_a_day_adds_up_to_the_trial_balance(books: Books) -> None:
    history = History()
    first = history.issue([line(10000, MARCH_1, JUNE_1, tax=1900), line(250)], MARCH_1)
    history.pay(first, 4000, APRIL_1, "offline")
    history.void(history.issue([line(-300, MARCH_1, JUNE_1), line(900)], APRIL_1), MAY_1)
    scope = books.keep(history)
    for day in (MARCH_1, date(2026, 4, 17), MAY_1, YEAR_END):
        summed: dict[str, int] = {}
        for row in books.report(JOURNAL, scope, day):
            assert row["posting_date"] <= day
            summed[row["account"]] = summed.get(row["account"], 0) + row["debit"] - row["credit"]
        assert (
            summed
            == accounts(books, scope, day)
            == accounts(books, scope, day, basis=Basis.EFFECTIVE)
        )


def test_an_entry_of_earning_names_the_event_that_billed(books: Books) -> None:
    history = History()
    history.issue([line(10000, MARCH_1, JUNE_1)], MARCH_1)
    scope = books.keep(history)
    entries = books.report(JOURNAL, scope, date(2026, 4, 10), since=APRIL_1)
    assert [(e["posting_date"], e["account"], e["debit"], e["credit"]) for e in entries] == [
        (date(2026, 4, 10), "deferred_revenue", 1087, 0),
        (date(2026, 4, 10), "recognized_revenue", 0, 1087),
    ]
    billed = books.report(JOURNAL, scope, MARCH_1)[0]
    assert {entry["event.id"] for entry in entries} == {billed["event.id"]}
    assert {entry["event.type"] for entry in entries} == {"invoice.issued"}


@pytest.mark.parametrize("credit_first", [True, False])
@pytest.mark.parametrize("strategy", ["invoice_creation", "invoice_payment"])
def test_a_job_voids_a_part_paid_invoice_and_its_money_becomes_credit(
    books: Books, strategy: str, credit_first: bool
) -> None:
    history = History()
    invoice = history.issue([line(10000, MARCH_1, JUNE_1, tax=1000)], MARCH_1, strategy=strategy)
    history.pay(invoice, 4400, APRIL_1)
    history.void(invoice, MAY_1, credit_first=credit_first)
    left = {
        account: amount
        for account, amount in accounts(books, books.keep(history), MAY_1).items()
        if amount
    }
    earned = {"voids": 6630, "recognized_revenue": -6630} if strategy == "invoice_creation" else {}
    assert left == {"cash_online": 4400, "customer_balance": -4400, **earned}


def test_money_of_no_invoice_and_a_negative_invoice_are_credit(books: Books) -> None:
    history = History()
    history.fund(1, 700, MARCH_1, "online")
    history.fund(1, 300, MARCH_1, "offline")
    history.issue([line(-2000, MARCH_1, JUNE_1)], MARCH_1)
    found = accounts(books, books.keep(history), MARCH_1)
    assert (found["customer_balance"], found["cash_online"], found["cash_offline"]) == (
        -3000,
        700,
        300,
    )


def test_amounts_stay_exact_at_the_largest(books: Books) -> None:
    history = History()
    century = date(2126, 3, 1)
    history.issue([line(10**13 - 1, MARCH_1, century), line(1 - 10**13, MARCH_1, century)], MARCH_1)
    scope = books.keep(history)
    rows = books.report(RECOGNIZED_REVENUE, scope, date(2126, 2, 28))
    positive = [row for row in rows if row["line.amount"] > 0]
    assert sum(row["recognized_in_period"] for row in positive) == 10**13 - 1
    assert sum(row["recognized_in_period"] for row in rows) == 0
    assert major(10**13 - 1, "USD") == "99999999999.99"
