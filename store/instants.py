"""Which position of an account's log an instant means: what was known by then, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.shared.errors import Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connection

# Waits for an append that runs: it may still get an earlier time than the one asked about.
_HEAD = """
SELECT coalesce(clock, clock_timestamp()) FROM heads WHERE account_id = %(account)s FOR SHARE"""
# recorded_at never runs backwards along positions, and positions have no gaps: halves find it.
_LAST_BY = """
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, h.position FROM heads AS h WHERE h.account_id = %(account)s
     UNION ALL
    SELECT CASE WHEN e.recorded_at <= %(instant)s THEN e.position ELSE s.low END,
           CASE WHEN e.recorded_at <= %(instant)s THEN s.high ELSE e.position - 1 END
      FROM search AS s
      JOIN stored_events AS e ON e.account_id = %(account)s
       AND e.position = (s.low + s.high + 1) / 2
     WHERE s.low < s.high
)
SELECT low FROM search WHERE low = high"""


def position_at(connection: Connection, account_id: UUID, instant: datetime) -> int:
    """The last position recorded at or before an instant, 0 if there is none.

    Raises Invalid `known_at_not_past` unless the instant lies before the account's clock: events
    yet to come could still be recorded at it.
    """
    asked = {"account": account_id, "instant": instant}
    with connection.transaction():
        head = connection.execute(_HEAD, asked).fetchone()
        if head is None:
            raise NotFound(detail="there is no such account")
        if instant >= head[0]:
            raise Invalid.one(
                "known_at", "known_at_not_past", f"the account's clock shows {head[0].isoformat()}"
            )
        found = connection.execute(_LAST_BY, asked).fetchone()
    return int(found[0]) if found else 0
