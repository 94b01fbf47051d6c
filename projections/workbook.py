"""An export as an Excel workbook, written row by row."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter

from domain.shared.money import EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from projections.exports import Cell, Export
    from projections.lists import Filters
    from projections.reading import Reading

_ROWS_AT_ONCE = 2000
_LAST_ROW = 1_048_575  # of a sheet, after its header


class TooManyRows(ValueError):
    """A sheet of a workbook cannot hold the export; CSV can."""


def write_xlsx(reading: Reading, export: Export, filters: Filters) -> IO[bytes]:
    """A file that is ready to read and vanishes when closed."""
    currencies = [cell for cell in export.cells if cell.currency]
    rows = _rows(reading, export, filters, currencies)
    return write_sheet(filters.listing.table.name, export.cells, rows)


def write_sheet(title: str, cells: tuple[Cell, ...], rows: Iterator[tuple[Any, ...]]) -> IO[bytes]:
    """Rows hold a value for each cell, then the currency of each cell of money, in order."""
    target = TemporaryFile()  # noqa: SIM115 - handed to the caller
    with xlsxwriter.Workbook(target, {"constant_memory": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        formats = _formats(book)
        for column, cell in enumerate(cells):
            sheet.write_string(0, column, cell.name, formats["header"])
        for at, row in enumerate(rows, start=1):
            if at > _LAST_ROW:
                raise TooManyRows(title)
            _write_row(sheet, at, cells, row, formats)
    target.seek(0)
    return target


def _formats(book: Any) -> dict[Any, Any]:
    decimals = {places: book.add_format({"num_format": _pattern(places)}) for places in range(4)}
    instants = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    return {**decimals, "header": book.add_format({"bold": True}), "instant": instants}


def _pattern(places: int) -> str:
    return "0" if places == 0 else f"0.{'0' * places}"


def _write_row(
    sheet: Any, at: int, cells: tuple[Cell, ...], row: tuple[Any, ...], formats: Mapping[Any, Any]
) -> None:
    currencies = iter(row[len(cells) :])
    for column, (cell, value) in enumerate(zip(cells, row, strict=False)):
        currency = next(currencies) if cell.currency else None
        if value is not None:
            _write(sheet, (at, column), cell.kind, value, currency, formats)


def _write(
    sheet: Any,
    place: tuple[int, int],
    kind: str,
    value: Any,
    currency: str | None,
    formats: Mapping[Any, Any],
) -> None:
    match kind:
        case "money":
            places = EXPONENTS[currency or ""]
            sheet.write_number(*place, Decimal(value).scaleb(-places), formats[places])
        case "number":
            sheet.write_number(*place, value)
        case "boolean":
            sheet.write_boolean(*place, value)
        case "instant":
            sheet.write_datetime(*place, _naive(value), formats["instant"])
        case _:
            sheet.write_string(*place, str(value))  # never write(): it makes formulas of text


def _naive(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None)


def _rows(
    reading: Reading, export: Export, filters: Filters, currencies: list[Cell]
) -> Iterator[tuple[Any, ...]]:
    statement = export.statement(filters, csv=False, besides=[each.currency for each in currencies])
    scope = {"account": reading.account_id, "generation": reading.generation}
    with reading.cursor.connection.cursor("export", binary=True) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        yield from cursor.execute(statement, {**filters.bound, **scope})
