"""A write shown to its writer: projected and read back in one transaction, in few round trips."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.errors import LockNotAvailable

from domain.shared.errors import DomainError
from projections import glance, singly, tracking
from projections.log import envelopes
from projections.own import Broken, Forgotten, Own, breaking
from projections.tracking import Place
from projections.turns import TURNS, Busy
from projections.work import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from projections.group import Group
    from projections.reading import Reading
    from projections.table import Table
    from projections.tracking import Cursor, Taken
    from store.connections import Connection, Connections

T = TypeVar("T")


def show(
    connections: Connections,
    account_id: UUID,
    group: Group,
    wait_ms: int,
    read: Callable[[Reading], T],
    *,
    position: int = 0,
    changed: tuple[Table[Any], str] | None = None,
) -> T | None:
    """What `read` finds when the group shows the end of the log.

    Threads of this process take turns: None too where another's turn showed `position` meanwhile,
    which is then there to be read. `changed` is a row that was there before, mostly the only one.

    None where it takes more than a writer does, or cannot be had: the group is stopped, held by
    another for too long, or breaks. Nothing has happened then; the runner's way knows the rest.
    """
    place = Place(account_id, group.name)
    ask = partial(_show, place, group, wait_ms, read, changed)
    try:
        with TURNS.of(place).within(wait_ms) as turn:
            if turn.shown >= position > 0:
                return None
            with connections.connection() as connection:
                try:
                    found, turn.shown = ask(connection)
                except Forgotten:  # nothing happened, and the statements are prepared anew
                    found, turn.shown = ask(connection)
            return found
    except (Busy, LockNotAvailable, Broken, DomainError):
        return None


def _show(
    place: Place,
    group: Group,
    wait_ms: int,
    read: Callable[[Reading], T],
    changed: tuple[Table[Any], str] | None,
    connection: Connection,
) -> tuple[T | None, int]:
    """With the position that is shown once this has ended, 0 for none."""
    guess = Scope(place.account_id, glance.guessed(place.account_id, place.group))
    ahead = [] if changed is None else [singly.loading(guess, *changed)]
    with _committed(connection):
        taken = tracking.take(connection, place, wait_ms, ahead)
        if taken is None or not taken.moved:
            return None, 0
        with connection.cursor(binary=True) as cursor:
            now = _as_taken(cursor, place.account_id, taken)
            if changed is not None and taken.generation == guess.generation:
                now.keep_read(changed[0], taken.ahead[0])
            if taken.events:
                _fold(now, group, taken.events)
            found = read(now)
            now.end()
    return found, taken.head


@contextmanager
def _committed(connection: Connection) -> Iterator[None]:
    """The transaction that was begun in the block ends with it, one way or the other."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _fold(now: Reading, group: Group, events: list[tuple[Any, ...]]) -> None:
    with breaking():
        wanted = [each for each in events if each[tracking.TOPIC] in group.wants]
        group.fold(now, envelopes(now.account_id, wanted, group.blind))


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
