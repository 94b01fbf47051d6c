"""A page of a list: found by the shortest way an index offers, and continued where it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from domain.shared.errors import Gathered, Invalid
from projections import cursors, lists
from projections.resource import told
from projections.values import BadValue, integer_of
from projections.ways import FREE, WALK, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from projections.lists import Filters
    from projections.resource import Resource
    from projections.ways import Way

    Values = tuple[Any, ...]

LARGEST_PAGE = 100
USUAL_PAGE = 20
LOOKED_THROUGH = 3000
"""Rows along the order that are looked at first, where an index might find many: what is frequent
fills a page among them, and only what is rare is left to the index, all of whose rows are sorted.
"""

LOOKED_THROUGH_AT_MOST = 15_000
"""Where the first rows held some, but too few: as many as should hold a page, if not more."""


class Source(Protocol):
    """Where statements are answered: in a snapshot that is open, or each in one of its own.

    What is known of the account is that of the last statement.
    """

    @property
    def account_id(self) -> UUID: ...

    @property
    def livemode(self) -> bool: ...

    def select(self, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]: ...

    def steered(self, way: Way, statement: str, bound: dict[str, Any]) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Page:
    data: list[dict[str, Any]]
    next_cursor: str | None


def page(
    source: Source,
    resource: Resource[Any],
    query: Mapping[str, str],
    timezone: str,
    *,
    always: Mapping[str, str] | None = None,
) -> Page:
    """A page of the list: `limit`, `cursor`, `sort`, `q` and filters. Raises Invalid."""
    asked = dict(query)
    named, cursor = asked.pop("limit", None), asked.pop("cursor", None)
    wrong = Gathered()
    with wrong.noting():
        limit = limit_of(named)
    with wrong.noting():
        filters = lists.parse(resource.listing, asked, timezone, always=always or {})
    wrong.require_none()
    end = None if cursor is None else _end_of(filters, source, cursor)
    rows = Rows(filters, resource, filters.order.parts(end))
    found = _select(source, filters, rows, limit + 1)
    shown = [resource.split(values) for values in found[:limit]]
    ended = len(found) <= limit
    return Page(
        told(source, resource, shown, livemode=source.livemode),
        None if ended else _end(source, filters, shown[-1][0]),
    )


def limit_of(asked: str | None) -> int:
    """Raises Invalid."""
    try:
        limit = USUAL_PAGE if asked is None else integer_of(asked)
    except BadValue:
        limit = 0
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid.one("limit", "invalid_value", f"must be between 1 and {LARGEST_PAGE}")
    return limit


def _scope(filters: Filters) -> str:
    return f"{filters.listing.table.name} {filters.order.name} {filters.digest}"


def _end_of(filters: Filters, source: Source, cursor: str) -> cursors.End:
    end = cursors.read_cursor(source.account_id, _scope(filters), cursor)
    if not filters.order.holds(end.value):
        raise cursors.refused()
    filters.bound |= {"after_value": end.value, "after_id": end.id}
    return end


def _end(source: Source, filters: Filters, last: Any) -> str:
    value = filters.order.column.of(last)
    return cursors.write_cursor(source.account_id, _scope(filters), value, last.id)


def _select(source: Source, filters: Filters, rows: Rows, limit: int) -> Sequence[Values]:
    """Rows in the order of the list: those with a value in its column, then those without.

    One statement tells all of them, so that they are of one snapshot.
    """
    bound = {**filters.bound, "limit": limit}
    walked = filters.order.column.name in filters.listing.walked
    if filters.few or (filters.some and not walked):
        return source.steered(rows.finding, rows.found(), bound)
    if not filters.some:
        way, statement = (WALK, rows.walked()) if walked else (FREE, rows.found())
        return source.steered(way, statement, bound)
    near = _looked_through(source, rows, bound, limit)
    return near if len(near) == limit else source.steered(rows.finding, rows.found(), bound)


def _looked_through(
    source: Source, rows: Rows, bound: dict[str, Any], limit: int
) -> Sequence[Values]:
    """A whole page, or what the next rows hold of it."""
    statement = rows.looked_through()
    near = source.steered(WALK, statement, {**bound, "among": LOOKED_THROUGH})
    wider = LOOKED_THROUGH * limit * 3 // (2 * len(near)) if near else LOOKED_THROUGH_AT_MOST + 1
    if len(near) == limit or wider > LOOKED_THROUGH_AT_MOST:
        return near
    return source.steered(WALK, statement, {**bound, "among": wider})
