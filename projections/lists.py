"""What may be asked of a list, and the one WHERE and ORDER that its pages and its export share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from domain.shared.errors import FieldError, Invalid
from projections import sorts
from projections.conditions import Condition, Field, fields_of, read_condition, renamed_field
from projections.order import Order
from projections.search import anywhere, document, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from projections.reading import Reading
    from projections.sorts import Told
    from projections.table import Table

DEFAULT_SORT = "-created_at"
_SCOPE = "t.account_id = %(account)s AND t.generation = %(generation)s"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_UNIQUE = frozenset({"id", "old_provider_id"})


class Listing:
    """The columns of a table as filters and sort orders; `search` is what `q` looks through.

    `hidden` columns are the table's own business, or `told` as fields of other names. `folded`
    ones are compared without case. `joins` may only add columns, never rows: each joins at most one
    row, by its key. `more` are filters that are no columns. `walked` are the columns whose order an
    index has, besides the time of creation; `found_by` those by which an index finds few rows.
    `covered` are those that each of the walked indexes holds, so that a condition on them asks no
    row. `trigrams`: `search` has its index in `migrations.search`.
    """

    def __init__(
        self,
        table: Table[Any],
        *,
        joins: str = "",
        search: tuple[str, ...] = (),
        hidden: frozenset[str] = frozenset(),
        told: tuple[Told, ...] = (),
        folded: frozenset[str] = frozenset(),
        kept: str = "true",
        more: Iterable[Field] = (),
        walked: frozenset[str] = frozenset(),
        found_by: frozenset[str] = frozenset(),
        covered: frozenset[str] = frozenset(),
        trigrams: bool = False,
    ) -> None:
        shown = [column for column in table.columns if column.name not in hidden]
        self.table = table
        self.source = f"{table.name} AS t {joins}"
        self.joins = joins
        self.kept = kept
        self.sorts = sorts.by_name(table, shown, told)
        renamed = [renamed_field(table.name, self.sorts[each.name]) for each in told]
        own = fields_of(table.name, shown, folded)
        self.fields = {each.name: each for each in (*own, *renamed, *more)}
        if any(each.name == "metadata" for each in shown):
            self.fields["metadata"] = Field("metadata", "t.metadata::jsonb", "metadata")
        self.walked = walked | {"id", "created_at"}
        self.found_by = found_by | _UNIQUE
        self.covered = covered
        self.trigrams = trigrams
        self.matches = document(search) if trigrams else anywhere(search)


@dataclass(slots=True)
class Filters:
    """Conditions over a listing, with what they bind. `digest` tells one query from another."""

    listing: Listing
    order: Order
    digest: str
    conditions: list[str] = field(default_factory=list)
    bound: dict[str, Any] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    few: bool = False
    some: bool = False

    @property
    def where(self) -> str:
        return f"{_SCOPE} AND {self.asked}"

    @property
    def asked(self) -> str:
        """The conditions on a row that is known to be of the account and the generation."""
        return " AND ".join([self.listing.kept, *self.conditions])

    @property
    def covered(self) -> bool:
        """Whether an index answers all of it: what is asked about a row, and its place."""
        held = self.listing.covered | {"id"}
        return bool(self.conditions) and {*self.named, self.order.column.name} <= held

    def add(self, condition: Condition) -> None:
        name = f"f{len(self.bound)}"
        self.bound[name] = condition.value
        self.conditions.append(condition.sql.format(f"%({name})s"))

    def note(self, name: str, relation: str | None) -> None:
        """An index finds few rows by a value, or some that may be many."""
        listing = self.listing
        self.named.add(name)
        if relation is None and (name in listing.found_by or name.endswith("_old_provider_id")):
            self.few = True
        elif name in listing.walked and (relation is None or name != self.order.column.name):
            self.some = True


def parse(
    listing: Listing, query: Mapping[str, str], timezone: str, *, always: Mapping[str, str] = {}
) -> Filters:
    """Raises Invalid naming every unknown filter and unreadable value at once.

    `timezone` is the account's: a bare date means its midnight. `always` are filters that the
    route sets, such as the customer whose payment methods are listed.
    """
    problems: list[FieldError] = []
    order = _order(listing, query.get("sort", DEFAULT_SORT), problems)
    asked = [*query.items(), *always.items()]
    filters = Filters(listing, order, digest_of(asked))
    for name, value in asked:
        if name == "q":
            _search(filters, value, problems)
        elif name != "sort":
            _filter(filters, name, value, timezone, problems)
    if problems:
        raise Invalid(tuple(problems))
    return filters


def names_dates(query: Mapping[str, str]) -> bool:
    """Whether it says an instant by a date, which means midnight in the account's time zone."""
    return any(_DATE.fullmatch(value) for value in query.values())


def digest_of(asked: Iterable[tuple[str, str]]) -> str:
    """Tells one set of filters from another."""
    told = sorted(each for each in asked if each[0] != "sort")
    return blake2b(orjson.dumps(told), digest_size=6).hexdigest()


def _order(listing: Listing, asked: str, problems: list[FieldError]) -> Order:
    column = listing.sorts.get(asked.removeprefix("-"))
    if column is None:
        allowed = ", ".join(sorted(listing.sorts))
        problems.append(FieldError("sort", "unknown_sort", f"can be sorted by {allowed}"))
        column = listing.sorts["created_at"]
    return Order(column, asked.startswith("-"))


def _search(filters: Filters, sought: str, problems: list[FieldError]) -> None:
    """Every word must occur somewhere."""
    if len(sought) > 200:
        problems.append(FieldError("q", "too_long", "at most 200 characters"))
        return
    for word in words(sought):
        filters.add(Condition(filters.listing.matches, word))
        filters.named.add("q")
        filters.some |= filters.listing.trigrams


def _filter(
    filters: Filters, asked: str, value: str, timezone: str, problems: list[FieldError]
) -> None:
    read = read_condition(filters.listing.fields, asked, value, timezone)
    if isinstance(read, FieldError):
        problems.append(read)
        return
    name, relation, condition = read
    filters.add(condition)
    filters.note(name, relation)


def count(reading: Reading, filters: Filters) -> int:
    """How many rows the whole list has."""
    statement = f"SELECT count(*) FROM {filters.listing.source} WHERE {filters.where}"
    return int(reading.select(statement, filters.bound)[0][0])
