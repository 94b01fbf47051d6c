"""What can be wrong: with a mapping, with a cell of the file, with the account it goes into."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with the file. `line` counts from 1, the header's included."""

    line: int
    column: str
    reason: str


class CellWrong(Exception):
    """A cell does not say what the mapping asks of it."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


class MappingWrong(Exception):
    """Every wrong key of a mapping, each with what was expected."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        listed = "\n".join(f"  {key}: {reason}" for key, reason in wrong)
        super().__init__(f"the mapping cannot be used:\n{listed}")
        self.wrong = wrong


class ImportRefused(Exception):
    """Nothing was written; the sentence says why."""
