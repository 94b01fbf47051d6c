"""The order of a list: one column, absent values last in both directions, ties by id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from projections import arrays

if TYPE_CHECKING:
    from projections.cursors import End
    from projections.sorts import Sort


class Part(NamedTuple):
    """A stretch of a list that an index can give in order: its condition and its ORDER BY."""

    where: str
    order: str


@dataclass(frozen=True, slots=True)
class Order:
    column: Sort
    descending: bool

    @property
    def name(self) -> str:
        return f"{'-' if self.descending else ''}{self.column.name}"

    @property
    def sql(self) -> str:
        """Of the whole list."""
        last = " NULLS LAST" if self.column.nullable else ""
        return f"{self._value}{self._way}{last}, t.id{self._way}"

    def parts(self, end: End | None) -> list[Part]:
        """What comes after a page's end, which is bound as `after_value` and `after_id`.

        The rows with a value, then those without: each walks one index either way.
        """
        way, than = self._way, "<" if self.descending else ">"
        filled = Part(f"{self._value} IS NOT NULL", f"{self._value}{way}, t.id{way}")
        empty = Part(f"{self._value} IS NULL", filled.order)
        if end is not None and end.value is None:
            return [Part(f"{empty.where} AND t.id {than} %(after_id)s", empty.order)]
        if end is not None:
            bound = f"%(after_value)s::{self.column.elements.sql_type}"
            later = f"({self._value}, t.id) {than} ({bound}, %(after_id)s)"
            filled = filled._replace(where=later)
        return [filled, empty] if self.column.nullable else [filled]

    def holds(self, value: object) -> bool:
        """Whether the column could hold what a cursor says."""
        if value is None:
            return self.column.nullable
        match self.column.elements:
            case arrays.INSTANT:
                return isinstance(value, str) and _reads(datetime, value)
            case arrays.DATE:
                return isinstance(value, str) and _reads(date, value)
            case arrays.BIGINT:
                return isinstance(value, int) and abs(value) < 1 << 63
            case arrays.BOOLEAN:
                return isinstance(value, bool)
        return isinstance(value, str)

    @property
    def _value(self) -> str:
        return self.column.sql

    @property
    def _way(self) -> str:
        return " DESC" if self.descending else ""


def _reads(kind: type[date], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True
