"""A write shown to its writer: projected and read back in one transaction, in few round trips."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus

from domain.shared.errors import DomainError
from projections import glance, singly, tracking
from projections.just_written import JustWritten
from projections.log import envelopes
from projections.own import Forgotten, HandlerFailed, Own, breaking
from projections.tracking import Place
from projections.turns import TURNS, Busy
from projections.work import FEW, Scope
from store.exchange import begun_with, undo, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from eventsourcing.persistence import StoredEvent

    from projections.envelope import Envelope
    from projections.group import Group
    from projections.reading import Reading
    from projections.table import Table
    from projections.tracking import Cursor, Taken
    from projections.turns import Turn
    from store.append import Appended
    from store.connections import Connection, Connections
    from store.exchange import Asked, Bound, Rows

T = TypeVar("T")
_NOBODY_IS_WAITED_FOR_MS = 1


class Showing:
    """Of one write to an account. `changed` is a row that was there before, mostly the only one;
    behind an append those are known.

    It begins in the exchange of an append that it is `behind` of (see `store.behind`), where no
    other write of this process is being shown just then, or else when `show` is asked.
    """

    def __init__(
        self,
        connections: Connections,
        account_id: UUID,
        group: Group,
        changed: tuple[Table[Any], str] | None = None,
    ) -> None:
        self._connections = connections
        self._place = Place(account_id, group.name)
        self._group = group
        self._changed = [] if changed is None else [changed]
        self._guess = Scope(account_id, glance.guessed(account_id, group.name))
        self._turn: Turn | None = None
        self._lent: AbstractContextManager[Connection] | None = None
        self._begun: tuple[Connection, list[Rows]] | None = None
        self._own = JustWritten()
        self._taken_along: list[Asked | Bound] = []
        self._was_begun = False
        self.appended_again = False

    def show(self, wait_ms: int, read: Callable[[Reading], T], *, position: int = 0) -> T | None:
        """What `read` finds when the group shows the end of the log.

        Threads of this process take turns: None too where another's turn showed `position`
        meanwhile, which is then there to be read.

        None where it takes more than a writer does, or cannot be had: the group is stopped, held
        by another for too long, or breaks. Nothing has happened then; the runner's way knows the
        rest.
        """
        try:
            with suppress(Forgotten, _Stale):
                if self._begun is not None:
                    return self._going_on(*self._begun, wait_ms, read, position)
            return self._in_turn(wait_ms, read, position)
        except (Busy, LockNotAvailable, HandlerFailed, DomainError):
            return None

    def end(self) -> None:
        """Whatever was begun and is not ended by `show` is undone."""
        begun, self._begun = self._begun, None
        with ExitStack() as ending:
            ending.callback(self.not_begun)
            if begun is not None and self._lent is not None:
                ending.push(self._lent)
                undo(begun[0])

    def asked(self, events: Sequence[StoredEvent]) -> list[Asked | Bound] | None:
        """Only behind the first append; nothing is held during another."""
        if self._was_begun:
            self.appended_again = True
            self.end()
            return None
        turn = TURNS.of(self._place)
        if not turn.take_if_free():
            return None
        self._turn = turn
        if len(changed := self._group.changed(events)) <= FEW:
            self._changed = changed
        own = len(self._own) + len(events)
        taking = tracking.taking_own(self._place, _NOBODY_IS_WAITED_FOR_MS, own)
        return [taking, *self._ahead()]

    def begun(
        self, lent: AbstractContextManager[Connection], connection: Connection, rows: list[Rows],
        behind: Appended,
    ) -> None:  # fmt: skip
        self._lent, self._begun, self._was_begun = lent, (connection, rows), True
        self._own.add(behind)

    def appended(self, alone: Appended) -> None:
        self._own.add(alone)

    def takes_along(self, asked: Asked) -> bool:
        if self._begun is not None:
            self._taken_along.append(asked)
        return self._begun is not None

    def not_begun(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.leave()

    def _wanted(self, wait_ms: int) -> list[Asked | Bound]:
        return [tracking.taking(self._place, wait_ms), *self._ahead()]

    def _ahead(self) -> list[Bound]:
        return [singly.loading(self._guess, *each) for each in self._changed]

    def _going_on(
        self, connection: Connection, rows: list[Rows], wait_ms: int,
        read: Callable[[Reading], T], position: int,
    ) -> T | None:  # fmt: skip
        """Mostly nothing but what this writer appended is to be shown."""
        turn, taken = self._turn, tracking.taken_own(rows)
        try:
            if taken is None:
                with breaking():
                    taken = tracking.taken(within(connection, self._wanted(wait_ms)))
            elif not self._own.ends_at(taken.head):
                raise _Stale
            return self._shown(connection, taken, read, turn, position)
        finally:
            self.end()

    def _in_turn(self, wait_ms: int, read: Callable[[Reading], T], position: int) -> T | None:
        with TURNS.of(self._place).within(wait_ms) as turn:
            if turn.shown >= position > 0:
                return None
            with self._connections.connection() as connection:
                for _ in range(2):  # nothing happened, and forgotten statements are prepared anew
                    with suppress(Forgotten):
                        rows = begun_with(connection, self._wanted(wait_ms))
                        return self._shown(connection, tracking.taken(rows), read, turn, 0)
        return None

    def _shown(
        self, connection: Connection, taken: Taken | None, read: Callable[[Reading], T],
        turn: Turn | None, position: int,
    ) -> T | None:  # fmt: skip
        with _committed(connection):
            if taken is None or not taken.moved:
                return None
            if taken.head < position:
                raise _Stale
            with connection.cursor(binary=True) as cursor:
                now = _as_taken(cursor, self._place.account_id, taken)
                now.waiting.extend(self._taken_along)
                if taken.generation == self._guess.generation:
                    for (table, _), read_ahead in zip(self._changed, taken.ahead, strict=True):
                        now.keep_read(table, read_ahead)
                self._fold(now, taken)
                found = read(now)
                now.end()
        if turn is not None:
            turn.shown = taken.head
        return found

    def _fold(self, now: Reading, taken: Taken) -> None:
        with breaking():
            events = self._events(taken)
            if events:
                self._group.fold(now, events)

    def _events(self, taken: Taken) -> list[Envelope]:
        group = self._group
        if taken.events is None:
            return self._own.envelopes(group)
        wanted = [each for each in taken.events if group.shows(each[tracking.TOPIC])]
        return envelopes(self._place.account_id, wanted, group.blind)


class _Stale(Exception):
    """More was appended since the transaction was begun."""


@contextmanager
def _committed(connection: Connection) -> Iterator[None]:
    """The transaction that was begun ends with the block, one way or the other."""
    try:
        yield
    except BaseException:
        undo(connection)
        raise
    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        connection.commit()


def _as_taken(cursor: Cursor, account_id: UUID, taken: Taken) -> Own:
    return Own(
        cursor,
        account_id,
        taken.generation,
        position=taken.head,
        head=taken.head,
        livemode=taken.livemode,
        now=taken.now,
        stopped=False,
    )
