"""What may be asked of a list, and the one WHERE and ORDER that its pages and its export share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.shared.errors import FieldError, Invalid
from projections import arrays
from projections.values import BadValue, boolean_of, instant_of, integer_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from projections.table import Column, Table

DEFAULT_SORT = "-created_at"
_RANGES = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_NAMED = re.compile(r"(\w+)(?:\[(\w+)\])?", re.ASCII)
_ORDERED = (arrays.INSTANT, arrays.BIGINT, arrays.DATE)
_SCOPE = "t.account_id = %(account)s AND t.generation = %(generation)s"


class Listing:
    """The columns of a table as filters and sort orders; `search` is what `q` looks through.

    `hidden` columns are the table's own business. `folded` ones are compared without case.
    `joins` may only add columns, never rows: each joins at most one row, by its key.
    """

    def __init__(
        self,
        table: Table[Any],
        *,
        joins: str = "",
        search: tuple[str, ...] = (),
        hidden: frozenset[str] = frozenset(),
        folded: frozenset[str] = frozenset(),
        kept: str = "true",
    ) -> None:
        self.table = table
        self.source = f"{table.name} AS t {joins}"
        self.search = search
        self.folded = folded
        self.kept = kept
        self.columns = {
            column.name: column
            for column in table.columns
            if column.name not in hidden and column.elements is not arrays.JSON
        }


@dataclass(frozen=True, slots=True)
class Order:
    column: Column
    descending: bool

    @property
    def name(self) -> str:
        return f"{'-' if self.descending else ''}{self.column.name}"

    @property
    def sql(self) -> str:
        """Absent values come last in both directions; the id settles ties."""
        way = " DESC" if self.descending else ""
        empty = f"t.{self.column.name} IS NULL, " if self.column.nullable else ""
        return f"{empty}t.{self.column.name}{way}, t.id{way}"

    def after(self, value: object) -> str:
        """The rows that come after the bound `after_value` and `after_id`."""
        name, than = f"t.{self.column.name}", "<" if self.descending else ">"
        if value is None:
            return f"({name} IS NULL AND t.id {than} %(after_id)s)"
        bound = f"%(after_value)s::{self.column.elements.sql_type}"
        later = f"({name}, t.id) {than} ({bound}, %(after_id)s)"
        return f"({later} OR {name} IS NULL)" if self.column.nullable else later


@dataclass(slots=True)
class Filters:
    """Conditions over a listing, with what they bind."""

    listing: Listing
    order: Order
    conditions: list[str] = field(default_factory=list)
    bound: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return " AND ".join([_SCOPE, self.listing.kept, *self.conditions])

    def add(self, condition: str, value: object) -> None:
        """`condition` names its parameter as `{}`."""
        name = f"f{len(self.bound)}"
        self.bound[name] = value
        self.conditions.append(condition.format(f"%({name})s"))


def parse(
    listing: Listing, query: Mapping[str, str], timezone: str, *, always: Mapping[str, str] = {}
) -> Filters:
    """Raises Invalid naming every unknown filter and unreadable value at once.

    `timezone` is the account's: a bare date means its midnight. `always` are filters that the
    route sets, such as the customer whose payment methods are listed.
    """
    problems: list[FieldError] = []
    filters = Filters(listing, _order(listing, query.get("sort", DEFAULT_SORT), problems))
    for name, value in [*query.items(), *always.items()]:
        if name == "q":
            _search(filters, value)
        elif name != "sort":
            _filter(filters, name, value, timezone, problems)
    if problems:
        raise Invalid(tuple(problems))
    return filters


def _order(listing: Listing, asked: str, problems: list[FieldError]) -> Order:
    column = listing.columns.get(asked.removeprefix("-"))
    if column is None:
        allowed = ", ".join(sorted(listing.columns))
        problems.append(FieldError("sort", "unknown_sort", f"can be sorted by {allowed}"))
        column = listing.columns["created_at"]
    return Order(column, asked.startswith("-"))


def _search(filters: Filters, sought: str) -> None:
    """Every word must occur somewhere."""
    for word in sought.split():
        escaped = re.sub(r"([\\%_])", r"\\\1", word)
        either = " OR ".join(f"{where} ILIKE {{0}}" for where in filters.listing.search)
        filters.add(f"({either or 'false'})", f"%{escaped}%")


def _filter(
    filters: Filters, asked: str, value: str, timezone: str, problems: list[FieldError]
) -> None:
    named = _NAMED.fullmatch(asked)
    column = filters.listing.columns.get(named[1]) if named else None
    relation = named[2] if named else None
    if column is None or not _relates(column, relation):
        problems.append(FieldError(asked, "unknown_filter", f"there is no filter {asked}"))
        return
    try:
        taken = _readers(timezone)[column.elements.sql_type](value)
    except BadValue as bad:
        problems.append(FieldError(asked, "invalid_value", str(bad)))
        return
    _compare(filters, column.name, relation, taken)


def _relates(column: Column, relation: str | None) -> bool:
    return relation is None or (relation in _RANGES and column.elements in _ORDERED)


def _compare(filters: Filters, name: str, relation: str | None, value: object) -> None:
    if name in filters.listing.folded:
        filters.add(f"lower(t.{name}) = lower({{}})", value)
    else:
        filters.add(f"t.{name} {_RANGES[relation] if relation else '='} {{}}", value)


def _readers(timezone: str) -> dict[str, Callable[[str], object]]:
    return {
        "text": text_of,
        "bigint": integer_of,
        "boolean": boolean_of,
        "timestamptz": lambda value: instant_of(value, timezone),
    }


def unknown(names: Iterable[str]) -> Invalid:
    """The refusal of filters that only other lists have."""
    return Invalid(
        tuple(FieldError(name, "unknown_filter", f"there is no filter {name}") for name in names)
    )
