"""What an import sees of its account: caught up with when it looks, not each time it wrote.

Between looks another process may project what was written, while the import writes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from domain.commands.resuming import Waiting
    from importer.timeline import Page, SentInvoices
    from scheduler.due import DueWork


class Sight:
    """The `DueWork` and the `SentInvoices` of an import, over those of its account.

    A page that continues another is read as it stands: what the pages before it caused cannot
    bring anything into it.
    """

    def __init__(self, due: DueWork, sent: SentInvoices) -> None:
        self._due = due
        self._sent = sent
        self._behind = True

    def catch_up(self) -> None:
        self._behind = True

    def next_instant(self, until: datetime, after: datetime | None = None) -> datetime | None:
        return self._shown().next_instant(until, after)

    def refs(self, kind: str, at: datetime, limit: int, after: str | None) -> list[str]:
        due = self._shown() if after is None else self._due
        return due.refs(kind, at, limit, after)

    def unanswered_payments(self, older_than_seconds: float) -> list[Waiting]:
        return self._shown().unanswered_payments(older_than_seconds)

    def unanswered_refunds(self, older_than_seconds: float) -> list[Waiting]:
        return self._shown().unanswered_refunds(older_than_seconds)

    def open_sent_invoices(self) -> list[str]:
        return self._shown().open_sent_invoices()

    def open_invoices(self) -> list[str]:
        return self._shown().open_invoices()

    def issued_at(self, at: datetime, after: str | None, limit: int) -> Page:
        if after is None:
            self._shown()
        return self._sent.issued_at(at, after, limit)

    def _shown(self) -> DueWork:
        if self._behind:
            self._due.catch_up()
            self._behind = False
        return self._due
