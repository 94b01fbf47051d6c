"""Splits keep every cent, rounding is half away from zero, majors read back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.money import (
    EXPONENTS,
    allocate,
    major,
    round_half_away,
)

amounts = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (0, 7, 0), (1, 2, 1), (-1, 2, -1)],
)
def test_halves_round_away_from_zero(numerator, denominator, rounded):
    assert round_half_away(numerator, denominator) == rounded


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**6))
def test_rounding_agrees_with_decimal_arithmetic(numerator, denominator):
    exact = Decimal(numerator) / Decimal(denominator)
    assert abs(Decimal(round_half_away(numerator, denominator)) - exact) <= Decimal("0.5")
    assert round_half_away(-numerator, denominator) == -round_half_away(numerator, denominator)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_sums_to_its_total_and_mirrors(total, weights):
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert allocate(-total, weights) == [-share for share in shares]


@given(amounts, st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_no_share_is_a_cent_or_more_from_its_exact_part(total, weights):
    for share, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


def test_ties_go_to_the_earlier_part():
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(2, [0, 0]) == [2, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_a_split_needs_weights_that_are_not_negative(weights):
    with pytest.raises(ValueError, match="weights"):
        allocate(1, weights)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(3100, "USD", "31.00"), (-5, "USD", "-0.05"), (7, "JPY", "7"), (1500, "KWD", "1.500")],
)
def test_amounts_read_in_major_units(amount, currency, text):
    assert major(amount, currency) == text


@given(amounts, st.sampled_from(sorted(EXPONENTS)))
def test_major_units_read_back(amount, currency):
    assert Decimal(major(amount, currency)) * 10 ** EXPONENTS[currency] == amount
