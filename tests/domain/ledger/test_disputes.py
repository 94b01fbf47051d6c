"""What a bank takes back and returns, by a numeric example and by what must hold of any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import posting_rules as rules
from domain.ledger.books import Charge, LineBook
from domain.ledger.segments import PostingDay

MARCH_1 = PostingDay(date(2026, 3, 1), date(2026, 3, 1))
APRIL_1 = PostingDay(date(2026, 4, 1), date(2026, 4, 1))
SPRING = Charge("il_1", 9200, 920, date(2026, 3, 1), date(2026, 6, 1))


@dataclass(frozen=True)
class Part:
    line_id: str
    unearned: int
    earned: int
    tax: int
    start: date = date(2026, 4, 1)
    end: date = date(2026, 6, 1)
    forgone: int = 0


def totals(postings):
    found = {}
    for posting in postings:
        found[posting.account] = found.get(posting.account, 0) + posting.amount
    return {account: amount for account, amount in found.items() if amount}


def booked(*charges: Charge) -> list[LineBook]:
    return list(rules.invoice_issued(charges, MARCH_1).lines)


def test_a_whole_invoice_is_disputed_after_a_third_of_its_service_and_won() -> None:
    """92.00 and 9.20 tax over 92 days, 31 of them earned: 31.00 lost, 61.00 not earned any more."""
    lines = booked(SPRING)
    opened = rules.disputed(lines, 10120, 10120, APRIL_1)
    assert totals(opened.postings) == {
        "dispute_losses": 3100, "deferred_revenue": 6100, "tax_payable": 920, "cash_online": -10120,
    }  # fmt: skip
    (line,) = opened.lines
    assert line.remains(APRIL_1.effective) == (0, 0, 0, 0)
    won = rules.dispute_won([line], [Part("il_1", 6100, 3100, 920)], 10120)
    assert totals(won.postings) == {
        "cash_online": 10120, "tax_payable": -920, "dispute_losses": -3100, "recoveries": -6100,
    }  # fmt: skip
    assert won.lines[0].remains(APRIL_1.effective) == (0, 3100, 920, 6100)


def test_what_the_lines_do_not_bear_is_lost_as_a_whole() -> None:
    """100.00 were charged, 60.00 of it given back before: the bank takes all of it once more."""
    lines = booked(replace(SPRING, net=10000, tax=0))
    left = rules.refunded(lines, 6000, rules.CASH["online"], APRIL_1, "proportional").lines
    booking = rules.disputed(left, 4000, 10000, APRIL_1)
    taken = totals(booking.postings)
    assert taken["cash_online"] == -10000
    assert taken["dispute_losses"] + taken["deferred_revenue"] == 10000
    assert taken["dispute_losses"] >= 6000
    assert rules.disputed([], 0, 500, APRIL_1).lines == ()
    assert totals(rules.disputed([], 0, 500, APRIL_1).postings) == {
        "dispute_losses": 500, "cash_online": -500,
    }  # fmt: skip


@given(
    st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 10**6), st.integers(0, 100),
    st.integers(0, 10**6),
)  # fmt: skip
def test_a_won_dispute_leaves_cash_and_tax_as_if_there_had_been_none(
    net, tax, counted, days, beyond
):
    lines = booked(replace(SPRING, net=net, tax=tax))
    on = date.fromordinal(MARCH_1.effective.toordinal() + days)
    day = PostingDay(on, on)
    before = lines[0].remains(on)
    opened = rules.disputed(lines, counted, counted + beyond, day)
    after = opened.lines[0] if opened.lines else lines[0]
    unearned, earned, gone, _ = (b - a for b, a in zip(before, after.remains(on), strict=True))
    won = rules.dispute_won([after], [Part("il_1", unearned, earned, gone)], counted + beyond)
    both = totals((*opened.postings, *won.postings))
    assert both.get("cash_online", 0) == both.get("tax_payable", 0) == 0
    assert both.get("dispute_losses", 0) == 0
    assert both.get("recoveries", 0) == -both.get("deferred_revenue", 0)


def test_money_that_waits_and_is_disputed_comes_to_nothing_when_its_invoice_ends() -> None:
    """6.00 of 10.00 recognised by payment: the bank gave them back, so there is neither debt nor
    loss."""
    parts = (
        rules.part_payment_received(600, "online"),
        rules.disputed([], 600, 600, MARCH_1).postings,
        rules.unapplied_forgone(600),
    )
    assert totals(parts[2]) == {"unapplied_payments": 600, "dispute_losses": -600}
    assert totals(posting for part in parts for posting in part) == {}


def test_a_write_off_after_a_won_dispute_gives_up_its_share_of_the_tax() -> None:
    """40.00 of 101.20 are owed: 40.00 x 9.20 / 101.20 of the tax, whatever became income."""
    lines = booked(SPRING)
    (opened,) = rules.disputed(lines, 6120, 6120, MARCH_1).lines
    taken = lines[0].remains(MARCH_1.effective)[0] - opened.remains(MARCH_1.effective)[0]
    tax = opened.tax_reversed
    (line,) = rules.dispute_won([opened], [Part("il_1", taken, 0, tax)], 6120).lines
    given_up = rules.marked_uncollectible([line], 4000, MARCH_1, tax_relief=True, won=True)
    assert totals(given_up.postings)["tax_payable"] == 364
    assert line.forgone - given_up.lines[0].forgone > 0
