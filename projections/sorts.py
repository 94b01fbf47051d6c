"""What a list can be ordered by: its rows' columns, some of them told by another name."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from projections import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from projections.table import Column, Table


@dataclass(frozen=True, slots=True)
class Sort:
    """`sql` is its value in a row `t`, `of` the same in a row that was read."""

    name: str
    sql: str
    elements: arrays.Elements
    nullable: bool
    of: Callable[[Any], Any]


class Told(NamedTuple):
    """A field by another name than its column's, or the sum of several, none of which is null."""

    name: str
    columns: tuple[str, ...]


def by_name(table: Table[Any], shown: Iterable[Column], told: Collection[Told]) -> dict[str, Sort]:
    own = [_sort(each.name, [each]) for each in shown if each.elements is not arrays.JSON]
    others = [_sort(each.name, [table.column(name) for name in each.columns]) for each in told]
    return {each.name: each for each in (*own, *others)}


def _sort(name: str, columns: list[Column]) -> Sort:
    names = [column.name for column in columns]
    sql = " + ".join(f't."{each}"' for each in names)
    if len(names) == 1:
        return Sort(name, sql, columns[0].elements, columns[0].nullable, attrgetter(names[0]))
    return Sort(name, f"({sql})", columns[0].elements, nullable=False, of=_sum_of(names))


def _sum_of(names: Collection[str]) -> Callable[[Any], int]:
    return lambda row: sum(getattr(row, name) for name in names)
