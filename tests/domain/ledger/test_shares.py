"""A part taken from several amounts keeps every cent and never takes more than is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.shares import shares
from domain.shared.money import allocate

AMOUNTS = st.lists(st.integers(-10_000, 100_000), min_size=1, max_size=6)


@given(AMOUNTS, st.data())
def test_shares_sum_to_the_part_and_stay_within_their_amounts(
    amounts: list[int], data: st.DataObject
) -> None:
    whole = sum(amounts)
    part = data.draw(st.integers(min(0, whole), max(0, whole)))
    taken = shares(part, amounts)
    assert sum(taken) == part
    assert all(min(0, a) <= t <= max(0, a) for t, a in zip(taken, amounts, strict=True))


@given(AMOUNTS, st.data())
def test_a_negative_sum_mirrors_the_positive_one(amounts: list[int], data: st.DataObject) -> None:
    whole = sum(amounts)
    part = data.draw(st.integers(min(0, whole), max(0, whole)))
    assert shares(-part, [-a for a in amounts]) == [-t for t in shares(part, amounts)]


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=6), st.data())
def test_positive_amounts_are_split_as_money_is(amounts: list[int], data: st.DataObject) -> None:
    part = data.draw(st.integers(0, sum(amounts)))
    assert shares(part, amounts) == allocate(part, amounts)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6), st.data())
def test_taking_a_part_and_then_the_rest_takes_everything_once(
    amounts: list[int], data: st.DataObject
) -> None:
    first = shares(data.draw(st.integers(0, sum(amounts))), amounts)
    left = [a - t for a, t in zip(amounts, first, strict=True)]
    assert shares(sum(left), left) == left


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="not a part"):
        shares(11, [5, 5])
