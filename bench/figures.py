"""What a measurement says: each figure beside the raw limit of the same run, and its target."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` and `beside` are for reading; `met` is None where nothing is aimed at."""

    name: str
    value: str
    beside: str = ""
    target: str = ""
    met: bool | None = None


def plain(name: str, value: str) -> Figure:
    """A figure without a target: a raw limit, or how much there was."""
    return Figure(name, value)


def at_least(name: str, shown: str, value: float, target: float, beside: str = "") -> Figure:
    return Figure(name, shown, beside, f"≥ {target:,g}", met=value >= target)


def at_most(name: str, shown: str, value: float, target: float, beside: str = "") -> Figure:
    return Figure(name, shown, beside, f"≤ {target:,g}", met=value <= target)


def times(value: float, raw: float, what: str) -> str:
    """How a value stands beside the raw limit."""
    return f"{value / raw:.2f} × {what}"


def timed(action: Callable[[], object]) -> float:
    """Seconds."""
    began = perf_counter()
    action()
    return perf_counter() - began


def in_turns(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """Median seconds of each, taken in turns: what disturbs the machine disturbs all of them."""
    rows = [[timed(action) for action in actions] for _ in range(rounds)]
    return [median(column) for column in zip(*rows, strict=True)]


def lines(figures: Iterable[Figure]) -> Iterator[str]:
    for each in figures:
        verdict = {None: "", True: "met", False: "NOT MET"}[each.met]
        row = f"{each.name:48} {each.value:>22}  {each.beside:44} {each.target:>10} {verdict}"
        yield row.rstrip()
