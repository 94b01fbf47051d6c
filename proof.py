"""Everything that must be true of an account's books, checked on what is stored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from domain.accounts.account import Account
from domain.application import Books
from domain.shared.period import accounting_date
from projections import access_invariants
from projections.generations import RebuildStopped, compare
from projections.groups import ACCOUNTING, GROUPS, RESOURCES
from projections.invariants import findings, findings_in_the_log
from projections.reading import reading
from projections.reports.report import Asked
from projections.runner import catch_up
from store.verification import verify_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from projections.reading import Reading
    from store.connections import Connections
    from store.factory import PostgresStore

_PATIENCE_MS = 60_000
_FAR = timedelta(days=4000)
_FIRST_POSTING = """
SELECT min(j.posting_date) FROM journal_lines j
 WHERE j.account_id = %(account)s AND j.generation = %(generation)s"""


def breaches(connections: Connections, store: PostgresStore, account_id: UUID) -> Iterator[str]:
    """A sentence for each thing that does not hold: log, books, projections against a rebuild."""
    with connections.connection() as connection:
        for broken in verify_log(connection, store.mapper(), account_id):
            yield str(broken)
    yield from books_breaches(connections, store, account_id)
    yield from access_breaches(connections, account_id)
    for group in GROUPS:
        try:
            compared = compare(connections, account_id, group)
        except RebuildStopped as reason:
            yield f"{group.name} cannot be folded again: {reason}"
        else:
            yield from (f"{group.name}: {differing}" for differing in compared.differences)


def access_breaches(connections: Connections, account_id: UUID) -> Iterator[str]:
    """Whoever gets in does so by what the log says of them, and by nothing else."""
    catch_up(connections, account_id, RESOURCES, wait_ms=_PATIENCE_MS)
    with reading(connections, account_id, RESOURCES) as now:
        yield from access_invariants.findings(now)


def books_breaches(
    connections: Connections,
    store: PostgresStore,
    account_id: UUID,
    *,
    every_month: bool = True,
) -> Iterator[str]:
    """The invariants today, long after, and at every month end there is."""
    shown = catch_up(connections, account_id, ACCOUNTING, wait_ms=_PATIENCE_MS)
    if shown.stopped or shown.lag:
        yield f"accounting stands at {shown.position} of {shown.head}"
        return
    with reading(connections, account_id, ACCOUNTING) as now:
        today = accounting_date(now.now, _timezone(store, account_id))
        days = _days(now, today) if every_month else [today, today + _FAR]
        for day in days:
            yield from (f"on {day}: {each}" for each in findings(now, Asked(day)))
        yield from map(str, findings_in_the_log(now, Asked(today)))


def _timezone(store: PostgresStore, account_id: UUID) -> str:
    return Books(account_id, store).load(Account, account_id).timezone


def _days(now: Reading, today: date) -> list[date]:
    first = now.select(_FIRST_POSTING, {})[0][0] or today
    days = {today, today + _FAR}
    month = first.replace(day=1)
    while month <= today:
        month = (month + timedelta(days=32)).replace(day=1)
        days.add(month - timedelta(days=1))
    return sorted(days)
