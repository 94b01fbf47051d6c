"""The jobs that fire by themselves: what is due in each account, one lease at a time.

A job that is late, doubled or cut off changes nothing that was done: each is "select what is due,
one idempotent command each".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scheduler.due import gateway_patience, resume, run_due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from scheduler.due import Desk, Summary

_PAGES_A_LINE = 10
_log = logging.getLogger(__name__)


class Accounts(Protocol):
    """The accounts there are, and the right to work on one."""

    def all(self) -> Iterable[UUID]: ...

    def desk(self, account_id: UUID) -> Desk: ...

    def lease(self, account_id: UUID, job: str) -> AbstractContextManager[Callable[[], bool]]:
        """Gives a call that takes or prolongs the lease: False when somebody else has it."""


@dataclass(frozen=True, slots=True)
class DueWork:
    """Runs what is due everywhere. A test account's own time moves only by hand."""

    accounts: Accounts

    def __call__(self) -> None:
        for account_id in self.accounts.all():
            try:
                self._run(account_id)
            except Exception:  # noqa: BLE001 - told in the log, tried again next time
                # One account's trouble must not keep the others waiting.
                _log.exception("due work of account %s failed", account_id)

    def _run(self, account_id: UUID) -> None:
        with self.accounts.lease(account_id, "due") as hold:
            if not hold():
                return
            desk = self.accounts.desk(account_id)
            if desk.account.livemode:
                told = _Progress(account_id, hold)
                run_due(desk, desk.books.now(), on_step=told.hold, on_page=told.page)
            else:
                resume(desk, older_than_seconds=gateway_patience(desk))


class _Progress:
    """Keeps the lease and says, in a long run, how far it is."""

    def __init__(self, account_id: UUID, hold: Callable[[], bool]) -> None:
        self._account_id, self._hold = account_id, hold
        self._pages = 0

    def hold(self, _: object) -> None:
        _require(self._hold())

    def page(self, done: Summary) -> None:
        _require(self._hold())
        self._pages += 1
        if self._pages % _PAGES_A_LINE == 0:
            _log.info("due work of account %s goes on: %s", self._account_id, dict(done.ran))


def _require(held: bool) -> None:  # noqa: FBT001 - the answer of the lease itself
    if not held:
        raise RuntimeError("the lease was lost to another scheduler")
