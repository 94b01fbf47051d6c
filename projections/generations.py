"""Rebuilds: the next generation of a group beside the live one, compared with it, then shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from projections import tracking
from projections.runner import BATCH, Broken, catch_up, look, project, project_batch
from projections.tracking import Place
from store import leases
from store.operations import retired_generations, unfinished_generations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from projections.group import Group
    from projections.table import Table
    from projections.tracking import Cursor, Tracking
    from store.connections import Connection, Connections

KEPT_AFTER_SWITCH = timedelta(minutes=10)
_BUILDER = "rebuild"
_BUILDING_SECONDS = 600
_ROWS_A_DELETE = 5000
_REPORTED = 10
_LOCK_WAIT_MS = 60_000
_NEXT = """
INSERT INTO projection_tracking (account_id, group_name, generation)
SELECT %(account)s, %(group)s, max(generation) + 1
  FROM projection_tracking WHERE account_id = %(account)s AND group_name = %(group)s
RETURNING generation"""
_SWITCH = """
UPDATE projection_live SET generation = %(generation)s
 WHERE account_id = %(account)s AND group_name = %(group)s"""
_RETIRE = """
UPDATE projection_tracking SET retired_at = clock_timestamp()
 WHERE account_id = %(account)s AND group_name = %(group)s AND generation = %(generation)s"""
_FORGET = """
DELETE FROM projection_tracking
 WHERE account_id = %(account)s AND group_name = %(group)s AND generation = %(generation)s"""

_ABANDON = """
UPDATE projection_tracking t SET retired_at = clock_timestamp()
 WHERE t.account_id = %(account)s AND t.group_name = %(group)s AND t.generation = %(generation)s
   AND t.retired_at IS NULL
   AND t.generation <> (SELECT l.generation FROM projection_live l
                         WHERE l.account_id = t.account_id AND l.group_name = t.group_name)"""
_HOLD = """
SELECT FROM projection_tracking
 WHERE account_id = %(account)s AND group_name = %(group)s AND generation = %(generation)s
   FOR UPDATE SKIP LOCKED"""

# Folding looks rows up by key; comparing reads all of them.
_WHOLE_TABLES = """
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
       set_config('enable_mergejoin', 'on', true)"""


class RebuildStopped(Exception):
    """An event breaks a handler: neither generation can be compared until that is put right."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that the generations do not share; None where it is missing."""

    table: str
    key: tuple[str, ...]
    live: str | None
    rebuilt: str | None


@dataclass(slots=True)
class Comparison:
    """At `position`, the live rows against those rebuilt; only the first few are listed."""

    position: int
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences


def rebuild(
    connections: Connections,
    account_id: UUID,
    group: Group,
    on_progress: Callable[[int, int], None] = lambda _position, _head: None,
) -> Comparison:
    """Fold the whole log again and show the outcome, whatever the comparison found.

    Reads and writes go on; they wait only while the two are compared. `on_progress` is given the
    position reached and the end of the log.
    """
    return _beside(connections, account_id, group, on_progress, switching=True)


def compare(
    connections: Connections,
    account_id: UUID,
    group: Group,
    on_progress: Callable[[int, int], None] = lambda _position, _head: None,
) -> Comparison:
    """Fold the whole log again, compare and throw the outcome away."""
    return _beside(connections, account_id, group, on_progress, switching=False)


def _beside(
    connections: Connections,
    account_id: UUID,
    group: Group,
    on_progress: Callable[[int, int], None],
    *,
    switching: bool,
) -> Comparison:
    live = Place(account_id, group.name)
    catch_up(connections, account_id, group)
    with connections.connection() as connection:
        following = _begin_next(connection, live)
        try:
            _follow(connection, following, group, on_progress)
            compared = _settle(connection, live, following, group, switching=switching)
        except BaseException as error:
            with suppress(
                psycopg.OperationalError
            ):  # without it the worker's housekeeping drops it
                _drop(connection, following, group)
            if isinstance(error, Broken):
                raise RebuildStopped(f"event {error.after + 1} or later breaks") from error
            raise
        if switching:
            leases.release(connection, account_id, _job(following), _BUILDER)
        else:
            _drop(connection, following, group)
    return compared


def _begin_next(connection: Connection, live: Place) -> Place:
    look(connection, live)
    with connection.transaction():
        (generation,) = connection.execute(_NEXT, live.bound).fetchall()[0]
        following = live._replace(generation=generation)
        _still_building(connection, following)
    return following


def _still_building(connection: Connection, following: Place) -> None:
    """Whoever stops saying so was killed, and what it built is deleted."""
    job = _job(following)
    leases.take(connection, following.account_id, job, _BUILDER, _BUILDING_SECONDS)


def _job(following: Place) -> str:
    return f"rebuild {following.group} {following.generation}"


def _follow(
    connection: Connection,
    following: Place,
    group: Group,
    on_progress: Callable[[int, int], None],
) -> None:
    """Up to within a batch of the end of the log."""
    while True:
        shown = project_batch(connection, following, group, BATCH, _LOCK_WAIT_MS)
        if shown is None or shown.stopped:
            raise RebuildStopped("the log cannot be folded to its end")
        _still_building(connection, following)
        on_progress(shown.position, shown.head)
        if shown.lag < BATCH:
            return


def _settle(
    connection: Connection, live: Place, following: Place, group: Group, *, switching: bool
) -> Comparison:
    """With both rows held: level the positions, compare, and switch by one update."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        shown = _held(cursor, live)
        built = _held(cursor, following)
        if built.position < shown.position:
            project(cursor, following, group, built, shown.position)
        elif shown.position < built.position:  # written meanwhile, and not yet shown
            project(cursor, live, group, shown, built.position)
        generations = shown.generation, built.generation
        position = max(shown.position, built.position)
        compared = _compare(cursor, live.account_id, group, generations, position)
        if switching:
            cursor.execute(_SWITCH, following.bound)
            cursor.execute(_RETIRE, {**live.bound, "generation": shown.generation})
    return compared


def _held(cursor: Cursor, place: Place) -> Tracking:
    leased = tracking.lease(cursor, place, _LOCK_WAIT_MS)
    if leased is None or leased.stopped:
        raise RebuildStopped(leased.error if leased else "switched by another rebuild")
    return leased


def _compare(
    cursor: Cursor, account_id: UUID, group: Group, generations: tuple[int, int], position: int
) -> Comparison:
    cursor.execute(_WHOLE_TABLES)
    compared = Comparison(position)
    for table in group.tables:
        _compare_table(cursor, account_id, table, generations, compared)
    return compared


def _compare_table(
    cursor: Cursor,
    account_id: UUID,
    table: Table[Any],
    generations: tuple[int, int],
    compared: Comparison,
) -> None:
    live, built = generations
    bound = {"account": account_id, "live": live, "built": built, "limit": _REPORTED}
    differing = cursor.execute(_differing(table), bound).fetchall()
    width = len(table.key)
    compared.differences += [
        Difference(table.name, row[:width], row[width], row[width + 1]) for row in differing
    ]
    counted = f"""SELECT count(*) FROM {table.name} t
        WHERE t.account_id = %(account)s AND t.generation = %(built)s"""
    row = cursor.execute(counted, bound).fetchone()
    compared.rows += row[0] if row else 0


def _differing(table: Table[Any]) -> str:
    """`*<>` compares whole rows by their stored bytes."""
    keys = ", ".join(table.key)
    return f"""
        SELECT {keys}, a.whole::text, b.whole::text
          FROM ({_generation(table, "live")}) a
          FULL JOIN ({_generation(table, "built")}) b USING ({keys})
         WHERE a.whole IS NULL OR b.whole IS NULL OR a.whole *<> b.whole
         ORDER BY {keys} LIMIT %(limit)s"""


def _generation(table: Table[Any], parameter: str) -> str:
    keys = ", ".join(f"t.{name}" for name in table.key)
    columns = ", ".join(f"t.{name}" for name in table.names)
    return f"""SELECT {keys}, ROW({columns}) AS whole FROM {table.name} t
        WHERE t.account_id = %(account)s AND t.generation = %({parameter})s"""


def _drop(connection: Connection, place: Place, group: Group) -> None:
    """Delete a generation that nobody reads, a few thousand rows at a time."""
    for table in group.tables:
        statement = _deletion(table.name)
        while connection.execute(statement, place.bound).rowcount == _ROWS_A_DELETE:
            pass
    connection.execute(_FORGET, place.bound)
    leases.release(connection, place.account_id, _job(place), _BUILDER)


def _deletion(name: str) -> str:
    own = "account_id = %(account)s AND generation = %(generation)s"
    return f"""DELETE FROM {name} WHERE {own} AND ctid = ANY (ARRAY(
        SELECT ctid FROM {name} WHERE {own} LIMIT {_ROWS_A_DELETE}))"""


def delete_retired(
    connections: Connections, groups: Sequence[Group], age: timedelta = KEPT_AFTER_SWITCH
) -> int:
    """The worker's housekeeping: generations no read can still be on. Returns how many went.

    What a killed rebuild left half-made is retired first, and goes as the others do.
    """
    by_name = {group.name: group for group in groups}
    with connections.connection() as connection:
        for place in unfinished_generations(connection, f"{_BUILDER} "):
            _abandon(connection, Place(*place))
        retired = retired_generations(connection, age)
        for account_id, name, generation in retired:
            _drop(connection, Place(account_id, name, generation), by_name[name])
    return len(retired)


def _abandon(connection: Connection, place: Place) -> None:
    """Held before it is looked at again: to show it, its rebuild would need the same lock."""
    with connection.transaction():
        if connection.execute(_HOLD, place.bound).rowcount:
            connection.execute(_ABANDON, place.bound)
