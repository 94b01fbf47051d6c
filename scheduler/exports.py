"""Makes the exports that were ordered: one lease each, from the beginning where somebody died."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from domain.commands.accounts import account_of
from domain.commands.exporting import complete_export, fail_export, start_export
from domain.exporting.export import Export
from domain.shared.errors import Conflict, DomainError
from projections.downloads import Desk, file_of
from projections.groups import RESOURCES
from projections.reading import reading
from projections.runner import catch_up
from projections.workbook import TooManyRows
from store import export_files, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from uuid import UUID

    from domain.application import Books
    from domain.commands.act import Act
    from projections.downloads import File
    from projections.reading import Reading
    from store.connections import Connection, Connections
    from store.export_files import Attempt

KEPT = timedelta(hours=24)
MOST_ATTEMPTS = 3
PIECE_BYTES = 1 << 20
_PATIENCE_MS = 60_000
_PROLONGED_SECONDS = 15
_log = logging.getLogger(__name__)


class Leases(Protocol):
    def lease(self, account_id: UUID, job: str) -> AbstractContextManager[Callable[[], bool]]:
        """Gives a call that takes or prolongs the lease: False when somebody else has it."""


class LeaseLost(RuntimeError):
    """Another process took the export over."""


@dataclass(frozen=True, slots=True)
class ExportWork:
    """Everything that is ordered; then what has expired is deleted."""

    connections: Connections
    books_for: Callable[[UUID], Books]
    leases: Leases
    act: Act

    def __call__(self) -> None:
        with self.connections.connection() as connection:
            ordered = operations.unended_exports(connection)
        for account_id, ref in ordered:
            try:
                self._run(account_id, ref)
            except Exception:  # noqa: BLE001 - told in the log, tried again next time
                # One export's trouble must not keep the others waiting.
                _log.exception("export %s failed", ref)
        self._delete_expired()

    def _run(self, account_id: UUID, ref: str) -> None:
        with self.leases.lease(account_id, f"export {ref}") as hold:
            if not hold():
                return
            with _holding(hold) as held:
                making = _Making(self, account_id, ref, held)
                try:
                    making()
                except Conflict:
                    pass  # it has ended: another was faster
                except (DomainError, TooManyRows) as refused:
                    making.fail(getattr(refused, "code", "too_many_rows"), str(refused))
            self.show(account_id)

    def show(self, account_id: UUID) -> None:
        catch_up(self.connections, account_id, RESOURCES, wait_ms=_PATIENCE_MS)

    def _delete_expired(self) -> None:
        with self.connections.connection() as connection:
            for account_id, ref in operations.expired_export_files(connection):
                export_files.forget(connection, account_id, ref)


class _Making:
    """One attempt at one export."""

    def __init__(
        self, work: ExportWork, account_id: UUID, ref: str, hold: Callable[[], bool]
    ) -> None:
        self._work = work
        self._account_id = account_id
        self._ref = ref
        self._hold = hold
        self._books = work.books_for(account_id)

    def __call__(self) -> None:
        start_export(self._books, self._ref, self._work.act)
        self._work.show(self._account_id)
        with self._work.connections.connection() as connection:
            attempt = export_files.begin(connection, self._account_id, self._ref)
            if attempt.number > MOST_ATTEMPTS:
                self.fail("gave_up", f"it was begun {MOST_ATTEMPTS} times and never ended")
                return
            export = self._books.load(Export, self._ref)
            file = file_of(export.name, export.filters, self._desk())
            catch_up(self._work.connections, self._account_id, file.group, wait_ms=_PATIENCE_MS)
            with reading(self._work.connections, self._account_id, file.group) as now:
                size = self._keep(file, export.format, now, attempt, connection)
                position = now.position
            expires_at = datetime.now(UTC).replace(microsecond=0) + KEPT
            attempt.finish(connection, expires_at)
        complete_export(
            self._books, self._ref, self._work.act,
            position=position, size_bytes=size, expires_at=expires_at,
        )  # fmt: skip

    def fail(self, code: str, detail: str) -> None:
        with self._work.connections.connection() as connection:
            export_files.forget(connection, self._account_id, self._ref)
        fail_export(self._books, self._ref, self._work.act, code, detail[:500])

    def _desk(self) -> Desk:
        account = account_of(self._books)
        now = self._books.now()
        return Desk(self._work.connections, self._account_id, account.timezone, now)

    def _keep(
        self,
        file: File,
        form: str,
        now: Reading,
        attempt: Attempt,
        connection: Connection,
    ) -> int:
        """Returns its size. Raises LeaseLost."""
        rows, done, size = file.count(now), 0, 0
        for number, piece in enumerate(_gathered(file.write(now, form))):
            if not self._hold():
                raise LeaseLost(self._ref)
            done += piece.count(b"\r\n")
            size += len(piece)
            progress = 50 if rows is None or form != "csv" else min(100 * done // (rows + 1), 99)
            attempt.keep(connection, number, piece, progress)
        return size


@contextmanager
def _holding(hold: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Prolongs the lease meanwhile, also while a workbook is made whole; tells if it was lost."""
    ended, lost = Event(), Event()

    def prolong() -> None:
        while not ended.wait(_PROLONGED_SECONDS):
            if not hold():
                lost.set()
                return

    thread = Thread(target=prolong, daemon=True)
    thread.start()
    try:
        yield lambda: not lost.is_set()
    finally:
        ended.set()
        thread.join()


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """In pieces of about a mebibyte."""
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)
