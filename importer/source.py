"""The rows of a CSV file, one at a time, each with the line it begins on."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from importer.problems import ImportRefused, MappingWrong, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.mapping import Mapping

LONGEST_CELL = 100_000


def rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, dict[str, str] | Problem]]:
    """Raises MappingWrong for columns the file lacks, ImportRefused for what is no such file."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=mapping.delimiter, strict=True)
        try:
            header = next(reader, [])
            _require_columns(header, mapping)
            before = reader.line_num
            for cells in reader:
                if cells:
                    yield before + 1, _row(before + 1, header, cells)
                before = reader.line_num
        except (csv.Error, UnicodeDecodeError) as wrong:
            raise ImportRefused(f"{path.name}, line {reader.line_num + 1}: {wrong}") from None


def _require_columns(header: list[str], mapping: Mapping) -> None:
    wrong = [
        (key, f"the file has no column {column!r}")
        for column, key in mapping.columns().items()
        if column not in header
    ]
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise ImportRefused(f"the file has columns of the same name: {', '.join(doubled)}")
    if wrong:
        raise MappingWrong(wrong)


def _row(line: int, header: list[str], cells: list[str]) -> dict[str, str] | Problem:
    if len(cells) != len(header):
        return Problem(line, "", f"has {len(cells)} cells where the header has {len(header)}")
    return dict(zip(header, cells, strict=True))
