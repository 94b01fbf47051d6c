"""Tax is rounded once per rate and split over its lines to the cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing.lines import Line, with_tax
from domain.shared.money import round_half_away

CENT = Fraction(1)
RATES = st.sampled_from([None, Decimal("0.07"), Decimal("0.19"), Decimal("0.1")])
BEHAVIORS = st.sampled_from(["exclusive", "inclusive"])


def line(unit_amount: int, rate: str | Decimal | None, behavior: str = "exclusive", quantity=1):
    return Line(
        id="il", description="x", unit_amount=unit_amount, quantity=quantity, amount=0,
        tax_rate=None if rate is None else Decimal(rate), tax_behavior=behavior,
    )  # fmt: skip


def test_three_lines_of_a_third_share_the_cents_of_one_rounding():
    taxed = with_tax([line(333, "0.10"), line(333, "0.10"), line(334, "0.10")])
    assert sum(each.tax for each in taxed) == 100
    assert [each.tax for each in taxed] == [33, 33, 34]


def test_inclusive_tax_comes_out_of_the_price():
    (taxed,) = with_tax([line(11900, "0.19", "inclusive")])
    assert (taxed.amount, taxed.tax) == (10000, 1900)


def test_a_credit_line_carries_its_tax_back():
    charged, credited = with_tax([line(10000, "0.19"), line(-4000, "0.19")])
    assert (charged.tax, credited.tax) == (1900, -760)


def test_what_cancels_out_is_not_taxed():
    assert [each.tax for each in with_tax([line(100, "0.07"), line(-100, "0.07")])] == [7, -7]


@pytest.mark.parametrize("quantity", [1, 3])
def test_quantity_multiplies_before_tax(quantity):
    (taxed,) = with_tax([line(1000, "0.10", quantity=quantity)])
    assert (taxed.amount, taxed.tax) == (1000 * quantity, 100 * quantity)


def exact(entered: int, rate: Decimal, behavior: str) -> Fraction:
    part = Fraction(rate)
    return entered * part / (1 + part if behavior == "inclusive" else 1)


def nearest(amount: Fraction) -> int:
    return round_half_away(amount.numerator, amount.denominator)


def test_both_kinds_of_one_rate_are_rounded_together():
    """2.7993 and 1.6355 are 4.4348."""
    net, gross = with_tax([line(3999, "0.07"), line(2500, "0.07", "inclusive")])
    assert ((net.amount, net.tax), (gross.amount, gross.tax)) == ((3999, 280), (2337, 163))


def test_a_gross_credit_takes_back_what_a_net_charge_with_its_tax_is():
    charged, credited = with_tax([line(10000, "0.07"), line(-10700, "0.07", "inclusive")])
    assert ((charged.amount, charged.tax), (credited.amount, credited.tax)) == (
        (10000, 700), (-10000, -700),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(-(10**8), 10**8), RATES, BEHAVIORS), max_size=12))
def test_each_rate_is_rounded_once_and_nothing_is_lost(entries):
    taxed = with_tax([line(*entry) for entry in entries])
    for rate in {rate for _, rate, _ in entries if rate}:
        group = sum(each.tax for each in taxed if each.tax_rate == rate)
        assert group == nearest(
            sum((exact(*each) for each in entries if each[1] == rate), 0 * CENT)
        )
    for each, (entered, rate, behavior) in zip(taxed, entries, strict=True):
        gross = each.amount + each.tax if behavior == "inclusive" and rate else each.amount
        assert gross == entered


@given(st.lists(st.tuples(st.integers(0, 10**8), RATES, BEHAVIORS), max_size=12))
def test_what_is_charged_bears_its_own_tax_within_a_cent_and_a_half(entries):
    taxed = with_tax([line(*entry) for entry in entries])
    for each, entry in zip(taxed, entries, strict=True):
        due = exact(*entry) if entry[1] else 0 * CENT
        assert each.tax >= 0
        assert abs(each.tax - due) < CENT * 3 / 2
