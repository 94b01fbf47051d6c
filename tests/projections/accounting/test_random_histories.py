"""Any history of billing, paying, voiding and giving up: against the oracle, and the invariants."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.accounting_rows import TABLES
from projections.invariants import findings
from projections.reports.deferred_revenue import DEFERRED_REVENUE
from projections.reports.journal import JOURNAL
from projections.reports.recognized_revenue import RECOGNIZED_REVENUE
from projections.reports.report import Asked, Basis
from projections.reports.trial_balance import TRIAL_BALANCE
from tests.projections.accounting.conftest import Books
from tests.projections.accounting.history import History, line, uuid
from tests.projections.accounting.oracle import Oracle

if TYPE_CHECKING:
    from domain.invoicing.invoice import Invoice
    from domain.invoicing.lines import Line
    from projections.reading import Reading

BEGIN = date(2026, 1, 10)
REPORTS = (DEFERRED_REVENUE, RECOGNIZED_REVENUE, TRIAL_BALANCE, JOURNAL)
_accounts = count(1)
slowly = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def sold(draw: st.DrawFn, today: date) -> Line:
    amount = draw(st.one_of(st.integers(-3000, 20000), st.sampled_from([0, 1, -1, 9999])))
    tax = amount * draw(st.sampled_from([0, 7, 20])) // 100 if amount > 0 else 0
    if draw(st.integers(0, 4)) == 0:
        return line(amount, tax=tax)
    start = today + timedelta(days=draw(st.integers(-70, 70)))
    days = draw(st.sampled_from([1, 2, 28, 30, 31, 90, 365]))
    return line(amount, start, start + timedelta(days=days), tax=tax)


@st.composite
def histories(draw: st.DrawFn) -> History:
    history, today = History(), BEGIN
    for _ in range(draw(st.integers(1, 8))):
        today += timedelta(days=draw(st.sampled_from([0, 0, 1, 5, 17, 31, 80])))
        payable = [each for each in history.invoices if each.amount_remaining > 0]
        if payable and draw(st.booleans()):
            at = draw(st.integers(0, len(payable) - 1))
            _settle(draw, history, payable[at], today)
        elif draw(st.integers(0, 5)) == 0:
            history.fund(draw(st.integers(1, 2)), draw(st.integers(1, 900)), today, "offline")
        else:
            history.issue(
                draw(st.lists(sold(today), min_size=1, max_size=3)),
                today,
                who=draw(st.integers(1, 2)),
                currency=draw(st.sampled_from(["USD", "JPY"])),
                strategy=draw(st.sampled_from(["invoice_creation", "invoice_payment"])),
                email=draw(st.sampled_from([None, "other@example.com"])),
            )
    return history


def _settle(draw: st.DrawFn, history: History, invoice: Invoice, today: date) -> None:
    act = draw(st.sampled_from(["pay", "part", "void", "give up"]))
    owed = invoice.amount_remaining
    source = draw(st.sampled_from(["online", "offline"]))
    match act:
        case "pay":
            history.pay(invoice, owed, today, source)
        case "part":
            history.pay(invoice, draw(st.integers(1, owed)), today, source)
        case "void":
            history.void(invoice, today, credit_first=draw(st.booleans()))
        case "give up":
            history.give_up(invoice, today)


days = st.integers(0, 500).map(lambda n: BEGIN + timedelta(days=n))


def fresh(books: Books) -> Books:
    """An account of its own for each example."""
    return Books(books.connection, uuid(10**15 + next(_accounts)))


def by_account(rows: list[dict]) -> dict[tuple[str, str], int]:
    sums = Counter()
    for row in rows:
        sums[row["account"], row["currency"]] += row["debit"] - row["credit"]
    return {key: amount for key, amount in sums.items() if amount}


@slowly
@given(histories(), st.data())
def test_the_reports_agree_with_the_oracle_at_every_date_and_position(
    books: Books, history: History, data: st.DataObject
) -> None:
    books = fresh(books)
    reading = books.project(history.envelopes)
    for _ in range(3):
        known = data.draw(st.sampled_from([0, *history.boundaries]))
        day = data.draw(days)
        oracle = Oracle(history.envelopes, known, day)
        _agrees(oracle, reading, Asked(day, known_at=known))
        _agrees(oracle, reading, Asked(day, known_at=known, basis=Basis.EFFECTIVE))


def _agrees(oracle: Oracle, reading: Reading, asked: Asked) -> None:
    assert by_account(TRIAL_BALANCE.rows(reading, asked)) == oracle.trial_balance()
    assert by_account(JOURNAL.rows(reading, asked)) == oracle.trial_balance()
    assert {
        (row["customer.id"], row["currency"]): row["deferred_balance"]
        for row in DEFERRED_REVENUE.rows(reading, asked)
    } == oracle.deferred()
    rows = RECOGNIZED_REVENUE.rows(reading, asked)
    assert {
        (row["line.id"], row["period"]): row["recognized_in_period"] for row in rows
    } == oracle.recognized()
    latest = {row["line.id"]: row for row in rows}
    lines = {each.ref: each for lines in oracle.lines.values() for each in lines}
    for ref, row in latest.items():
        assert row["recognized_to_date"] == lines[ref].earned


@slowly
@given(histories(), st.data())
def test_the_invariants_hold_at_every_date_under_every_position(
    books: Books, history: History, data: st.DataObject
) -> None:
    books = fresh(books)
    reading = books.project(history.envelopes)
    assert findings(reading, Asked(data.draw(days))) == []
    for position in range(len(history.envelopes)):
        assert findings(reading, Asked(data.draw(days), known_at=position)) == []


@slowly
@given(histories(), st.data())
def test_what_was_known_at_a_position_is_what_was_shown_then(
    books: Books, history: History, data: st.DataObject
) -> None:
    books, known = fresh(books), data.draw(st.sampled_from(history.boundaries))
    then = books.project(history.envelopes[:known])
    asked = Asked(data.draw(days))
    shown = [report.rows(then, asked) for report in REPORTS]
    assert findings(then, asked) == []
    now = books.project(history.envelopes[known:]) if known < len(history.envelopes) else then
    later = Asked(asked.until, known_at=known)
    assert [report.rows(now, later) for report in REPORTS] == shown


@slowly
@given(histories(), st.integers(1, 7))
def test_batches_change_nothing(books: Books, history: History, batch: int) -> None:
    books = fresh(books)
    books.project(history.envelopes, generation=1)
    books.project(history.envelopes, generation=2, batch=batch)
    for table in TABLES:
        assert books.table(table, 1) == books.table(table, 2)
