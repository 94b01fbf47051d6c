"""Arithmetic in a mapping is exact, small, and never code."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.formula import FormulaWrong, parse
from importer.problems import CellWrong

ROW = {"price": "29.85", "count": "3", "Monthly Charges": "0.1", "kind": "year"}
TABLES = {"months": {"month": 1, "year": 12}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12 * price", "358.2"),
        ("price*count + 0.05", "89.6"),
        ("2 - 3 - 4", "-5"),
        ("2 * (3 + count) / 4", "3"),
        ("-price + 30", "0.15"),
        ("'Monthly Charges' * 3", "0.3"),
        ("months[kind] * price", "358.2"),
        ("10 / 4 / 5", "0.5"),
    ],
)
def test_a_formula_gives_the_exact_number(text, value):
    assert parse(text, TABLES).value(ROW) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "12 *", "(price", "price)", "price price", "__import__('os')", "1e5", "weeks[kind]",
     "months[3]", "price ** 2", "price.real"],
)  # fmt: skip
def test_what_is_no_formula_is_refused_when_the_mapping_is_read(text):
    with pytest.raises(FormulaWrong):
        parse(text, TABLES)


@pytest.mark.parametrize("cell", ["", "abc", "1,5", "1e3", "NaN", "0x10", "--1", "１２"])
def test_a_cell_that_is_no_decimal_is_told_by_its_column(cell):
    with pytest.raises(CellWrong) as wrong:
        parse("12 * price", {}).value({"price": cell})
    assert wrong.value.column == "price"


@given(st.decimals(-(10**9), 10**9, places=4), st.decimals(-(10**9), 10**9, places=4))
def test_sums_and_products_are_those_of_fractions(left, right):
    row = {"a": f"{left:f}", "b": f"{right:f}"}
    assert parse("a * b - b", {}).value(row) == Fraction(left) * Fraction(right) - Fraction(right)
