"""What a report is asked for, the SELECT that answers it, and its rows as JSON, CSV or workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

from projections.exports import Cell, copied, instant, money, text, word
from projections.reports.gl_codes import gl_codes
from projections.workbook import write_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from projections.reading import Reading

_ROWS_AT_ONCE = 2000


class Basis(StrEnum):
    """By the day the books took a fact, or by the day it happened (as corrected)."""

    POSTING = "posting"
    EFFECTIVE = "effective"


@dataclass(frozen=True, slots=True)
class Asked:
    """Days are inclusive. `until` is the day of a balance and the last of a period.

    `since` is the first day of a period, the beginning where it is absent. `known_at` is a position
    of the log, as far as the books have come where it is absent. `customer_id` narrows to one
    customer where the report can. `ahead` is the last day of a period that may lie ahead of it.
    """

    until: date
    since: date | None = None
    known_at: int | None = None
    currency: str | None = None
    basis: Basis = Basis.POSTING
    customer_id: str | None = None
    ahead: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`source` gives a SELECT for a basis, whose columns `cells` show in the `order` asked for.

    `group` are the views it reads; of the resources it can only show what is, not what was.
    One that `looks_ahead` shows months after the day it is asked for. The same SELECT serves every
    format: integers of minor units, dates, instants.
    """

    name: str
    cells: tuple[Cell, ...]
    source: Callable[[Basis], str]
    order: str
    group: str = "accounting"
    looks_ahead: bool = False

    @property
    def dated(self) -> bool:
        """Whether it can be asked for a day, a position, a currency."""
        return self.group == "accounting"

    @property
    def header(self) -> list[str]:
        return [cell.name for cell in self.cells]

    def rows(self, reading: Reading, asked: Asked) -> list[dict[str, Any]]:
        """The rows by column name: amounts as integers, instants as in the API."""
        names = self.header
        return [dict(zip(names, row, strict=True)) for row in self.tuples(reading, asked)]

    def tuples(self, reading: Reading, asked: Asked) -> list[tuple[Any, ...]]:
        """The same, unnamed: in the order of `header`."""
        join_by_hash(reading)
        shown = [cell.csv if cell.kind == "instant" else cell.sql for cell in self.cells]
        return reading.select(self._statement(asked.basis, shown), bound(reading, asked))

    def csv(self, reading: Reading, asked: Asked) -> Iterator[bytes]:
        """The file in pieces, whatever its length. The reading must stay open."""
        join_by_hash(reading)
        shown = [f'{cell.csv} AS "{cell.name}"' for cell in self.cells]
        copy = f"COPY ({self._statement(asked.basis, shown)}) TO STDOUT (FORMAT csv, HEADER)"
        yield from copied(reading, copy, bound(reading, asked))

    def xlsx(self, reading: Reading, asked: Asked) -> IO[bytes]:
        """A file that is ready to read and vanishes when closed."""
        return write_sheet(self.name, self.cells, self._sheet_rows(reading, asked))

    def _sheet_rows(self, reading: Reading, asked: Asked) -> Iterator[tuple[Any, ...]]:
        join_by_hash(reading)
        currencies = [cell.currency for cell in self.cells if cell.currency]
        statement = self._statement(asked.basis, [*(cell.sql for cell in self.cells), *currencies])
        scope = {"account": reading.account_id, "generation": reading.generation}
        with reading.cursor.connection.cursor("report", binary=True) as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            yield from cursor.execute(statement, {**bound(reading, asked), **scope})

    def _statement(self, basis: Basis, shown: Sequence[str]) -> str:
        return f"SELECT {', '.join(shown)} FROM ({self.source(basis)}) AS r ORDER BY {self.order}"


def join_by_hash(reading: Reading) -> None:
    """For the rest of this transaction.

    Of an account filled a moment ago the planner knows nothing and expects one row: nested loops
    over hundreds of thousands then take hours where a hash takes seconds.
    """
    reading.cursor.execute("SET LOCAL enable_nestloop = off")


def position_of(reading: Reading, asked: Asked) -> int:
    """The position that defines the answer: the same for the same bytes."""
    return reading.position if asked.known_at is None else min(asked.known_at, reading.position)


def bound(reading: Reading, asked: Asked) -> dict[str, Any]:
    codes = gl_codes(reading, position_of(reading, asked))
    return {
        "position": position_of(reading, asked),
        "until": asked.until,
        "since": asked.since,
        "ahead": asked.ahead,
        "currency": asked.currency,
        "customer_id": asked.customer_id,
        "ledger_accounts": list(codes),
        "gl_codes": list(codes.values()),
    }


def code(name: str, column: str) -> Cell:
    """Text of our own making."""
    return word(name, f"r.{column}")


def prose(name: str, column: str) -> Cell:
    """Text of anybody's making."""
    return text(name, f"r.{column}")


def amount(name: str, column: str) -> Cell:
    return money(name, f"r.{column}", "r.currency")


def day(name: str, column: str) -> Cell:
    return Cell(name, "date", f"r.{column}", f"r.{column}")


def moment(name: str, column: str) -> Cell:
    return instant(name, f"r.{column}")


def in_currency(alias: str) -> str:
    return f"(%(currency)s::text IS NULL OR {alias}.currency = %(currency)s)"


def of_customer(alias: str) -> str:
    return f"(%(customer_id)s::text IS NULL OR {alias}.customer_id = %(customer_id)s)"
