"""One import from its first row to the account's clock standing at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.accounts import clock_of, set_clock
from domain.shared.errors import Conflict
from importer.catalogue import absent, create_catalogue
from importer.outcome import Outcome
from importer.problems import ImportRefused
from importer.timeline import Timeline

if TYPE_CHECKING:
    from datetime import datetime

    from importer.outcome import Watch
    from importer.staging import Staging
    from importer.timeline import SentInvoices
    from scheduler.due import Desk


def run_import(
    desk: Desk,
    currency: str,
    staging: Staging,
    sent: SentInvoices,
    until: datetime,
    watch: Watch,
) -> Outcome:
    """Raises ImportRefused, before anything is written, for a live account or one in use."""
    if desk.account.livemode:
        raise ImportRefused("the import moves the clock: it needs a test account")
    outcome = Outcome(before=desk.books.head().position)
    _set_clock(desk, staging, until)
    create_catalogue(desk, currency, staging, outcome, watch)
    Timeline(desk, staging, sent, outcome, watch).live_until(until)
    outcome.after = desk.books.head().position
    return outcome


def _set_clock(desk: Desk, staging: Staging, until: datetime) -> None:
    """To the earliest start, while the account has no business of its own; else it goes on."""
    first = staging.first_start()
    start = min(first or until, until)
    now = clock_of(desk.books).now
    if now == start:
        return
    try:
        set_clock(desk.books, start, desk.act)
    except Conflict as started:
        if started.code != "test_clock_started":
            raise
        if first is not None and now > first and not _begun(desk, staging, first):
            raise ImportRefused(
                f"the account's clock shows {now:%Y-%m-%d} and the first subscriber begins on"
                f" {first:%Y-%m-%d}: the import needs an account without business of its own"
            ) from None


def _begun(desk: Desk, staging: Staging, first: datetime) -> bool:
    """Whether an earlier run of this import came as far as its first subscriptions."""
    page = next(staging.starting(first, 100))
    return len(absent(desk, "sub", page)) < len(page)
