"""Moves groups along the log: a batch a transaction, exactly once, stopping at what breaks."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import errors

from projections import tracking
from projections.log import read_stretch
from projections.tracking import Place
from projections.work import DatabaseWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from projections.group import Group
    from projections.tracking import Cursor, Tracking
    from store.connections import Connection, Connections

BATCH = 5000
_OUR_FAULT = (psycopg.DataError, psycopg.IntegrityError)
_log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """What the group shows, and the end of the log it was compared with."""

    position: int
    head: int
    stopped: bool = False

    @property
    def lag(self) -> int:
        return max(self.head - self.position, 0)


class Broken(Exception):
    """A handler failed somewhere in `(after, until]`."""

    def __init__(self, tracking: Tracking, until: int) -> None:
        self.tracking = tracking
        self.after = tracking.position
        self.until = until


def catch_up(
    connections: Connections,
    account_id: UUID,
    group: Group,
    upto: int | None = None,
    wait_ms: int | None = 500,
    batch: int = BATCH,
) -> Shown:
    """Project until `upto`, or until the end of the log as it is now.

    Another holder of the lease is waited for up to `wait_ms` in all; None does not wait. A group
    that is stopped, or held for longer, is answered as it stands: nothing is raised for it.
    """
    place = Place(account_id, group.name)
    with connections.connection() as connection:
        return _catch_up(connection, place, group, upto, _Patience(wait_ms), batch)


def arrive(connections: Connections, account_id: UUID, group: Group, wait_ms: int) -> Shown:
    """Project until the end of the log, however far it is, beside others who do the same.

    Answered as it stands where the group is stopped, or stood still for `wait_ms`.
    """
    shown = catch_up(connections, account_id, group, wait_ms=wait_ms)
    while shown.lag and not shown.stopped:
        before = shown.position
        shown = catch_up(connections, account_id, group, wait_ms=wait_ms)
        if shown.position == before:
            break
    return shown


class _Patience:
    """What is left of a wait."""

    def __init__(self, wait_ms: int | None) -> None:
        self._until = None if wait_ms is None else time.monotonic() + wait_ms / 1000

    @property
    def left_ms(self) -> int | None:
        if self._until is None:
            return None
        return max(int((self._until - time.monotonic()) * 1000), 1)


def _catch_up(
    connection: Connection,
    place: Place,
    group: Group,
    upto: int | None,
    patience: _Patience,
    batch: int,
) -> Shown:
    """Takes the lease a batch at a time; halves the batch around an event that breaks."""
    size = batch
    shown = look(connection, place)
    goal = shown.head if upto is None else upto
    while shown.position < min(goal, shown.head) and not shown.stopped:
        try:
            shown = project_batch(connection, place, group, size, patience.left_ms) or shown
            size = min(size * 2, batch)
        except errors.LockNotAvailable:
            return look(connection, place)
        except Broken as broken:
            if broken.until - broken.after == 1:
                return _stop(connection, place, broken)
            size = (broken.until - broken.after) // 2
    return shown


def look(connection: Connection, place: Place) -> Shown:
    """Where the group stands, making its rows the first time."""
    with connection.cursor(binary=True) as cursor:
        found = tracking.current(cursor, place)
        if found is None:
            tracking.begin(cursor, place)
            found = tracking.current(cursor, place)
    return _shown(found) if found else Shown(0, 0)


def _shown(found: Tracking) -> Shown:
    return Shown(found.position, found.head, found.stopped)


def project_batch(
    connection: Connection, place: Place, group: Group, size: int, wait_ms: int | None
) -> Shown | None:
    """One transaction: lease, read, fold, write, move. None if the generation was switched."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        leased = tracking.lease(cursor, place, wait_ms)
        if leased is None or leased.stopped or leased.position >= leased.head:
            return _shown(leased) if leased else None
        until = min(leased.position + size, leased.head)
        project(cursor, place, group, leased, until)
    return Shown(until, leased.head)


def project(cursor: Cursor, place: Place, group: Group, leased: Tracking, until: int) -> None:
    """Fold `(leased.position, until]` into the leased generation and move its position."""
    with _naming_what_broke(leased, until):
        events = read_stretch(cursor, place.account_id, leased.position, until, group)
        group.fold(DatabaseWork(cursor, place.account_id, leased.generation), events)
    tracking.move(cursor, place._replace(generation=leased.generation), until)


@contextmanager
def _naming_what_broke(leased: Tracking, until: int) -> Iterator[None]:
    try:
        yield
    except _OUR_FAULT as error:
        raise Broken(leased, until) from error
    except psycopg.Error:
        raise  # the database's trouble, not the event's: whoever asked tries again
    except Exception as error:
        raise Broken(leased, until) from error


def _stop(connection: Connection, place: Place, broken: Broken) -> Shown:
    """Leave the group standing before the event, with the reason, until `resume`."""
    reason = f"{type(broken.__cause__).__name__}: {broken.__cause__}"
    held = place._replace(generation=broken.tracking.generation)
    _log.error(
        "projection group %s of account %s stopped at position %d: %s",
        place.group,
        place.account_id,
        broken.until,
        reason,
        exc_info=broken.__cause__,
    )
    with connection.cursor() as cursor:
        tracking.stop(cursor, held, broken.after, reason)
    return look(connection, place)


def resume(connections: Connections, account_id: UUID, group: Group) -> None:
    """Let a stopped group go on, after its handler was put right."""
    with connections.connection() as connection, connection.cursor() as cursor:
        tracking.resume(cursor, Place(account_id, group.name))
