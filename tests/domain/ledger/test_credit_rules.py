"""What refunds, credit notes and recoveries book, by the numeric examples of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing.adjustment import Restored
from domain.ledger import posting_rules as rules
from domain.ledger.books import Charge, LineBook, WrittenOff
from domain.ledger.chart import Account
from domain.ledger.segments import PostingDay, earned_through, unearned
from tests.domain.ledger.test_posting_rules import TAXED, charges, issued, totals


def day(month: int, number: int) -> PostingDay:
    on = date(2026, month, number)
    return PostingDay(on, on)


def earned(lines: tuple[LineBook, ...], until: date) -> int:
    return sum(earned_through(segment, until) for line in lines for segment in line.segments)


def test_a_refund_takes_each_kind_in_proportion() -> None:
    """Of 100.00 and 10.00 over 92 days on 16 April, half is earned: a quarter of it is 27.50."""
    booking = rules.refunded(issued(TAXED).lines, 2750, Account.CASH_ONLINE, day(4, 16),
                             "proportional")  # fmt: skip
    assert totals(booking.postings) == {
        "deferred_revenue": 1250, "refunds": 1250, "tax_payable": 250, "cash_online": -2750,
    }  # fmt: skip


def test_a_refund_of_unused_time_goes_past_it_only_when_it_is_used_up() -> None:
    lines = issued(TAXED).lines
    booking = rules.refunded(lines, 6600, Account.CASH_OFFLINE, day(4, 16), "unearned_first")
    assert totals(booking.postings) == {
        "deferred_revenue": 5000, "refunds": 1000, "tax_payable": 600, "cash_offline": -6600,
    }  # fmt: skip


def test_a_credit_note_goes_where_it_says() -> None:
    to = {"receivable": 1100, "balance": 550, "card": 825, "offline": 275}
    booking = rules.credited(issued(TAXED).lines, to, day(4, 16), "proportional")
    assert totals(booking.postings) == {
        "deferred_revenue": 1250, "credit_notes": 1250, "tax_payable": 250,
        "accounts_receivable": -1100, "customer_balance": -550, "cash_online": -825,
        "cash_offline": -275,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "deferred", "contra"), [("proportional", 1500, 1500), ("unearned_first", 3000, 0)]
)
def test_a_credit_note_of_single_lines_leaves_the_others(
    policy: str, deferred: int, contra: int
) -> None:
    lines = issued(TAXED, replace(TAXED, line_id="il_2")).lines
    parts = {"il_1": (3000, 300)}
    booking = rules.lines_credited(lines, parts, {"receivable": 3300}, day(4, 16), policy)
    assert totals(booking.postings) == {
        name: amount for name, amount in {
            "deferred_revenue": deferred, "credit_notes": contra, "tax_payable": 300,
            "accounts_receivable": -3300,
        }.items() if amount
    }  # fmt: skip
    assert [line.line_id for line in booking.lines] == ["il_1"]
    assert (booking.lines[0].net_reversed, booking.lines[0].tax_reversed) == (3000, 300)


def test_a_void_note_is_mirrored_and_earned_over_the_days_that_are_left() -> None:
    lines = issued(TAXED).lines
    noted = rules.credited(lines, {"receivable": 5500}, day(4, 16), "proportional")
    back = [Restored("il_1", 2500, 2500, 500, date(2026, 5, 1), date(2026, 6, 1))]
    booking = rules.credit_note_voided(noted.lines, back, 5500, day(5, 1))
    assert totals(booking.postings) == {
        "accounts_receivable": 5500, "deferred_revenue": -2500, "credit_notes": -2500,
        "tax_payable": -500,
    }  # fmt: skip
    (line,) = booking.lines
    assert (line.net_reversed, line.tax_reversed) == (0, 0)
    ends = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert [earned(booking.lines, end) for end in ends] == [3370, 3370 + 1630 + 815, 10000]


def test_a_refused_refund_puts_the_money_back() -> None:
    lines = rules.refunded(
        issued(TAXED).lines, 5500, Account.CASH_ONLINE, day(4, 16), "proportional"
    ).lines
    back = [Restored("il_1", 2500, 2500, 500, date(2026, 4, 16), date(2026, 6, 1))]
    booking = rules.refund_reversed(lines, back, 5500, day(4, 16))
    assert totals(booking.postings) == {
        "cash_online": 5500, "deferred_revenue": -2500, "refunds": -2500, "tax_payable": -500,
    }  # fmt: skip
    assert totals(rules.refund_kept(5500)) == {"cash_online": 5500, "customer_balance": -5500}
    assert rules.balance_credited(5500, "refund_failed") == rules.refund_kept(5500)


@pytest.mark.parametrize(
    ("lost", "amounts", "expected"),
    [
        (WrittenOff(11000, 6630, 1000), [11000],
         {"tax_payable": -1000, "bad_debt": -6630, "recoveries": -3370}),
        (WrittenOff(11000, 6630, 1000), [5500], {"tax_payable": -500, "bad_debt": -5000}),
        (WrittenOff(11000, 6630, 1000), [3333, 3333, 4334],
         {"tax_payable": -1000, "bad_debt": -6630, "recoveries": -3370}),
        (WrittenOff(11000, 7630, 0), [8000], {"bad_debt": -7630, "recoveries": -370}),
        (WrittenOff(11000, 0, 0), [100], {"recoveries": -100}),
    ],
)  # fmt: skip
def test_a_recovery_owes_the_tax_again_then_undoes_bad_debt(
    lost: WrittenOff, amounts: list[int], expected: dict[str, int]
) -> None:
    entries = []
    for amount in amounts:
        entries += rules.recovered(amount, "offline", lost)
        lost = replace(lost, recovered=lost.recovered + amount)
    assert totals(tuple(entries)) == {"cash_offline": sum(amounts), **expected}


@given(charges(), st.integers(0, 500), st.data())
def test_notes_and_refunds_in_any_parts_take_each_line_back_once(
    lines: list[Charge], later: int, data: st.DataObject
) -> None:
    total = sum(charge.net + charge.tax for charge in lines)
    if total <= 0 or any(charge.net < 0 for charge in lines):
        return
    on = date.fromordinal(date(2026, 3, 1).toordinal() + later)
    booked = {line.line_id: line for line in issued(*lines).lines}
    left = total
    for tenths in [*data.draw(st.lists(st.integers(1, 9), max_size=3)), 10]:
        part = left * tenths // 10
        policy = data.draw(st.sampled_from(["proportional", "unearned_first"]))
        made = rules.credited(list(booked.values()), {"balance": part}, PostingDay(on, on), policy)
        booked |= {line.line_id: line for line in made.lines}
        left -= part
        on = date.fromordinal(on.toordinal() + 17)
    for line in booked.values():
        assert (line.net_reversed, line.tax_reversed) == (line.net, line.tax)
        assert sum(unearned(segment, on) for segment in line.segments) == 0
