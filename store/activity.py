"""When customers were last seen: noted at most once a minute each, and nowhere in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from store.connections import Connection

# In one order, so that two that note the same customers wait for each other and never in a circle.
_SEEN = """
INSERT INTO customer_activity AS a (account_id, customer_id, last_active_at)
SELECT h.account_id, n.customer_id, coalesce(h.clock, clock_timestamp())
  FROM heads h, unnest(%(customers)s::text[]) AS n (customer_id)
 WHERE h.account_id = %(account)s
 ORDER BY n.customer_id
    ON CONFLICT (account_id, customer_id) DO UPDATE SET last_active_at = excluded.last_active_at
 WHERE a.last_active_at <= excluded.last_active_at - interval '1 minute'"""


def seen(connection: Connection, account_id: UUID, customers: Iterable[str]) -> int:
    """Note that these customers, by their typed ids, are active now, in the account's time.

    Whoever was noted within the last minute is left as it is. Returns how many were noted.
    """
    listed = sorted(set(customers))
    if not listed:
        return 0
    bound = {"account": account_id, "customers": listed}
    return connection.execute(_SEEN, bound, prepare=True, binary=True).rowcount
