"""When customers were last seen: operational, so it is shown as it is now and never as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections import arrays
from projections.reading import Reading
from projections.work import DatabaseWork, MemoryWork

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from projections.table import Rows

_OF_ONE = """
SELECT customer_id, last_active_at FROM customer_activity
 WHERE account_id = %(account)s AND customer_id = %(customer)b"""
_OF_CUSTOMERS = """
SELECT customer_id, last_active_at FROM customer_activity
 WHERE account_id = %(account)s AND customer_id = ANY (%(customers)b)"""
JOIN = """
  LEFT JOIN customer_activity y ON y.account_id = t.account_id AND y.customer_id = {customer}"""
AT = "y.last_active_at"


def of_customers(
    rows: Rows, customer_ids: Iterable[str | None], *, last: bool = False
) -> dict[str, datetime]:
    """Those ever seen. What is folded from the log alone knows nothing of it.

    `last`: nothing else is asked of these rows.
    """
    wanted = sorted({each for each in customer_ids if each})
    rows = rows.beside or rows if isinstance(rows, MemoryWork) else rows
    if not wanted or not isinstance(rows, DatabaseWork):
        return {}
    if len(wanted) == 1 and isinstance(rows, Reading):  # one keeps its plan
        ask = rows.last if last else rows.select
        return dict(ask(_OF_ONE, {"customer": wanted[0]}))
    bound = {"account": rows.account_id, "customers": arrays.array_of(arrays.TEXT, wanted)}
    return dict(rows.cursor.execute(_OF_CUSTOMERS, bound, binary=True).fetchall())
