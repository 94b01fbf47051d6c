"""The tracking rows: how far a group's generation has come, who may move it, why it stopped."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, NamedTuple

from projections import arrays
from store.exchange import Asked
from store.statement import Statement

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from store.exchange import Bound, Rows

    Cursor = psycopg.Cursor[tuple[Any, ...]]

_INTEGER = 23
_BEGIN = """
INSERT INTO projection_live (account_id, group_name, generation)
VALUES (%(account)s, %(group)s, 1) ON CONFLICT (account_id, group_name) DO NOTHING"""
_BEGIN_GENERATION = """
INSERT INTO projection_tracking (account_id, group_name, generation)
VALUES (%(account)s, %(group)s, %(generation)s)
    ON CONFLICT (account_id, group_name, generation) DO NOTHING"""
_LIVE = """
SELECT t.generation, t.position, t.state, t.stopped_at, t.error, h.position
  FROM projection_live l
  JOIN projection_tracking t ON t.account_id = l.account_id AND t.group_name = l.group_name
   AND t.generation = l.generation AND t.retired_at IS NULL
  JOIN heads h ON h.account_id = l.account_id
 WHERE l.account_id = %(account)s AND l.group_name = %(group)s"""
_ONE = """
SELECT t.generation, t.position, t.state, t.stopped_at, t.error, h.position
  FROM projection_tracking t
  JOIN heads h ON h.account_id = t.account_id
 WHERE t.account_id = %(account)s AND t.group_name = %(group)s AND t.generation = %(generation)s
   AND t.retired_at IS NULL"""
_LEASED = " FOR UPDATE OF t"
_TAKE = """
SELECT * FROM take_written(%(account)s, %(group)s, %(wait)s, %(most)s)"""
_TAKE_OWN = Statement(
    "take_own", "SELECT * FROM take_own($1, $2, $3, $4)",
    (arrays.UUIDS.oid, arrays.TEXT.oid, arrays.TEXT.oid, _INTEGER),
)  # fmt: skip
TOPIC = 2
"""The place of an event's topic in a row of `Taken.events`."""

TAKEN = 500
"""Events that a writer projects besides its own; what is further behind is the worker's."""
# Plans made on tables without statistics would scan them: a batch looks rows up by key. What a
# crash loses of a projection is projected again: the disk is not waited for.
_SETTINGS = """
SELECT set_config('lock_timeout', %(wait)s, true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('synchronous_commit', 'off', true)"""
_MOVE = """
UPDATE projection_tracking SET position = %(position)s
 WHERE account_id = %(account)s AND group_name = %(group)s AND generation = %(generation)s"""
_STOP = """
UPDATE projection_tracking SET state = 'stopped', stopped_at = %(position)s + 1, error = %(error)s
 WHERE account_id = %(account)s AND group_name = %(group)s AND generation = %(generation)s
   AND position = %(position)s"""
_RESUME = """
UPDATE projection_tracking SET state = 'running', stopped_at = NULL, error = NULL
 WHERE account_id = %(account)s AND group_name = %(group)s"""


class Tracking(NamedTuple):
    """`head` is the end of the account's log as the same statement saw it."""

    generation: int
    position: int
    state: str
    stopped_at: int | None
    error: str | None
    head: int

    @property
    def stopped(self) -> bool:
        return self.state == "stopped"


class Taken(NamedTuple):
    """`moved` tells whether the group was let go to `head`, which the rows then have to show.

    `events` is None where they are the taker's own. `ahead` are the rows of what was asked with it.
    """

    moved: bool
    generation: int
    head: int
    livemode: bool
    now: datetime
    events: list[tuple[Any, ...]] | None
    ahead: list[Rows]


class Place(NamedTuple):
    """An account's group; without a generation the live one is meant."""

    account_id: UUID
    group: str
    generation: int | None = None

    @property
    def bound(self) -> dict[str, Any]:
        return {"account": self.account_id, "group": self.group, "generation": self.generation}


def current(cursor: Cursor, place: Place) -> Tracking | None:
    """Where the generation stands; None before its first batch."""
    statement = _LIVE if place.generation is None else _ONE
    row = cursor.execute(statement, place.bound).fetchone()
    return Tracking(*row) if row else None


def begin(cursor: Cursor, place: Place) -> None:
    """Make the rows of an account's first generation, or of the given one."""
    if place.generation is None:
        cursor.execute(_BEGIN, place.bound)
    cursor.execute(_BEGIN_GENERATION, {**place.bound, "generation": place.generation or 1})


def lease(cursor: Cursor, place: Place, wait_ms: int | None) -> Tracking | None:
    """Hold the row until the transaction ends, waiting up to `wait_ms` for who holds it.

    None if there is no row, or if a rebuild switched away from it meanwhile: ask again. With
    `wait_ms` None a row held by another is not waited for. Raises LockNotAvailable.
    """
    wait = f"{max(wait_ms or 1, 1)}ms"
    cursor.execute(_SETTINGS, {"wait": wait})
    statement = (_LIVE if place.generation is None else _ONE) + _LEASED
    row = cursor.execute(statement + (" NOWAIT" if wait_ms is None else ""), place.bound).fetchone()
    return Tracking(*row) if row else None


def taking(place: Place, wait_ms: int) -> Asked:
    """Asked first in a transaction, it makes the live generation stand at the end of the log, if
    it may: `taken` of its rows. LockNotAvailable where another holds it for longer.
    """
    return Asked(_TAKE, {**place.bound, "wait": f"{max(wait_ms, 1)}ms", "most": TAKEN})


def taken(answers: list[Rows]) -> Taken | None:
    """Of the rows of `taking`, and of what was asked with it. None if there is no group.

    The events up to there are then the caller's to fold, or to roll all of it back.
    """
    rows, *ahead = answers
    if not rows:
        return None
    moved, generation, head, livemode, now = rows[0][:5]
    events = [row[5:] for row in rows if row[5] is not None]
    return Taken(moved, generation, head, livemode, now, events, ahead)


def taking_own(place: Place, wait_ms: int, events: int) -> Bound:
    """The same, of the writer of an account's last `events`, where nothing else is left to be
    shown: `taken_own` of its rows.
    """
    wait = b"%dms" % max(wait_ms, 1)
    return _TAKE_OWN.bound((place.account_id.bytes, place.group.encode(), wait, pack("!i", events)))


def taken_own(answers: list[Rows]) -> Taken | None:
    """None where there is more to be shown, or where the group is not to be moved."""
    (row,), *ahead = answers
    generation, head, livemode, now = row
    if generation is None:
        return None
    return Taken(True, generation, head, livemode, now, None, ahead)  # noqa: FBT003


def move(cursor: Cursor, place: Place, position: int) -> None:
    cursor.execute(_MOVE, {**place.bound, "position": position})


def stop(cursor: Cursor, place: Place, position: int, error: str) -> None:
    """Stop before the event after `position`, unless someone got past it."""
    cursor.execute(_STOP, {**place.bound, "position": position, "error": error})


def resume(cursor: Cursor, place: Place) -> None:
    """Let every generation of the group go on."""
    cursor.execute(_RESUME, place.bound)
