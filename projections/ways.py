"""The ways to a page's rows: along the index of the order, or by what an index finds and a sort.

The planner is told the way, because of an account filled a moment ago it knows nothing. Where an
index holds every column that is asked about, the rows themselves are fetched for the page alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.lists import Filters
    from projections.order import Part
    from projections.resource import Resource

Way = dict[str, Any]
STEERING = """set_config('enable_sort', %(sort)s, true),
       set_config('enable_indexscan', %(index)s, true),
       set_config('enable_bitmapscan', %(bitmap)s, true),
       set_config('enable_seqscan', %(whole)s, true), set_config('enable_hashjoin', %(join)s, true),
       set_config('enable_mergejoin', %(join)s, true),
       set_config('max_parallel_workers_per_gather', %(helpers)s, true)"""
STEER = f"SELECT {STEERING}"
FREE: Way = {
    "sort": "on", "index": "on", "bitmap": "on", "whole": "on", "join": "on", "helpers": "2"
}  # fmt: skip
WALK: Way = {
    "sort": "off", "index": "on", "bitmap": "off", "whole": "off", "join": "off", "helpers": "0"
}  # fmt: skip
FIND: Way = {**WALK, "sort": "on", "index": "off", "bitmap": "on"}
FIND_IN_INDEX: Way = {**FIND, "index": "on"}


class Rows:
    """The statements of one page: `limit` rows at most, from where `parts` begin."""

    def __init__(self, filters: Filters, resource: Resource[Any], parts: Sequence[Part]) -> None:
        self._filters = filters
        self._listing = filters.listing
        self._parts = parts
        self._scope = "t.account_id = %(account)s AND t.generation = %(generation)s"
        self._shown = resource.columns
        # The cost of a row is where it lies: thousands of them are only asked of an index.
        self._covered = filters.covered
        self._table = f"{self._listing.table.name} AS t"
        self._source = self._table if self._covered else self._listing.source
        self._held = ", ".join(f't."{name}"' for name in sorted({"id", *self._listing.covered}))
        self.finding = FIND_IN_INDEX if self._covered else FIND

    def walked(self) -> str:
        """Along the index of the order, past what the filters leave out."""
        return self._whole(self._union(self._source, self._filters.where, "limit"))

    def looked_through(self) -> str:
        """The same, among the next `among` rows of the order: fewer than `limit` says nothing."""
        near = self._union(self._table, self._scope, "among")
        joins = "" if self._covered else self._listing.joins
        sql = f"SELECT t.* FROM ({near}) AS t {joins} WHERE {self._filters.asked} LIMIT %(limit)s"
        return self._whole(sql)

    def found(self) -> str:
        """All that the filters leave, sorted."""
        order, where = self._filters.order, self._filters.where
        after = " OR ".join(f"({part.where})" for part in self._parts)
        if not self._covered:
            return (
                f"SELECT {self._shown} FROM {self._source} WHERE {where} AND ({after})"
                f" ORDER BY {order.sql} LIMIT %(limit)s"
            )
        # OFFSET keeps the planner from walking the order's index instead.
        sql = (
            f"SELECT t.* FROM (SELECT {self._held} FROM {self._table}"
            f" WHERE {where} AND ({after}) OFFSET 0) AS t ORDER BY {order.sql} LIMIT %(limit)s"
        )
        return self._whole(sql)

    def _union(self, source: str, where: str, most: str) -> str:
        """The parts one after another: the second is begun only where the first was too short."""
        columns = self._held if self._covered else "t.*"
        parts = [
            f"SELECT {columns} FROM {source} WHERE {where} AND {part.where}"
            f" ORDER BY {part.order} LIMIT %({most})s"
            for part in self._parts
        ]
        if len(parts) == 1:
            return parts[0]
        return " UNION ALL ".join(f"({each})" for each in parts) + f" LIMIT %({most})s"

    def _whole(self, sql: str) -> str:
        """The rows of what was found in an index, in its order."""
        if not self._covered:
            return f"SELECT {self._shown} FROM ({sql}) AS t"
        own = f"SELECT t.* FROM {self._table} WHERE {self._scope} AND t.id = p.id OFFSET 0"
        return f"SELECT {self._shown} FROM ({sql}) AS p CROSS JOIN LATERAL ({own}) AS t"
