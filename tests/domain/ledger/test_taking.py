"""What each line bears of an amount taken back: any mixture of signs, to the cent, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.taking import Remains, taken_of
from domain.shared.money import round_half_away

POLICIES = ("proportional", "unearned_first")
CENTS = st.integers(-3000, 9000)
LINES = st.lists(
    st.tuples(CENTS, CENTS, st.integers(-500, 1700), st.integers(0, 4000)), min_size=1, max_size=8
)


def sums(lines: list[Remains]) -> tuple[int, ...]:
    return tuple(sum(each[at] for each in lines) for at in range(4))


@given(LINES, st.sampled_from(POLICIES), st.data())
def test_nobody_bears_more_than_there_is_and_tax_is_rounded_once(
    lines: list[Remains], policy: str, data: st.DataObject
) -> None:
    whole = sum(sums(lines))
    amount = data.draw(st.integers(0, max(whole, 0)))
    taken = taken_of(amount, lines, policy)
    assert sum(sums(taken)) == amount
    for share, line in zip(taken, lines, strict=True):
        for part, there in zip(share, line, strict=True):
            assert min(0, there) <= part <= max(0, there)
    if amount:
        assert sums(taken)[2] == round_half_away(amount * sums(lines)[2], whole)


@given(LINES, st.lists(st.sampled_from(POLICIES), min_size=2, max_size=4), st.data())
def test_in_parts_everything_is_taken_once(
    lines: list[Remains], policies: list[str], data: st.DataObject
) -> None:
    left = lines
    for policy in policies:
        amount = data.draw(st.integers(0, max(sum(sums(left)), 0)))
        left = less(left, taken_of(amount, left, policy))
    rest = sum(sums(left))
    if rest > 0:
        assert less(left, taken_of(rest, left, policies[0])) == [(0, 0, 0, 0)] * len(lines)


@given(LINES, st.data())
def test_in_proportion_no_kind_is_a_cent_off(lines: list[Remains], data: st.DataObject) -> None:
    whole = sum(sums(lines))
    amount = data.draw(st.integers(0, max(whole, 0)))
    for part, there in zip(sums(taken_of(amount, lines, POLICIES[0])), sums(lines), strict=True):
        assert abs(part * whole - amount * there) < max(whole, 1)


@pytest.mark.parametrize(
    ("lines", "amount", "tax"),
    [
        ([(100, 0, 4, 0)] * 100, 1000, 38),
        ([(100, 0, 4, 0)] * 10, 100, 4),
        ([(500, 0, 35, 0)] * 12, 600, 39),
        (
            [(333, 0, 24, 0), (333, 0, 24, 0), (333, 0, 23, 0), (333, 0, 23, 0), (333, 0, 23, 0)],
            200,
            13,
        ),
        ([(333, 0, 24, 0), (333, 0, 23, 0), (333, 0, 23, 0)], 100, 7),
    ],
)
@pytest.mark.parametrize("policy", POLICIES)
def test_many_small_lines_keep_their_tax(
    lines: list[Remains], amount: int, tax: int, policy: str
) -> None:
    assert sums(taken_of(amount, lines, policy))[2] == tax


@pytest.mark.parametrize("policy", POLICIES)
def test_more_tax_than_money_is_given_back_all_the_same(policy: str) -> None:
    lines = [(6667, 3333, 1900, 0), (0, -11000, 0, 0)]
    first = taken_of(200, lines, policy)
    assert sums(first)[2] == 422
    assert sum(sums(first)) == 200
    left = less(lines, first)
    assert less(left, taken_of(700, left, policy)) == [(0, 0, 0, 0)] * 2


def test_what_a_won_dispute_brought_gives_its_share_and_its_tax() -> None:
    """46.00 of 92.00 are income of a dispute, of the others 0.50 earned; the tax stands whole."""
    line = (4550, 50, 920, 4600)
    (taken,) = taken_of(5060, [line], "proportional")
    assert taken == (2275, 25, 460, 2300)
    assert taken_of(5060, [line], "unearned_first") == [(4550, 1, 460, 49)]
    assert taken_of(10120, [line], "proportional") == [line]


def test_what_is_unearned_gives_first_and_a_credit_gives_nothing() -> None:
    sold, credit = (12000, 0, 0, 0), (0, -2000, 0, 0)
    assert taken_of(5000, [sold, credit], "unearned_first") == [(5000, 0, 0, 0), (0, 0, 0, 0)]
    assert taken_of(10000, [sold, credit], "unearned_first") == [sold, credit]
    later = [(0, 12000, 0, 0), (-2000, 0, 0, 0)]
    assert taken_of(1000, later, "unearned_first") == [(0, 1000, 0, 0), (0, 0, 0, 0)]


@pytest.mark.parametrize("policy", POLICIES)
def test_lines_that_cancel_out_give_their_share(policy: str) -> None:
    lines = [(0, 1000, 190, 0), (0, -1000, -190, 0), (5000, 0, 0, 0)]
    (_, first, taxed, _), (_, second, untaxed, _), (rest, _, _, _) = taken_of(100, lines, policy)
    assert (taxed, untaxed, rest) == (4, -4, 100)
    assert (first, second) == ((20, -20) if policy == "proportional" else (0, 0))


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_takes_nothing_and_more_is_refused(policy: str) -> None:
    assert taken_of(0, [(10, 0, 0, 0), (-10, 0, 0, 0)], policy) == [(0, 0, 0, 0)] * 2
    for amount in (-1, 11):
        with pytest.raises(ValueError, match="not a part"):
            taken_of(amount, [(5, 5, 0, 0)], policy)


def less(lines: list[Remains], taken: list[Remains]) -> list[Remains]:
    return [
        (line[0] - part[0], line[1] - part[1], line[2] - part[2], line[3] - part[3])
        for line, part in zip(lines, taken, strict=True)
    ]
