"""A resource of the API: read by id, in pages, as it was, and with what it refers to nested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from domain.shared.errors import FieldError, Invalid, NotFound
from projections import cursors, lists
from projections.values import BadValue, integer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from domain.shared.aggregate import Aggregate
    from projections.exports import Export
    from projections.lists import Filters, Listing
    from projections.reading import Reading
    from projections.table import Rows, Table

Row = TypeVar("Row")
LARGEST_PAGE = 100
USUAL_PAGE = 20


class SingleTableView(Protocol[Row]):
    @property
    def table(self) -> Table[Row]: ...

    @property
    def aggregate(self) -> type[Aggregate]: ...


class Render(Protocol):
    def __call__(self, row: Any, related: Any, /, *, livemode: bool) -> dict[str, Any]: ...


def _nothing(_rows: Rows, _of: Sequence[Any]) -> dict[str, Any]:
    return {}


def _no_streams(_rows: Rows, _ref: str) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Resource(Generic[Row]):
    """`related` reads what rows show besides their own columns, by row id.

    `expands` names what can be nested: `customer` puts the resource that `customer_id` refers to
    beside it. `streams` are the other aggregates whose events show in the resource.
    """

    kind: str
    view: SingleTableView[Row]
    listing: Listing
    render: Render
    related: Callable[[Rows, Sequence[Any]], Mapping[str, Any]] = _nothing
    expands: Mapping[str, str] = field(default_factory=dict)
    streams: Callable[[Rows, str], Sequence[str]] = _no_streams
    export: Export | None = None

    @property
    def exported(self) -> Export:
        """Raises NotFound for a resource that is not exported."""
        if self.export is None:
            raise NotFound(detail=f"there is no export of {self.name}")
        return self.export

    @property
    def table(self) -> Table[Row]:
        return self.view.table

    @property
    def name(self) -> str:
        """The plural, as in the path and the name of the export."""
        return self.table.name


@dataclass(frozen=True, slots=True)
class Page:
    data: list[dict[str, Any]]
    next_cursor: str | None


def rendered(
    rows: Rows, resource: Resource[Any], found: Sequence[Any], *, livemode: bool
) -> list[dict[str, Any]]:
    """The rows as the API shows them, in their order."""
    related = resource.related(rows, found)
    return [resource.render(row, related.get(row.id), livemode=livemode) for row in found]


def get(reading: Reading, resource: Resource[Any], ref: str) -> dict[str, Any]:
    """The resource as the reading shows it. Raises NotFound."""
    row = resource.table.load(reading, [ref]).get(ref)
    if row is None or getattr(row, "deleted", False):
        raise NotFound(detail=f"there is no {resource.kind} {ref}")
    return rendered(reading, resource, [row], livemode=reading.livemode)[0]


def page(
    reading: Reading,
    resource: Resource[Any],
    query: Mapping[str, str],
    timezone: str,
    *,
    always: Mapping[str, str] | None = None,
) -> Page:
    """A page of the list: `limit`, `cursor`, `sort`, `q` and filters. Raises Invalid."""
    asked = dict(query)
    limit = _limit(asked.pop("limit", None))
    cursor = asked.pop("cursor", None)
    filters = lists.parse(resource.listing, asked, timezone, always=always or {})
    if cursor is not None:
        _continue(filters, reading, cursor)
    found = _select(reading, filters, limit + 1)
    shown = found[:limit]
    ended = len(found) <= limit
    return Page(
        rendered(reading, resource, shown, livemode=reading.livemode),
        None if ended else _end(reading, filters, shown[-1]),
    )


def _limit(asked: str | None) -> int:
    try:
        limit = USUAL_PAGE if asked is None else integer_of(asked)
    except BadValue:
        limit = 0
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid.one("limit", "invalid_value", f"must be between 1 and {LARGEST_PAGE}")
    return limit


def _scope(filters: Filters) -> str:
    return f"{filters.listing.table.name} {filters.order.name}"


def _continue(filters: Filters, reading: Reading, cursor: str) -> None:
    end = cursors.read_cursor(reading.account_id, _scope(filters), cursor)
    filters.conditions.append(filters.order.after(end.value))
    filters.bound |= {"after_value": end.value, "after_id": end.id}


def _end(reading: Reading, filters: Filters, last: Any) -> str:
    value = getattr(last, filters.order.column.name)
    return cursors.write_cursor(reading.account_id, _scope(filters), value, last.id)


def _select(reading: Reading, filters: Filters, limit: int) -> list[Any]:
    table = filters.listing.table
    columns = ", ".join(f"t.{name}" for name in table.names)
    statement = (
        f"SELECT {columns} FROM {filters.listing.source} WHERE {filters.where}"
        f" ORDER BY {filters.order.sql} LIMIT %(limit)s"
    )
    return [table.row(*row) for row in reading.select(statement, {**filters.bound, "limit": limit})]


def expand(
    reading: Reading,
    resource: Resource[Any],
    names: Sequence[str],
    shown: Sequence[dict[str, Any]],
    resources: Mapping[str, Resource[Any]],
) -> None:
    """Nest what `names` refer to into what is shown. Raises Invalid for names it cannot."""
    unknown = [name for name in names if name not in resource.expands]
    if unknown:
        allowed = ", ".join(resource.expands) or "nothing"
        detail = f"can expand {allowed}"
        raise Invalid(tuple(FieldError("expand", "unknown_expansion", detail) for _ in unknown))
    for name in names:
        _nest(reading, resources[resource.expands[name]], name, shown)


def _nest(
    reading: Reading, resource: Resource[Any], name: str, shown: Sequence[dict[str, Any]]
) -> None:
    refs = {each[f"{name}_id"] for each in shown} - {None}
    found = list(resource.table.load(reading, refs).values())
    nested = rendered(reading, resource, found, livemode=reading.livemode)
    by_id = {each["id"]: each for each in nested}
    for each in shown:
        each[name] = by_id.get(each[f"{name}_id"])
