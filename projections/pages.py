"""A page of a list: found by the shortest way an index offers, and continued where it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.shared.errors import Gathered, Invalid
from projections import cursors, lists
from projections.resource import rendered
from projections.values import BadValue, integer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.lists import Filters
    from projections.order import Part
    from projections.reading import Reading
    from projections.resource import Resource

LARGEST_PAGE = 100
USUAL_PAGE = 20
LOOKED_THROUGH = 3000
"""Rows along the order that are looked at first, where an index might find many: what is frequent
fills a page among them, and only what is rare is left to the index, all of whose rows are sorted.
"""

LOOKED_THROUGH_AT_MOST = 15_000
"""Where the first rows held some, but too few: as many as should hold a page, if not more."""

# The planner is told how, because of an account filled a moment ago it knows nothing.
_STEER = """
SELECT set_config('enable_sort', %(sort)s, true), set_config('enable_indexscan', %(index)s, true),
       set_config('enable_bitmapscan', %(bitmap)s, true),
       set_config('enable_seqscan', %(whole)s, true)"""
_FREE: dict[str, Any] = {"sort": "on", "index": "on", "bitmap": "on", "whole": "on"}
_WALK: dict[str, Any] = {"sort": "off", "index": "on", "bitmap": "off", "whole": "off"}
_FOUND: dict[str, Any] = {"sort": "on", "index": "off", "bitmap": "on", "whole": "off"}


@dataclass(frozen=True, slots=True)
class Page:
    data: list[dict[str, Any]]
    next_cursor: str | None


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
    named, cursor = asked.pop("limit", None), asked.pop("cursor", None)
    wrong = Gathered()
    with wrong.noting():
        limit = limit_of(named)
    with wrong.noting():
        filters = lists.parse(resource.listing, asked, timezone, always=always or {})
    wrong.require_none()
    end = None if cursor is None else _end_of(filters, reading, cursor)
    found = _select(reading, filters, filters.order.parts(end), limit + 1)
    shown = found[:limit]
    ended = len(found) <= limit
    return Page(
        rendered(reading, resource, shown, livemode=reading.livemode),
        None if ended else _end(reading, filters, shown[-1]),
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


def _end_of(filters: Filters, reading: Reading, cursor: str) -> cursors.End:
    end = cursors.read_cursor(reading.account_id, _scope(filters), cursor)
    if not filters.order.holds(end.value):
        raise cursors.refused()
    filters.bound |= {"after_value": end.value, "after_id": end.id}
    return end


def _end(reading: Reading, filters: Filters, last: Any) -> str:
    value = getattr(last, filters.order.column.name)
    return cursors.write_cursor(reading.account_id, _scope(filters), value, last.id)


def _select(reading: Reading, filters: Filters, parts: list[Part], limit: int) -> list[Any]:
    """Rows in the order of the list: those with a value in its column, then those without."""
    found: list[Any] = []
    for part in parts:
        if len(found) < limit:
            found += _select_part(reading, filters, part, limit - len(found))
    reading.select(_STEER, _FREE)
    return found


def _select_part(reading: Reading, filters: Filters, part: Part, limit: int) -> list[Any]:
    walked = filters.order.column.name in filters.listing.walked
    if filters.few:
        return _rows(reading, filters, part, limit, _FOUND)
    if not filters.some:
        return _rows(reading, filters, part, limit, _WALK if walked else _FREE)
    near = _looked_through(reading, filters, part, limit) if walked else []
    return near if len(near) == limit else _rows(reading, filters, part, limit, _FOUND)


def _looked_through(reading: Reading, filters: Filters, part: Part, limit: int) -> list[Any]:
    """A whole page, or what the first rows hold of it."""
    near = _rows(reading, filters, part, limit, _WALK, among=LOOKED_THROUGH)
    wider = LOOKED_THROUGH * limit * 3 // (2 * len(near)) if near else LOOKED_THROUGH_AT_MOST + 1
    if len(near) == limit or wider > LOOKED_THROUGH_AT_MOST:
        return near
    return _rows(reading, filters, part, limit, _WALK, among=wider)


def _rows(
    reading: Reading,
    filters: Filters,
    part: Part,
    limit: int,
    way: dict[str, Any],
    among: int | None = None,
) -> list[Any]:
    table = filters.listing.table
    if way is not _FREE:
        reading.select(_STEER, way)
    statement = _statement(filters, part, looked_through=among is not None)
    bound = {**filters.bound, "limit": limit, "among": among}
    return [table.row(*row) for row in reading.select(statement, bound)]


def _statement(filters: Filters, part: Part, *, looked_through: bool) -> str:
    listing = filters.listing
    columns = ", ".join(f't."{name}"' for name in listing.table.names)
    source = listing.source
    if looked_through:
        near = (
            f"SELECT t.* FROM {listing.table.name} AS t WHERE t.account_id = %(account)s"
            f" AND t.generation = %(generation)s AND {part.where}"
            f" ORDER BY {part.order} LIMIT %(among)s"
        )
        source = f"({near}) AS t {listing.joins}"
    return (
        f"SELECT {columns} FROM {source} WHERE {filters.where} AND {part.where}"
        f" ORDER BY {part.order} LIMIT %(limit)s"
    )
