"""Each fact's entry, by the numeric examples of the bookkeeping rules."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking, Charge, LineBook, Posting
from domain.ledger.chart import DEFAULT_GL_CODES, Account, Side, normal_side
from domain.ledger.segments import PostingDay, earned_through, unearned

MARCH_1 = PostingDay(date(2026, 3, 1), date(2026, 3, 1))
MAY_1 = PostingDay(date(2026, 5, 1), date(2026, 5, 1))
SPRING = Charge("il_1", 10000, 0, date(2026, 3, 1), date(2026, 6, 1))
TAXED = replace(SPRING, tax=1000)


def totals(postings: tuple[Posting, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for posting in postings:
        found[posting.account] = found.get(posting.account, 0) + posting.amount
    return {account: amount for account, amount in found.items() if amount}


def issued(*charges: Charge, day: PostingDay = MARCH_1) -> Booking:
    return rules.invoice_issued(charges, day)


def test_issued_books_the_total_against_each_net_and_the_tax() -> None:
    booking = issued(TAXED, Charge("il_2", 500, 50))
    assert totals(booking.postings) == {
        "accounts_receivable": 11550,
        "deferred_revenue": -10000,
        "recognized_revenue": -500,
        "tax_payable": -1050,
    }
    assert [p.line_id for p in booking.postings] == [None, "il_1", "il_2", None]


def test_a_zero_total_with_lines_nets_to_nothing_but_keeps_its_segments() -> None:
    booking = issued(SPRING, replace(SPRING, line_id="il_2", net=-10000))
    assert [p.amount for p in booking.postings] == [-10000, 10000]
    assert [line.segments[0].amount for line in booking.lines] == [10000, -10000]


def test_an_invoice_of_zero_lines_posts_nothing() -> None:
    booking = issued(Charge("il_1", 0, 0), replace(SPRING, net=0))
    assert booking.postings == ()
    assert all(line.segments == () for line in booking.lines)


def test_a_service_within_one_day_is_earned_on_that_day() -> None:
    visit = replace(SPRING, start=date(2026, 3, 14), end=date(2026, 3, 14))
    (segment,) = issued(visit).lines[0].segments
    assert [earned_through(segment, date(2026, 3, day)) for day in (13, 14)] == [0, 10000]


def test_a_negative_invoice_is_credit_we_owe() -> None:
    assert totals(issued(replace(TAXED, net=-10000, tax=-1000)).postings) == {
        "deferred_revenue": 10000,
        "tax_payable": 1000,
        "customer_balance": -11000,
    }


@pytest.mark.parametrize(
    ("source", "account"), [("online", "cash_online"), ("offline", "cash_offline")]
)
def test_money_on_an_invoice_by_its_strategy(source: str, account: str) -> None:
    assert totals(rules.payment_received(4400, source)) == {
        account: 4400,
        "accounts_receivable": -4400,
    }
    assert totals(rules.part_payment_received(4400, source)) == {
        account: 4400,
        "unapplied_payments": -4400,
    }


def test_voided_takes_back_unearned_earned_and_tax() -> None:
    booking = rules.invoice_voided(issued(TAXED).lines, 8000, 3000, MAY_1)
    assert totals(booking.postings) == {
        "deferred_revenue": 3370,
        "voids": 6630,
        "tax_payable": 1000,
        "accounts_receivable": -8000,
        "customer_balance": -3000,
    }
    assert booking.lines[0].segments[0].stopped_on == date(2026, 5, 1)
    assert booking.lines[0].remains(date(2026, 6, 30)) == (0, 0, 0, 0)


def test_voided_on_the_day_of_issue_had_earned_nothing() -> None:
    booking = rules.invoice_voided(issued(SPRING).lines, 10000, 0, MARCH_1)
    assert totals(booking.postings) == {"deferred_revenue": 10000, "accounts_receivable": -10000}


def test_voided_after_the_service_leaves_the_segment_as_it_ran() -> None:
    july = PostingDay(date(2026, 7, 1), date(2026, 7, 1))
    booking = rules.invoice_voided(issued(SPRING).lines, 10000, 0, july)
    assert totals(booking.postings) == {"voids": 10000, "accounts_receivable": -10000}
    assert booking.lines[0].segments[0].stopped_on is None


def test_a_line_without_period_is_voided_as_revenue() -> None:
    booking = rules.invoice_voided(issued(Charge("il_1", 500, 0)).lines, 500, 0, MARCH_1)
    assert totals(booking.postings) == {"voids": 500, "accounts_receivable": -500}


def test_a_void_that_does_not_add_up_is_loud() -> None:
    with pytest.raises(ValueError, match="balance"):
        rules.invoice_voided(issued(SPRING).lines, 9999, 0, MAY_1)


def test_uncollectible_on_1_may() -> None:
    booking = rules.marked_uncollectible(issued(SPRING).lines, 10000, MAY_1, tax_relief=True)
    assert totals(booking.postings) == {
        "deferred_revenue": 3370,
        "bad_debt": 6630,
        "accounts_receivable": -10000,
    }


@pytest.mark.parametrize(
    ("relief", "expected"),
    [
        (True, {"deferred_revenue": 2022, "bad_debt": 3978, "tax_payable": 600}),
        (False, {"deferred_revenue": 2022, "bad_debt": 4578}),
    ],
)
def test_uncollectible_gives_up_only_what_is_outstanding(
    relief: bool, expected: dict[str, int]
) -> None:
    booking = rules.marked_uncollectible(issued(TAXED).lines, 6600, MAY_1, tax_relief=relief)
    assert totals(booking.postings) == {**expected, "accounts_receivable": -6600}
    stopped, onward = booking.lines[0].segments
    assert stopped.stopped_on == date(2026, 5, 1)
    assert (onward.amount, onward.start, onward.end) == (1348, date(2026, 5, 1), date(2026, 6, 1))


def test_uncollectible_splits_over_lines_that_charge_and_credit() -> None:
    credit = Charge("il_2", -2000, 0, date(2026, 4, 16), date(2026, 5, 16))
    booking = rules.marked_uncollectible(issued(SPRING, credit).lines, 4000, MAY_1, tax_relief=True)
    by_line = {
        line: totals(tuple(p for p in booking.postings if p.line_id == line))
        for line in ("il_1", "il_2")
    }
    assert by_line == {
        "il_1": {"deferred_revenue": 1685, "bad_debt": 3315},
        "il_2": {"deferred_revenue": -500, "bad_debt": -500},
    }


def test_fully_paid_books_everything_that_waited() -> None:
    feb_7 = PostingDay(date(2026, 2, 7), date(2026, 2, 7))
    charge = Charge("il_1", 3000, 300, date(2026, 2, 7), date(2026, 3, 7))
    booking = rules.fully_paid([charge], 1000, 2300, "online", feb_7)
    assert totals(booking.postings) == {
        "cash_online": 2300,
        "unapplied_payments": 1000,
        "deferred_revenue": -3000,
        "tax_payable": -300,
    }
    segment = booking.lines[0].segments[0]
    assert earned_through(segment, date(2026, 2, 28)) == 2357
    assert unearned(segment, date(2026, 2, 28)) == 643


@pytest.mark.parametrize(("net", "source"), [(0, "none"), (-3000, "balance")])
def test_a_total_of_nothing_or_less_needs_no_money(net: int, source: str) -> None:
    charge = replace(SPRING, net=net)
    booked = rules.fully_paid([charge], 0, net, source, MARCH_1)
    assert totals(booked.postings) == {
        account: amount
        for account, amount in (("deferred_revenue", -net), ("customer_balance", net))
        if amount
    }
    assert rules.payment_received(net, source) == ()
    assert rules.balance_credited(-net, "invoice") == ()


@pytest.mark.parametrize(
    ("source", "debit"),
    [
        ("online", "cash_online"),
        ("offline", "cash_offline"),
        ("unapplied", "unapplied_payments"),
        ("receivable", "accounts_receivable"),
    ],
)
def test_a_credit_to_the_balance_by_its_source(source: str, debit: str) -> None:
    assert totals(rules.balance_credited(700, source)) == {debit: 700, "customer_balance": -700}


def test_an_unknown_source_is_loud() -> None:
    with pytest.raises(KeyError):
        rules.balance_credited(700, "elsewhere")


def test_every_account_has_a_code_and_a_side() -> None:
    assert set(DEFAULT_GL_CODES) == set(Account)
    assert len(set(DEFAULT_GL_CODES.values())) == len(Account)
    credit = {account for account in Account if normal_side(account) is Side.CREDIT}
    assert credit == {
        "customer_balance", "unapplied_payments", "tax_payable", "deferred_revenue",
        "migration_clearing", "recognized_revenue", "recoveries", "balance_write_offs",
    }  # fmt: skip


@st.composite
def charges(draw: st.DrawFn) -> list[Charge]:
    found = []
    for at in range(draw(st.integers(1, 4))):
        net = draw(st.integers(-5000, 50000))
        tax = net * draw(st.sampled_from([0, 10, 19])) // 100
        start = date.fromordinal(date(2026, 1, 1).toordinal() + draw(st.integers(0, 200)))
        end = date.fromordinal(start.toordinal() + draw(st.integers(1, 400)))
        timed = draw(st.booleans())
        found.append(Charge(f"il_{at}", net, tax, start if timed else None, end if timed else None))
    return found


@given(charges(), st.integers(0, 500), st.data())
def test_giving_up_a_part_and_voiding_the_rest_takes_each_line_back_once(
    lines: list[Charge], later: int, data: st.DataObject
) -> None:
    total = sum(charge.net + charge.tax for charge in lines)
    if total <= 0:
        return
    day = date.fromordinal(MARCH_1.effective.toordinal() + later)
    part = data.draw(st.integers(0, total))
    booked = issued(*lines)
    first = rules.marked_uncollectible(booked.lines, part, PostingDay(day, day), tax_relief=True)
    after = {line.line_id: line for line in (*booked.lines, *first.lines)}
    last = rules.invoice_voided(list(after.values()), total - part, 0, PostingDay(day, day))
    gone = after | {line.line_id: line for line in last.lines}
    for line in gone.values():
        _nothing_is_left(line, day)


def _nothing_is_left(line: LineBook, day: date) -> None:
    assert (line.net_reversed, line.tax_reversed) == (line.net, line.tax)
    assert line.remains(day) == (0, 0, 0, 0)
    assert sum(unearned(segment, day) for segment in line.segments) == 0


APRIL = Charge("il_1", 3000, 0, date(2026, 4, 1), date(2026, 5, 1))
APRIL_1 = PostingDay(date(2026, 4, 1), date(2026, 4, 1))
APRIL_16 = PostingDay(date(2026, 4, 16), date(2026, 4, 16))


def earned(lines: tuple[LineBook, ...], day: date) -> int:
    return sum(earned_through(segment, day) for line in lines for segment in line.segments)


def test_an_unpaid_plan_change_mirrors_the_unearned_rest_and_lets_the_old_line_run_on() -> None:
    lines = issued(APRIL, day=APRIL_1).lines
    note = rules.line_credited(lines, "il_1", 1500, 0, 0, APRIL_16)
    assert totals(note.postings) == {"deferred_revenue": 1500, "accounts_receivable": -1500}
    new = issued(replace(APRIL, start=date(2026, 4, 16)), day=APRIL_16).lines
    assert earned((*note.lines, *new), date(2026, 4, 30)) == 4500


def test_partly_paid_and_cancelled_the_note_clears_what_is_owed_and_the_rest_is_earned() -> None:
    """The rules' example: 100 + 10 tax, 44 paid, 33.33 earned, a note of 66."""
    charge = Charge("il_1", 10000, 1000, date(2026, 4, 1), date(2026, 5, 1))
    lines = issued(charge, day=APRIL_1).lines
    day = PostingDay(date(2026, 4, 11), date(2026, 4, 11))
    note = rules.credited(lines, {"receivable": 6600}, day, "unearned_first")
    assert totals(note.postings) == {
        "deferred_revenue": 6000, "tax_payable": 600, "accounts_receivable": -6600,
    }  # fmt: skip
    ended = rules.service_ended(note.lines, day)
    assert ended.postings == ()
    assert earned(ended.lines, date(2026, 4, 10)) == 3333
    assert earned(ended.lines, date(2026, 4, 11)) == 4000


def test_half_refunded_twice_takes_everything_once() -> None:
    lines = issued(replace(APRIL, tax=300), day=APRIL_1).lines
    first = rules.refunded(lines, 1650, Account.CASH_ONLINE, APRIL_16, "proportional")
    assert totals(first.postings) == {
        "deferred_revenue": 750, "refunds": 750, "tax_payable": 150, "cash_online": -1650,
    }  # fmt: skip
    second = rules.refunded(first.lines, 1650, Account.CASH_ONLINE, APRIL_16, "proportional")
    assert second.lines[0].remains(APRIL_16.effective) == (0, 0, 0, 0)


def test_an_extended_term_earns_what_is_left_over_the_longer_days() -> None:
    lines = issued(APRIL, day=APRIL_1).lines
    spans = {"il_1": (date(2026, 4, 1), date(2026, 5, 16))}
    longer = rules.service_moved(lines, spans, APRIL_16)
    assert longer.postings == ()
    days = [date(2026, 4, 15), date(2026, 4, 30), date(2026, 5, 15)]
    assert [earned(longer.lines, day) for day in days] == [1500, 2250, 3000]


def test_service_that_has_not_begun_is_moved_whole() -> None:
    lines = issued(replace(APRIL, start=date(2026, 5, 1), end=date(2026, 6, 1)), day=APRIL_1).lines
    spans = {"il_1": (date(2026, 7, 1), date(2026, 8, 1))}
    moved = rules.service_moved(lines, spans, APRIL_16).lines
    assert [earned(moved, date(2026, month, 30)) for month in (4, 6, 7)] == [0, 0, 2903]


@pytest.mark.parametrize(("relief", "back"), [(True, 1000), (False, 0)])
def test_without_relief_a_write_off_leaves_the_tax_owed(relief: bool, back: int) -> None:
    lines = issued(TAXED).lines
    booking = rules.marked_uncollectible(lines, 11000, MAY_1, tax_relief=relief)
    assert booking.lines[0].tax_reversed == back
    assert totals(booking.postings).get("tax_payable", 0) == back


HELD = Charge("il_1", 12000, 1200, held=True)
"""A gift of 120.00 and tax, whose term nobody knows yet."""


def test_a_gift_is_deferred_whole_for_as_long_as_it_is_held() -> None:
    booking = issued(HELD)
    assert totals(booking.postings) == {
        "accounts_receivable": 13200, "deferred_revenue": -12000, "tax_payable": -1200,
    }  # fmt: skip
    (segment,) = booking.lines[0].segments
    assert [unearned(segment, date(year, 12, 31)) for year in (2026, 2126)] == [12000, 12000]


def test_a_gift_is_earned_from_the_day_it_is_redeemed() -> None:
    """Redeemed on 1 May for a year: May earns 31 of 365 days, and the books post nothing."""
    span = {"il_1": (date(2026, 5, 1), date(2027, 5, 1))}
    booking = rules.service_moved(issued(HELD).lines, span, MAY_1)
    assert booking.postings == ()
    held, term = booking.lines[0].segments
    assert [earned_through(held, date(2026, 12, 31)), held.stopped_on] == [0, date(2026, 5, 1)]
    assert [earned_through(term, date(2026, month, day)) for month, day in ((4, 30), (5, 31))] == [
        0, 1019,
    ]  # fmt: skip
    assert earned_through(term, date(2027, 4, 30)) == 12000


def test_a_gift_redeemed_for_a_start_to_come_is_earned_from_that_start() -> None:
    span = {"il_1": (date(2026, 6, 1), date(2027, 6, 1))}
    booking = rules.service_moved(issued(HELD).lines, span, MAY_1)
    _, term = booking.lines[0].segments
    assert [earned_through(term, date(2026, month, 30)) for month in (5, 6)] == [0, 986]


def test_a_gift_paid_back_before_it_was_redeemed_comes_out_of_the_deferral() -> None:
    booking = rules.refunded(issued(HELD).lines, 13200, Account.CASH_ONLINE, MAY_1, "proportional")
    assert totals(booking.postings) == {
        "deferred_revenue": 12000, "tax_payable": 1200, "cash_online": -13200,
    }  # fmt: skip
    half = rules.refunded(issued(HELD).lines, 6600, Account.CASH_ONLINE, MAY_1, "proportional")
    onward = half.lines[0].segments[-1]
    assert (onward.amount, unearned(onward, date(2126, 1, 1))) == (6000, 6000)


def test_a_gift_by_payment_is_held_from_its_payment_on() -> None:
    booking = rules.fully_paid([HELD], 3200, 10000, "online", MARCH_1)
    assert totals(booking.postings) == {
        "cash_online": 10000, "unapplied_payments": 3200, "deferred_revenue": -12000,
        "tax_payable": -1200,
    }  # fmt: skip
    assert booking.lines[0].segments[0].stopped_on is None
