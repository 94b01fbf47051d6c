"""Invoices just sent for subscriptions brought from another system: what an import collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.groups import RESOURCES
from projections.reading import reading

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from store.connections import Connections

_SENT = """
SELECT t.id, t.subscription_id
  FROM invoices t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'open' AND t.collection_method = 'send_invoice'
   AND t.due_at >= %(at)s AND t.issued_at = %(at)s AND t.id > %(after)s
   AND t.subscription_id IS NOT NULL
 ORDER BY t.due_at, t.id LIMIT %(limit)s"""
# What was issued at one instant is due at one instant, so this is the order of the ids; by the
# index of what is open and due, which holds little, where the one by id holds every invoice.
_OLD_IDS = """
SELECT t.id, t.old_provider_id
  FROM subscriptions t
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s AND t.id = ANY (%(ids)s)"""


class AccountSentInvoices:
    """The `SentInvoices` of an import over the projected resources."""

    def __init__(self, connections: Connections, account_id: UUID) -> None:
        self._connections = connections
        self._account_id = account_id

    def issued_at(
        self, at: datetime, after: str | None, limit: int
    ) -> list[tuple[str, str | None]]:
        """(invoice, its subscription's old_provider_id): open ones of that instant, by id."""
        bound = {"at": at, "after": after or "", "limit": limit}
        with reading(self._connections, self._account_id, RESOURCES) as rows:
            sent = rows.select(_SENT, bound)
            subscriptions = sorted({subscription for _, subscription in sent})
            old_ids = dict(rows.select(_OLD_IDS, {"ids": subscriptions})) if sent else {}
        return [(invoice, old_ids.get(subscription)) for invoice, subscription in sent]
