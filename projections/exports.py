"""Exports: the rows of a list, all of them, as CSV straight from the database or as a workbook.

CSV as RFC 4180 has it. Cells that a spreadsheet would take for a formula are disarmed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.shared.money import EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from projections.lists import Filters
    from projections.reading import Reading

CHUNK = 1 << 16
# Asked first: the long lists cost a quarter of an export's time.
_USUAL = "'USD', 'EUR', 'GBP'"
_ISO = "SELECT set_config('DateStyle', 'ISO', true)"
_NUMBER = "^[-+]?[0-9]+([.][0-9]+)?$"


def _codes(exponent: int) -> str:
    return ", ".join(f"'{code}'" for code, each in EXPONENTS.items() if each == exponent)


@dataclass(frozen=True, slots=True)
class Cell:
    """A column: `sql` is its value, `csv` its text; amounts also name their currency."""

    name: str
    kind: str
    sql: str
    csv: str
    currency: str | None = None


def word(name: str, sql: str) -> Cell:
    """Text of our own making: ids, states, codes."""
    return Cell(name, "text", sql, sql)


def text(name: str, sql: str) -> Cell:
    """Text of anybody's making. Only what sorts before `A` can begin a formula."""
    disarmed = f"""CASE WHEN ({sql}) COLLATE "C" < 'A'
        AND left({sql}, 1) COLLATE "C" ~ '^[-=+@\\x01-\\x1f\\x7f]' AND ({sql}) !~ '{_NUMBER}'
        THEN '''' || ({sql}) ELSE {sql} END"""
    return Cell(name, "text", sql, disarmed)


def disarmed(value: str) -> str:
    """The same of text that does not come from SQL."""
    begins = value.startswith(("-", "=", "+", "@", "\x7f")) or "" < value[:1] < " "
    return f"'{value}" if begins and not re.fullmatch(_NUMBER, value) else value


def json_text(name: str, sql: str) -> Cell:
    """A JSON object or array: it begins with a bracket, so it cannot be a formula."""
    return Cell(name, "text", sql, sql)


def money(name: str, sql: str, currency: str = "t.currency") -> Cell:
    """Minor units shown as decimal major units: a product keeps the decimals of its factor."""
    factor = f"""CASE WHEN {currency} IN ({_USUAL}) THEN 0.01
        WHEN {currency} IN ({_codes(0)}) THEN 1
        WHEN {currency} IN ({_codes(3)}) THEN 0.001 ELSE 0.01 END"""
    return Cell(name, "money", sql, f"({sql}) * ({factor})", currency)


def count(name: str, sql: str) -> Cell:
    return Cell(name, "number", sql, sql)


def boolean(name: str, sql: str) -> Cell:
    return Cell(name, "boolean", sql, f"({sql})::text")


def instant(name: str, sql: str) -> Cell:
    """As in the API: UTC, fractions of a second only where there are any."""
    return Cell(name, "instant", sql, f"replace(({sql} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'")


class Export:
    """The columns of an export, in an order that is kept for ever: new ones only at the end."""

    def __init__(self, *cells: Cell) -> None:
        self.cells = cells

    @property
    def header(self) -> list[str]:
        return [cell.name for cell in self.cells]

    def statement(self, filters: Filters, *, csv: bool, besides: Sequence[str | None] = ()) -> str:
        """All rows that the list with these filters has, in its order."""
        named = [f'{cell.csv if csv else cell.sql} AS "{cell.name}"' for cell in self.cells]
        cells = ", ".join([*named, *(each or "" for each in besides)])
        source, where, order = filters.listing.source, filters.where, filters.order.sql
        return f"SELECT {cells} FROM {source} WHERE {where} ORDER BY {order}"


def write_csv(reading: Reading, export: Export, filters: Filters) -> Iterator[bytes]:
    """The file in pieces of about 64 KiB, whatever its length. The reading must stay open."""
    statement = export.statement(filters, csv=True)
    copy = f"COPY ({statement}) TO STDOUT (FORMAT csv, HEADER)"
    yield from copied(reading, copy, filters.bound)


def copied(reading: Reading, copy: str, bound: Mapping[str, Any]) -> Iterator[bytes]:
    """A COPY's rows, each ended as RFC 4180 asks. PostgreSQL sends a row a message."""
    scope = {"account": reading.account_id, "generation": reading.generation}
    reading.cursor.execute(_ISO)
    rows: list[Any] = []
    size = 0
    with reading.cursor.copy(copy, {**bound, **scope}) as out:
        for row in out:
            rows.append(row)
            size += len(row)
            if size >= CHUNK:
                yield _ended(rows)
                rows, size = [], 0
    if rows:
        yield _ended(rows)


def _ended(rows: list[Any]) -> bytes:
    """Rows that PostgreSQL ended with a line feed, ended with CRLF; those within cells stay."""
    joined = b"".join(rows)
    if joined.count(b"\n") == len(rows):
        return joined.replace(b"\n", b"\r\n")
    return b"".join(bytes(row[:-1]) + b"\r\n" for row in rows)
