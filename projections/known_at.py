"""How far the log had come at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from projections.reading import Reading

# Times never fall along the log, so its primary key is searched by halves: no index on time.
_SEARCH = """
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, %(head)s::bigint
     UNION ALL
    SELECT CASE WHEN e.recorded_at <= %(at)s THEN m.middle ELSE s.low END,
           CASE WHEN e.recorded_at <= %(at)s THEN s.high ELSE m.middle - 1 END
      FROM search s
     CROSS JOIN LATERAL (SELECT (s.low + s.high + 1) / 2 AS middle) m
      JOIN stored_events e ON e.account_id = %(account)s AND e.position = m.middle
     WHERE s.low < s.high
)
SELECT low FROM search WHERE low = high"""


def position_known_at(reading: Reading, at: datetime) -> int:
    """The position of the last event recorded by then; 0 before the first."""
    found = reading.select(_SEARCH, {"head": reading.head, "at": at})
    return int(found[0][0])
