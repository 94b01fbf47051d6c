"""The forms in which a mapping says where a value comes from, each a small reader of one row.

"text", 3, true                                   the same for every row
{ column = "email" }                              a cell; empty means absent
{ text = "{first} {last}" }                       cells set into a text
{ lookup = "plans", column = "Contract" }         a cell translated by [lookups.plans]
{ money = "12 * MonthlyCharges" }                 exact arithmetic on cells
{ date = "2026-01-01", minus_months = "tenure" }  a day, moved by numbers or by cells
{ …, when = { Churn = "Yes" } }                   only on rows where a cell says so
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from domain.shared.period import add_months
from importer.formula import FormulaWrong, Row, Tables, parse
from importer.problems import CellWrong

Raw = str | int | bool | float | date | Fraction | None
Read = Callable[[Row], Raw]
Day = Callable[[Row], date | None]

_HOLE = re.compile(r"\{([^{}]*)\}")
_MOVES = {f"{way}_{unit}" for way in ("plus", "minus") for unit in ("days", "months", "years")}
_KEYS = {
    "value": set[str](),
    "column": {"default"},
    "text": set[str](),
    "lookup": {"column", "default"},
    "money": set[str](),
    "date": {*_MOVES, "format"},
}


class FormWrong(ValueError):
    """A form that cannot be read, with the reason."""


@dataclass(frozen=True, slots=True)
class Form:
    """`read(row)` gives None for an absent value. `constants` are the values known beforehand."""

    read: Read
    columns: frozenset[str]
    constants: tuple[Raw, ...] = ()


def form_of(said: Any, tables: Tables) -> Form:
    """What a mapping says for one field. Raises FormWrong."""
    if isinstance(said, str | int | date):
        return Form(lambda _: said, frozenset(), (said,))
    if not isinstance(said, dict):
        raise FormWrong(
            "a text, a whole number, a day, true, false or a table in braces is expected"
            " (a decimal number is written as a text)"
        )
    said = dict(said)
    when = said.pop("when", None)
    kind = "lookup" if "lookup" in said else next((key for key in _KEYS if key in said), None)
    if kind is None:
        raise FormWrong(f"one of {', '.join(_KEYS)} is expected")
    unknown = said.keys() - {kind} - _KEYS[kind]
    if unknown:
        raise FormWrong(f"{', '.join(sorted(unknown))} is not known beside {kind!r}")
    form = _MAKERS[kind](said, tables)
    return form if when is None else _conditional(form, when)


def _value(said: dict[str, Any], tables: Tables) -> Form:
    if isinstance(said["value"], dict):
        raise FormWrong("value is a text, a whole number, a day, true or false")
    return form_of(said["value"], tables)


def _column(said: dict[str, Any], _: Tables) -> Form:
    column, default = _text(said, "column"), said.get("default")
    constants = () if default is None else (default,)
    return Form(lambda row: row[column].strip() or default, frozenset({column}), constants)


def _filled(said: dict[str, Any], _: Tables) -> Form:
    template = _text(said, "text")
    columns = frozenset(_HOLE.findall(template))
    if "" in columns:
        raise FormWrong("{} names no column")

    def read(row: Row) -> str:
        return _HOLE.sub(lambda hole: row[hole[1]].strip(), template).strip()

    return Form(read, columns)


def _lookup(said: dict[str, Any], tables: Tables) -> Form:
    name, column, default = _text(said, "lookup"), _text(said, "column"), said.get("default")
    if name not in tables:
        raise FormWrong(f"there is no [lookups.{name}]")
    table: Mapping[str, Any] = tables[name]

    def read(row: Row) -> Raw:
        found: Raw = table.get(row[column].strip(), default)
        if found is None:
            raise CellWrong(column, f"{row[column]!r} is not in [lookups.{name}]")
        return found

    known = (*table.values(), *(() if default is None else (default,)))
    return Form(read, frozenset({column}), known)


def _money(said: dict[str, Any], tables: Tables) -> Form:
    try:
        formula = parse(_text(said, "money"), tables)
    except FormulaWrong as wrong:
        raise FormWrong(str(wrong)) from None

    def read(row: Row) -> Fraction:
        try:
            return formula.value(row)
        except ZeroDivisionError:
            raise CellWrong(min(formula.columns), "the formula divides by zero") from None

    return Form(read, formula.columns)


def _date(said: dict[str, Any], tables: Tables) -> Form:
    day, columns = _first_day(said, tables)
    moves = []
    for key in sorted(said.keys() & _MOVES):
        amount = form_of({"column": said[key]} if isinstance(said[key], str) else said[key], {})
        moves.append((key, amount))
        columns |= amount.columns

    def read(row: Row) -> date | None:
        found = day(row)
        for key, amount in moves:
            found = found and _moved(found, key, amount, row)
        return found

    return Form(read, columns)


def _first_day(said: dict[str, Any], tables: Tables) -> tuple[Day, frozenset[str]]:
    """A fixed day, or one read from a cell in the declared format."""
    source, pattern = said["date"], said.get("format", "%Y-%m-%d")
    if isinstance(source, date):
        return (lambda _: source), frozenset()
    if isinstance(source, str):
        fixed = _parsed_day(source, "%Y-%m-%d")
        if fixed is None:
            raise FormWrong(f"{source!r} is not a day such as 2026-01-31")
        return (lambda _: fixed), frozenset()
    cell = form_of(source, tables)

    def day(row: Row) -> date | None:
        text = cell.read(row)
        if text is None:
            return None
        found = _parsed_day(str(text), pattern)
        if found is None:
            column = min(cell.columns, default="date")
            raise CellWrong(column, f"{text!r} is not a day as {pattern}")
        return found

    return day, cell.columns


def _parsed_day(text: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _moved(day: date, key: str, amount: Form, row: Row) -> date:
    column = min(amount.columns, default=key)
    text = str(amount.read(row) or 0)
    if not re.fullmatch(r"[-+]?[0-9]{1,5}", text):
        raise CellWrong(column, f"{text!r} is not a whole number")
    way, unit = key.split("_")
    count = int(text) if way == "plus" else -int(text)
    try:
        if unit == "days":
            return day + timedelta(days=count)
        wall = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day has no zone
        return add_months(wall, count if unit == "months" else 12 * count).date()
    except (ValueError, OverflowError):
        raise CellWrong(column, f"{key} {text} leaves the calendar") from None


def _conditional(form: Form, when: Any) -> Form:
    if not isinstance(when, dict) or not when:
        raise FormWrong('when is a table such as { Churn = "Yes" }')
    wanted = {
        column: frozenset(map(str, said if isinstance(said, list) else [said]))
        for column, said in when.items()
    }

    def read(row: Row) -> Raw:
        holds = all(row[column].strip() in values for column, values in wanted.items())
        return form.read(row) if holds else None

    return Form(read, form.columns | wanted.keys(), form.constants)


def _text(said: dict[str, Any], key: str) -> str:
    if not isinstance(said.get(key), str) or not said[key].strip():
        raise FormWrong(f"{key} is a text")
    return str(said[key])


_MAKERS: dict[str, Callable[[dict[str, Any], Tables], Form]] = {
    "value": _value,
    "column": _column,
    "text": _filled,
    "lookup": _lookup,
    "money": _money,
    "date": _date,
}
