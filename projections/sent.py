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
SELECT t.id, s.old_provider_id
  FROM invoices t
  JOIN subscriptions s ON s.account_id = t.account_id AND s.generation = t.generation
   AND s.id = t.subscription_id AND s.old_provider_id IS NOT NULL
 WHERE t.account_id = %(account)s AND t.generation = %(generation)s
   AND t.status = 'open' AND t.collection_method = 'send_invoice'
   AND t.issued_at = %(at)s AND t.id > %(after)s
 ORDER BY t.id LIMIT %(limit)s"""


class AccountSentInvoices:
    """The `SentInvoices` of an import over the projected resources."""

    def __init__(self, connections: Connections, account_id: UUID) -> None:
        self._connections = connections
        self._account_id = account_id

    def issued_at(self, at: datetime, after: str | None, limit: int) -> list[tuple[str, str]]:
        """(invoice, its subscription's old_provider_id): open ones issued at that instant, by id."""
        bound = {"at": at, "after": after or "", "limit": limit}
        with reading(self._connections, self._account_id, RESOURCES) as rows:
            return [(row[0], row[1]) for row in rows.select(_SENT, bound)]
