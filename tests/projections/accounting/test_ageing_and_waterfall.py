"""Receivables by age, credit by customer and the waterfall of deferred revenue: any history of them
against the trial balance and the oracle."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.reports.balances import BALANCES
from projections.reports.receivables_aging import RECEIVABLES_AGING
from projections.reports.report import Asked, Basis
from projections.reports.revenue_waterfall import REVENUE_WATERFALL
from projections.reports.trial_balance import TRIAL_BALANCE
from tests.projections.accounting.history import History, customer, line
from tests.projections.accounting.oracle import Oracle
from tests.projections.accounting.test_random_histories import (
    by_account,
    days,
    fresh,
    histories,
    slowly,
)

if TYPE_CHECKING:
    from projections.reading import Reading
    from tests.projections.accounting.conftest import Books

seldom = settings(slowly, max_examples=25)
MARCH_1, MARCH_31, JUNE_1 = date(2026, 3, 1), date(2026, 3, 31), date(2026, 6, 1)
BUCKETS = ("current", "days_1_30", "days_31_60", "days_61_90", "days_over_90")


def summed(rows: list[dict], name: str, by: str = "currency") -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[by]] += row[name]
    return {key: amount for key, amount in sums.items() if amount}


def of_account(reading: Reading, asked: Asked, account: str) -> dict[str, int]:
    rows = by_account(TRIAL_BALANCE.rows(reading, asked))
    return {currency: amount for (name, currency), amount in rows.items() if name == account}


@seldom
@given(histories(), st.data())
def test_they_add_up_to_the_trial_balance(
    books: Books, history: History, data: st.DataObject
) -> None:
    reading = fresh(books).project(history.envelopes)
    known = data.draw(st.sampled_from([0, *history.boundaries]))
    asked = Asked(data.draw(days), known_at=known, basis=data.draw(st.sampled_from(list(Basis))))
    aged = RECEIVABLES_AGING.rows(reading, asked)
    assert summed(aged, "total") == of_account(reading, asked, "accounts_receivable")
    assert all(row["total"] == sum(row[bucket] for bucket in BUCKETS) for row in aged)
    owed = of_account(reading, asked, "customer_balance")
    kept = summed(BALANCES.rows(reading, asked), "balance")
    assert kept == {currency: -amount for currency, amount in owed.items()}


@seldom
@given(histories(), st.data())
def test_each_month_of_the_waterfall_ends_with_what_is_deferred(
    books: Books, history: History, data: st.DataObject
) -> None:
    reading = fresh(books).project(history.envelopes)
    known, day = data.draw(st.sampled_from([0, *history.boundaries])), data.draw(days)
    asked = Asked(day, known_at=known)
    rows = REVENUE_WATERFALL.rows(reading, asked)
    before: dict[str, int] = {}
    for row in rows:
        assert row["deferred_opening"] == before.get(row["currency"], 0)
        moved = row["billed"] - row["recognized"] - row["reversed"]
        assert row["deferred_closing"] == row["deferred_opening"] + moved
        before[row["currency"]] = row["deferred_closing"]
    assert {currency: left for currency, left in before.items() if left} == held(
        history, known, day
    )
    for month in {row["period"] for row in rows}:
        ends = _month_end(month)
        told = [each for each in history.envelopes if each.recorded_at.date() <= min(ends, day)]
        deferred: Counter[str] = Counter()
        for (_, currency), amount in Oracle(told, known, ends).deferred().items():
            deferred[currency] += amount
        of_month = [row for row in rows if row["period"] == month]
        shown = {row["currency"] for row in of_month}
        expected = {each: deferred[each] for each in shown if deferred[each]}
        assert summed(of_month, "deferred_closing") == expected


def held(history: History, known: int, day: date) -> dict[str, int]:
    """What gifts wait for: by the oracle, what has no days that earn it."""
    told = [each for each in history.envelopes if each.recorded_at.date() <= day]
    left: Counter[str] = Counter()
    for sold in Oracle(told, known, day).all():
        left[sold.currency] += 0 if sold.earnings else sold.deferred
    return {currency: amount for currency, amount in left.items() if amount}


def _month_end(month: str) -> date:
    return (date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1) - timedelta(1)


def test_a_hundred_over_three_months_as_of_the_first(books: Books) -> None:
    history = History()
    history.issue([line(10000, MARCH_1, JUNE_1), line(500)], MARCH_1)
    reading = books.keep(history)
    rows = books.report(REVENUE_WATERFALL, reading, MARCH_31)
    assert [tuple(row.values())[:-1] for row in rows] == [
        ("2026-03", "USD", 0, 10000, 3370, 0, 6630, 500),
        ("2026-04", "USD", 6630, 0, 3260, 0, 3370, 0),
        ("2026-05", "USD", 3370, 0, 3370, 0, 0, 0),
    ]
    april = books.report(
        REVENUE_WATERFALL, reading, MARCH_31, since=date(2026, 4, 10), ahead=date(2026, 4, 30)
    )
    assert [row["period"] for row in april] == ["2026-04"]


def test_what_is_owed_grows_older(books: Books) -> None:
    history = History()
    invoice = history.issue([line(10000)], MARCH_1)
    history.issue([line(700)], MARCH_1, who=2)
    history.pay(invoice, 4000, MARCH_1)
    reading = books.keep(history)
    for age, bucket in ((0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)):
        rows = books.report(RECEIVABLES_AGING, reading, MARCH_1 + timedelta(days=age))
        assert [row["customer.id"] for row in rows] == [customer(1), customer(2)]
        assert [row[BUCKETS[bucket]] for row in rows] == [6000, 700]
    invoice.move_due(invoice.due_at, JUNE_1)
    history.record(MARCH_31, invoice)
    moved = books.project(history.envelopes[-1:])
    rows = books.report(RECEIVABLES_AGING, moved, MARCH_31)
    assert [(row["current"], row["days_1_30"]) for row in rows] == [(6000, 0), (0, 700)]
    as_before = books.report(RECEIVABLES_AGING, moved, MARCH_31, known_at=reading.position)
    assert [row["days_1_30"] for row in as_before] == [6000, 700]


def test_a_gift_that_waits_is_deferred_in_each_month_up_to_the_one_asked_for(books: Books) -> None:
    history = History()
    history.issue([line(12000, held=True)], MARCH_1)
    reading = books.keep(history)
    rows = books.report(REVENUE_WATERFALL, reading, JUNE_1)
    assert [(row["period"], row["deferred_closing"]) for row in rows] == [
        (f"2026-0{month}", 12000) for month in range(3, 7)
    ]
