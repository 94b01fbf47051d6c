"""`python -m tests.domain.subscriptions.state_table` writes the state table into its docs page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from domain.subscriptions.states import MOVES, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parents[3] / "docs" / "subscriptions.md"
BEGIN, END = "<!-- states: from domain/subscriptions/states.py -->", "<!-- end of states -->"


def table() -> str:
    """One row a move: when it happens, from which status to which, and the code of its refusal."""
    rows = [f"| `{move}` | {rule.when} | {_ways(rule.to)} | `{rule.code}` |"
            for move, rule in MOVES.items()]  # fmt: skip
    head = "| move | when | from → to | refused with |\n|---|---|---|---|"
    return "\n".join([head, *rows])


def _ways(ways: Mapping[Status, tuple[Status, ...]]) -> str:
    told = [f"{status} → {' or '.join(to)}" for status, to in ways.items() if to != (status,)]
    kept = [str(status) for status, to in ways.items() if to == (status,)]
    return "; ".join([*told, *([f"kept: {', '.join(kept)}"] if kept else [])])


def in_page(text: str) -> str:
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(in_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
