"""Any history of billing, paying, voiding and giving up: against the oracle, and the invariants."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.commands.noting import Noted, lines_of, net_left
from projections.accounting_rows import TABLES
from projections.invariants import findings
from projections.reports.all_reports import REPORTS as ALL_REPORTS
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
REPORTS = tuple(report for report in ALL_REPORTS.values() if report.dated)
_accounts = count(1)
slowly = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def sold(draw: st.DrawFn, today: date) -> Line:
    amount = draw(st.sampled_from([9999, 20000, 3100, 1, 0, -1, -3000, -11000, 777]))
    tax = amount * draw(st.sampled_from([0, 7, 20])) // 100
    if (kind := draw(st.integers(0, 6))) <= 1:
        return line(amount, tax=tax, held=kind == 1)
    start = today + timedelta(days=draw(st.sampled_from([0, 0, -3, -40, 20])))
    days = draw(st.sampled_from([92, 365, 31, 30, 1]))
    return line(amount, start, start + timedelta(days=days), tax=tax)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Mostly money moving on invoices whose service is running."""
    history, today = History(), BEGIN
    for _ in range(draw(st.integers(2, 9))):
        today += timedelta(days=draw(st.sampled_from([17, 0, 1, 31, 80])))
        payable = [each for each in history.invoices if each.amount_remaining > 0]
        act = draw(st.sampled_from(["issue", "settle", "settle", "adjust", "adjust", "fund"]))
        standing = [each for each in history.invoices if each.total > 0
                    and each.status in {"open", "past_due", "paid", "uncollectible"}]  # fmt: skip
        if act == "adjust" and standing:
            _adjust(draw, history, standing[draw(st.integers(0, len(standing) - 1))], today)
        elif act == "fund":
            history.fund(draw(st.integers(1, 2)), draw(st.integers(1, 900)), today, "offline")
        elif act == "settle" and payable:
            at = draw(st.integers(0, len(payable) - 1))
            _settle(draw, history, payable[at], today)
        else:
            _issue(draw, history, today)
    return history


def _issue(draw: st.DrawFn, history: History, today: date) -> None:
    history.issue(
        draw(st.lists(sold(today), min_size=1, max_size=3)),
        today,
        who=draw(st.integers(1, 2)),
        currency=draw(st.sampled_from(["USD", "JPY"])),
        strategy=draw(st.sampled_from(["invoice_creation", "invoice_creation", "invoice_payment"])),
        email=draw(st.sampled_from([None, "other@example.com"])),
    )


def _settle(draw: st.DrawFn, history: History, invoice: Invoice, today: date) -> None:
    owed = invoice.amount_remaining
    match draw(st.sampled_from(["part", "give up", "void", "pay"])):
        case "pay":
            history.pay(invoice, owed, today, draw(st.sampled_from(["online", "offline"])))
        case "part":
            history.pay(invoice, max(owed * draw(st.integers(1, 9)) // 10, 1), today)
        case "void":
            history.void(invoice, today, credit_first=draw(st.booleans()))
        case "give up":
            history.give_up(invoice, today)


def _adjust(draw: st.DrawFn, history: History, invoice: Invoice, today: date) -> None:
    """Money goes back, what is owed is taken off, service ends or is moved out."""
    kind = draw(st.sampled_from(["refund", "note", "lines", "undo", "undo", "end", "extend"]))
    if kind == "undo" or invoice.status == "uncollectible":
        _undo(draw, history, today)
    elif any(line.held for line in invoice.lines) and draw(st.booleans()):
        start = today + timedelta(days=draw(st.sampled_from([0, 0, 12])))
        history.redeem(invoice, start, draw(st.sampled_from([365, 31])), today)
    elif kind in {"refund", "note", "lines"}:
        _take_back(draw, history, invoice, kind, today)
    elif kind == "extend":
        history.extend(invoice, draw(st.integers(1, 40)), today)
    elif kind == "end":
        history.end(invoice, today)


def _take_back(draw: st.DrawFn, history: History, invoice: Invoice, kind: str, today: date) -> None:
    if kind == "note":
        _note(draw, history, invoice, today)
    elif kind == "lines":
        _note_lines(draw, history, invoice, today)
    elif invoice.refundable:
        amount = max(invoice.refundable * draw(st.integers(1, 10)) // 10, 1)
        way = draw(st.sampled_from(["card", "card", "balance", "offline"]))
        history.refund(invoice, amount, today, way, draw(policies))


def _note(draw: st.DrawFn, history: History, invoice: Invoice, today: date) -> None:
    """Part of what is owed, all of it, or more: then some is given back."""
    owed, back = invoice.amount_remaining, 0 if invoice.waiting else invoice.returnable
    amount = (owed + back) * draw(st.sampled_from([1, 3, 5, 7, 10])) // 10
    beyond = max(amount - owed, 0)
    offline = beyond if draw(st.booleans()) else 0
    if amount:
        noted = Noted(
            amount=amount, policy=draw(policies), balance=beyond - offline, offline=offline
        )
        history.note(invoice, today, noted)


def _note_lines(draw: st.DrawFn, history: History, invoice: Invoice, today: date) -> None:
    asked = {ref: net * draw(st.integers(1, 4)) // 4 for ref, (net, _) in net_left(invoice).items()}
    lines = lines_of(invoice, {ref: net for ref, net in asked.items() if net > 0})
    amount = sum(each.net + each.tax for each in lines)
    beyond = max(amount - invoice.amount_remaining, 0)
    if amount and beyond <= (0 if invoice.waiting else invoice.returnable):
        noted = Noted(amount=amount, policy=draw(policies), balance=beyond, lines=lines)
        history.note(invoice, today, noted)


def _undo(draw: st.DrawFn, history: History, today: date) -> None:
    """A note is void again, a refund is refused by its gateway, money comes after all."""
    voidable = [at for at, (invoice, _, _) in enumerate(history.notes)
                if invoice.status in {"open", "past_due"}]  # fmt: skip
    lost = [each for each in history.invoices if each.recoverable > 0]
    if voidable:
        history.void_note(draw(st.sampled_from(voidable)), today)
    elif history.refunds:
        falls_to = draw(st.sampled_from(["invoice", "invoice", "balance"]))
        at = draw(st.integers(0, len(history.refunds) - 1))
        history.fail(at, today, falls_to=falls_to)
    elif lost:
        invoice = lost[draw(st.integers(0, len(lost) - 1))]
        amount = max(invoice.recoverable * draw(st.integers(1, 10)) // 10, 1)
        history.recover(invoice, amount, today)


policies = st.sampled_from(["proportional", "unearned_first"])
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


def test_what_is_left_after_a_part_was_given_up_is_earned_to_the_end(books: Books) -> None:
    history, end = History(), BEGIN + timedelta(days=92)
    lines = [line(10000, BEGIN, end, tax=1900), line(-2000, BEGIN, end, at=2), line(500, at=3)]
    part_paid = history.issue(lines, BEGIN)
    history.pay(part_paid, 4567, BEGIN + timedelta(days=3))
    history.give_up(part_paid, BEGIN + timedelta(days=61))
    late = history.issue([line(9999, BEGIN, end)], BEGIN + timedelta(days=100))
    history.pay(late, 3333, BEGIN + timedelta(days=100))
    history.give_up(late, BEGIN + timedelta(days=100))
    reading = books.project(history.envelopes)
    for after in (0, 60, 61, 62, 90, 91, 92, 99, 100, 101):
        day = BEGIN + timedelta(days=after)
        oracle = Oracle(history.envelopes, reading.position, day)
        _agrees(oracle, reading, Asked(day))
        assert findings(reading, Asked(day)) == []


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
