"""A resource of the API: its view, its list, how it is shown, and one of them read by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar, cast

from domain.shared.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from domain.shared.aggregate import Aggregate
    from projections.exports import Export
    from projections.lists import Listing
    from projections.pages import Source
    from projections.reading import Reading
    from projections.table import Rows, Table

Row = TypeVar("Row")


class SingleTableView(Protocol[Row]):
    @property
    def topics(self) -> frozenset[str]: ...

    @property
    def table(self) -> Table[Row]: ...

    @property
    def aggregate(self) -> type[Aggregate]: ...


class Render(Protocol):
    def __call__(self, row: Any, related: Any, /, *, livemode: bool) -> dict[str, Any]: ...


def _nothing(_rows: Rows, _of: Sequence[Any]) -> dict[str, Any]:
    return {}


_ONE = """
SELECT {columns} FROM {table} AS t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.id = %(id)s"""


class Beside(NamedTuple):
    """What `related` tells, in the statement that finds the rows: SQL columns beside those of `t`,
    and what their values mean.
    """

    columns: str
    read: Callable[..., Any]


def _no_streams(_rows: Rows, _ref: str) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Resource(Generic[Row]):
    """`related` reads what rows show besides their own columns, by row id; with `beside` it comes
    in the statement that finds them.

    `expands` names what can be nested: `customer` puts the resource that `customer_id` refers to
    beside it. `streams` are the other aggregates whose events show in the resource. `part_prefix`
    begins the ids of what is a part of an aggregate and has ids of its own.
    """

    kind: str
    view: SingleTableView[Row]
    listing: Listing
    render: Render
    related: Callable[[Rows, Sequence[Any]], Mapping[str, Any]] = _nothing
    expands: Mapping[str, str] = field(default_factory=dict)
    streams: Callable[[Rows, str], Sequence[str]] = _no_streams
    beside: Beside | None = None
    export: Export | None = None
    part_prefix: str | None = None

    @property
    def prefix(self) -> str:
        """What its ids begin with."""
        return self.part_prefix or self.view.aggregate.prefix

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
    def columns(self) -> str:
        """SQL of all that one statement can tell of a row `t`."""
        names = ", ".join(f't."{name}"' for name in self.table.names)
        return f"{names}, {self.beside.columns}" if self.beside else names

    @property
    def at_once(self) -> bool:
        """Whether that is all that is shown of it."""
        return self.beside is not None or self.related is _nothing

    @property
    def has_streams(self) -> bool:
        """Whether events of others show in it."""
        return self.streams is not _no_streams

    def split(self, values: Sequence[Any]) -> tuple[Row, Any]:
        """The row, and what was beside it."""
        width = len(self.table.names)
        beside = self.beside.read(*values[width:]) if self.beside else None
        return self.table.row(*values[:width]), beside

    @property
    def name(self) -> str:
        """The plural, as in the path and the name of the export."""
        return self.table.name


def rendered(
    rows: Rows, resource: Resource[Any], found: Sequence[Any], *, livemode: bool
) -> list[dict[str, Any]]:
    """The rows as the API shows them, in their order."""
    related = resource.related(rows, found)
    return [resource.render(row, related.get(row.id), livemode=livemode) for row in found]


def told(
    source: object, resource: Resource[Any], found: Sequence[tuple[Any, Any]], *, livemode: bool
) -> list[dict[str, Any]]:
    """Rows with what was beside them, as the API shows them; what was not is asked of `source`."""
    if resource.at_once:
        return [resource.render(row, beside, livemode=livemode) for row, beside in found]
    rows = cast("Rows", source)
    return rendered(rows, resource, [row for row, _ in found], livemode=livemode)


def one(source: Source, resource: Resource[Any], ref: str) -> dict[str, Any]:
    """As `get`, of one that is told at once. Raises NotFound."""
    statement = _ONE.format(columns=resource.columns, table=resource.table.name)
    found = [resource.split(values) for values in source.select(statement, {"id": ref})]
    if not found or getattr(found[0][0], "deleted", False):
        raise NotFound(detail=f"there is no {resource.kind} {ref}")
    return told(source, resource, found, livemode=source.livemode)[0]


def get(reading: Reading, resource: Resource[Any], ref: str) -> dict[str, Any]:
    """The resource as the reading shows it. Raises NotFound."""
    row = resource.table.load(reading, [ref]).get(ref)
    if row is None or getattr(row, "deleted", False):
        raise NotFound(detail=f"there is no {resource.kind} {ref}")
    if resource.beside is None:
        return rendered(reading, resource, [row], livemode=reading.livemode)[0]
    if reading.is_alone(resource.table, ref):  # nothing can be beside it yet
        return resource.render(row, None, livemode=reading.livemode)
    statement = _ONE.format(columns=resource.beside.columns, table=resource.table.name)
    (values,) = reading.last(statement, {"id": ref})
    beside = resource.beside.read(*values)
    return resource.render(row, beside, livemode=reading.livemode)
