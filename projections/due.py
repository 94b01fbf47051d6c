"""What falls due by itself, oldest first: the scheduler asks here and commands decide again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from projections import subscription_dates as dates
from projections.groups import RESOURCES
from projections.reading import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from projections.reading import Reading
    from store.connections import Connections

SUBSCRIPTION_KINDS = dates.KINDS
_SUBSCRIPTIONS = """
SELECT t.due_at, t.due_kind, t.id
  FROM subscriptions t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.due_at <= %(until)s AND t.due_at IS NOT NULL AND t.due_kind = ANY (%(kinds)s)
   AND (t.due_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s)
 ORDER BY t.due_at, t.id LIMIT %(limit)s"""
_INVOICES = """
SELECT t.due_at, 'past_due', t.id
  FROM invoices t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'open' AND t.due_at <= %(until)s
   AND (t.collection_method = 'send_invoice' OR t.subscription_id IS NULL)
   AND (t.due_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s)
 ORDER BY t.due_at, t.id LIMIT %(limit)s"""
_PAYMENTS = """
SELECT t.wall_at, 'look_up', t.id
  FROM payments t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'started' AND t.wall_at <= %(until)s
   AND (t.wall_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s)
 ORDER BY t.wall_at, t.id LIMIT %(limit)s"""
_REFUNDS = """
SELECT t.wall_at, 'look_up', t.id
  FROM refunds t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'pending' AND t.wall_at <= %(until)s
   AND (t.wall_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s)
 ORDER BY t.wall_at, t.id LIMIT %(limit)s"""
_UNCONFIRMED = """
SELECT t.started_at + interval '1 hour', 'abandon', t.id
  FROM payments t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'requires_action' AND t.started_at <= %(until)s - interval '1 hour'
   AND (t.started_at, t.id) > (%(after_at)s::timestamptz - interval '1 hour', %(after_id)s)
 ORDER BY t.started_at, t.id LIMIT %(limit)s"""
_TO_CHARGE = """
SELECT t.next_charge_at, 'charge_invoice', t.id
  FROM invoices t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.next_charge_at IS NOT NULL AND t.next_charge_at <= %(until)s
   AND (t.next_charge_at, t.id) > (%(after_at)s::timestamptz, %(after_id)s)
 ORDER BY t.next_charge_at, t.id LIMIT %(limit)s"""
_FIRST = """
SELECT least(
    (SELECT min(t.due_at) FROM subscriptions t
      WHERE t.account_id = %(account)s AND t.generation = %(generation)s
        AND t.due_at IS NOT NULL AND t.due_at > %(after)s::timestamptz),
    (SELECT min(t.due_at) FROM invoices t
      WHERE t.account_id = %(account)s AND t.generation = %(generation)s
        AND t.status = 'open'
        AND (t.collection_method = 'send_invoice' OR t.subscription_id IS NULL)
        AND t.due_at > %(after)s::timestamptz),
    (SELECT min(t.next_charge_at) FROM invoices t
      WHERE t.account_id = %(account)s AND t.generation = %(generation)s
        AND t.next_charge_at IS NOT NULL AND t.next_charge_at > %(after)s::timestamptz),
    (SELECT min(t.started_at) + interval '1 hour' FROM payments t
      WHERE t.account_id = %(account)s AND t.generation = %(generation)s
        AND t.status = 'requires_action'
        AND t.started_at > %(after)s::timestamptz - interval '1 hour'))"""

_OPEN = """
SELECT t.id
  FROM invoices t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status IN ('open', 'past_due') AND t.collection_method = ANY (%(methods)s)
 ORDER BY t.issued_at, t.id"""
COLLECTION_METHODS = ("charge_automatically", "send_invoice")


class Due(NamedTuple):
    """`at` orders, `kind` names what is to be done with `id`."""

    at: datetime
    kind: str
    id: str


def subscriptions_due(
    connections: Connections,
    account_id: UUID,
    until: datetime,
    kinds: Sequence[str] = SUBSCRIPTION_KINDS,
    limit: int = 500,
    after: Due | None = None,
) -> list[Due]:
    """Terms that end and incomplete windows that close up to `until`, in (at, id) order."""
    return _due(connections, account_id, _SUBSCRIPTIONS, until, limit, after, kinds=list(kinds))


class Question(NamedTuple):
    """What of one kind is due up to `until`, in (at, id) order, from `after` on."""

    statement: str

    def __call__(
        self,
        connections: Connections,
        account_id: UUID,
        until: datetime,
        limit: int = 500,
        after: Due | None = None,
    ) -> list[Due]:
        return _due(connections, account_id, self.statement, until, limit, after)


invoices_past_due = Question(_INVOICES)
"""Open invoices that were sent and should have been paid by then."""

invoices_to_charge = Question(_TO_CHARGE)
"""Invoices by hand whose charge was declined, on their dunning days."""

payments_unanswered = Question(_PAYMENTS)
"""Payments started and not settled; `until` and `at` are wall time, on test accounts too."""

refunds_unanswered = Question(_REFUNDS)
"""Refunds to cards that no gateway answered; `until` and `at` as of payments."""

payments_unconfirmed = Question(_UNCONFIRMED)
"""Payments that the customer had an hour to confirm, in the account's time, and did not."""


def first_due(
    connections: Connections, account_id: UUID, after: datetime | None = None
) -> datetime | None:
    """The earliest instant, later than `after`, at which anything falls due, if anything does."""
    with reading(connections, account_id, RESOURCES) as rows:
        found: datetime | None = rows.select(_FIRST, {"after": after or "-infinity"})[0][0]
        return found


def open_invoices(
    connections: Connections, account_id: UUID, methods: Sequence[str] = COLLECTION_METHODS
) -> list[str]:
    """Typed ids of the invoices that wait for money, oldest first."""
    with reading(connections, account_id, RESOURCES) as rows:
        return [row[0] for row in rows.select(_OPEN, {"methods": list(methods)})]


def _due(
    connections: Connections,
    account_id: UUID,
    statement: str,
    until: datetime,
    limit: int,
    after: Due | None,
    **bound: Any,
) -> list[Due]:
    start = {"after_at": after.at if after else "-infinity", "after_id": after.id if after else ""}
    with reading(connections, account_id, RESOURCES) as rows:
        return _select(rows, statement, {**bound, **start, "until": until, "limit": limit})


def _select(rows: Reading, statement: str, bound: dict[str, Any]) -> list[Due]:
    return [Due(*row) for row in rows.select(statement, bound)]
