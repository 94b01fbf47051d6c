"""What is due in one account, as its projections show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domain.commands.resuming import Waiting
from projections import due
from projections.groups import RESOURCES
from projections.runner import arrive

if TYPE_CHECKING:
    from uuid import UUID

    from store.connections import Connections

_PATIENCE_MS = 60_000
_RUN_SECONDS, _SLOTS, _SOON_SECONDS = 5, 60, 600
_OTHERS = {
    "past_due": due.invoices_past_due, "abandon": due.payments_unconfirmed,
    "charge_invoice": due.invoices_to_charge,
}  # fmt: skip


class AccountDue:
    """The `DueWork` of `scheduler.due` over the projected resources."""

    def __init__(self, connections: Connections, account_id: UUID) -> None:
        self._connections = connections
        self._account_id = account_id
        self._after: due.Due | None = None

    def catch_up(self) -> None:
        """Raises RuntimeError where the views stand still: nothing is run on what may be old."""
        shown = arrive(self._connections, self._account_id, RESOURCES, _PATIENCE_MS)
        if shown.stopped or shown.lag:
            raise RuntimeError(f"the views of account {self._account_id} do not follow its log")

    def next_instant(self, until: datetime, after: datetime | None = None) -> datetime | None:
        first = due.first_due(self._connections, self._account_id, after)
        return first if first is not None and first <= until else None

    def refs(self, kind: str, at: datetime, limit: int, after: str | None) -> list[str]:
        """`after` continues behind the last page given out; None begins anew."""
        beginning = self._after if after is not None else None
        if kind in _OTHERS:
            found = _OTHERS[kind](self._connections, self._account_id, at, limit, beginning)
        else:
            found = due.subscriptions_due(
                self._connections, self._account_id, at, (kind,), limit, beginning
            )
        self._after = found[-1] if found else None
        return [each.id for each in found]

    def unanswered_payments(self, older_than_seconds: float) -> list[Waiting]:
        return self._waiting(due.payments_unanswered, older_than_seconds)

    def unanswered_refunds(self, older_than_seconds: float) -> list[Waiting]:
        return self._waiting(due.refunds_unanswered, older_than_seconds)

    def _waiting(self, find: due.Question, seconds: float) -> list[Waiting]:
        now = datetime.now(UTC)
        found = find(self._connections, self._account_id, now - timedelta(seconds=seconds))
        waiting = [Waiting(each.id, (now - each.at).total_seconds()) for each in found]
        return [each for each in waiting if not seconds or _asked_again(each, now)]

    def open_sent_invoices(self) -> list[str]:
        return due.open_invoices(self._connections, self._account_id, ("send_invoice",))

    def open_invoices(self) -> list[str]:
        return due.open_invoices(self._connections, self._account_id)


def _asked_again(waiting: Waiting, now: datetime) -> bool:
    """For ten minutes each time, then once in five: a bank may take days, a gateway may be down."""
    slot = int(now.timestamp()) // _RUN_SECONDS % _SLOTS
    return waiting.seconds < _SOON_SECONDS or sum(waiting.ref.encode()) % _SLOTS == slot
