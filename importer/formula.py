"""Arithmetic on money in a mapping: `12 * MonthlyCharges`, exact and never evaluated as code.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = "-" factor | "(" sum ")" | number | column | table "[" column "]"

A column is a bare word or any text in single quotes; a table is one of the mapping's lookups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from importer.problems import CellWrong

Row = Mapping[str, str]
Value = Callable[[Row], Fraction]
Tables = Mapping[str, Mapping[str, object]]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[^\W0-9]\w*)|'(?P<quoted>[^']*)'|(?P<sign>[-+*/()\[\]]))"
)
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,12})?")


class FormulaWrong(ValueError):
    """The formula does not read; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Formula:
    """`value(row)` is an exact number of major units. Raises CellWrong for a cell that is none."""

    value: Value
    columns: frozenset[str]


def parse(text: str, tables: Tables) -> Formula:
    """Raises FormulaWrong."""
    reader = _Reader(text, tables)
    value = reader.sum()
    if reader.word:
        reader.refuse(f"{reader.word!r} is not expected")
    return Formula(value, frozenset(reader.columns))


def decimal(text: str, column: str) -> Fraction:
    """The exact value of plain decimal text such as `29.85`. Raises CellWrong."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise CellWrong(column, f"{text!r} is not a decimal number")
    return Fraction(text.strip())


@dataclass
class _Reader:
    text: str
    tables: Tables
    columns: set[str] = field(default_factory=set)
    word: str = ""
    kind: str = ""
    at: int = 0

    def __post_init__(self) -> None:
        self._advance()

    def sum(self) -> Value:
        value = self._product()
        while self.kind == "sign" and self.word in "+-":
            value = _combined(self._taken(), value, self._product())
        return value

    def _product(self) -> Value:
        value = self._factor()
        while self.kind == "sign" and self.word in "*/":
            value = _combined(self._taken(), value, self._factor())
        return value

    def _factor(self) -> Value:
        kind, word = self.kind, self._taken()
        if kind == "number":
            return _constant(Fraction(word))
        if kind in {"name", "quoted"}:
            return self._looked_up(word) if self.word == "[" else self._column(word)
        if word == "-":
            return _combined("-", _constant(Fraction(0)), self._factor())
        if word == "(":
            value = self.sum()
            self._expect(")")
            return value
        return self.refuse("a number, a column or ( is expected")

    def _column(self, name: str) -> Value:
        self.columns.add(name)
        return lambda row: decimal(row[name], name)

    def _looked_up(self, table: str) -> Value:
        self._expect("[")
        if self.kind not in {"name", "quoted"}:
            self.refuse("a column is expected")
        column = self._taken()
        self._expect("]")
        if table not in self.tables:
            self.refuse(f"there is no [lookups.{table}]")
        self.columns.add(column)
        return _table(table, self._numbers(table), column)

    def _numbers(self, table: str) -> dict[str, Fraction]:
        try:
            return {key: decimal(str(value), key) for key, value in self.tables[table].items()}
        except CellWrong as wrong:
            self.refuse(f"[lookups.{table}] {wrong}")

    def _expect(self, sign: str) -> None:
        if self._taken() != sign:
            self.refuse(f"{sign} is expected")

    def _taken(self) -> str:
        taken = self.word
        self._advance()
        return taken

    def _advance(self) -> None:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            rest = self.text[self.at :].strip()
            self.word = self.kind = ""
            return self.refuse(f"{rest[:10]!r} cannot be read") if rest else None
        self.at = found.end()
        self.kind = found.lastgroup or ""
        self.word = found[self.kind]
        return None

    def refuse(self, reason: str) -> NoReturn:
        raise FormulaWrong(f"in {self.text!r}: {reason}")


def _constant(number: Fraction) -> Value:
    return lambda _: number


def _table(name: str, numbers: Mapping[str, Fraction], column: str) -> Value:
    def value(row: Row) -> Fraction:
        try:
            return numbers[row[column].strip()]
        except KeyError:
            raise CellWrong(column, f"{row[column]!r} is not in [lookups.{name}]") from None

    return value


def _combined(sign: str, left: Value, right: Value) -> Value:
    match sign:
        case "+":
            return lambda row: left(row) + right(row)
        case "-":
            return lambda row: left(row) - right(row)
        case "*":
            return lambda row: left(row) * right(row)
        case _:
            return lambda row: left(row) / right(row)
