"""How fast all projection groups follow a log, reading and decoding included.

The raw limit is what the database alone needs for the same: every event read, and every row that
comes of them inserted into the same tables with the same indexes.
"""

from __future__ import annotations

import multiprocessing
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from bench.figures import at_least, in_turns, plain, times
from bench.mix import EVENTS_A_ROW, live_through
from parts import Parts
from projections.groups import GROUPS
from projections.runner import BATCH, catch_up
from store.connections import Connections

if TYPE_CHECKING:
    from uuid import UUID

    from bench.figures import Figure
    from importer.outcome import Watch

TARGET = 20_000
_PATIENCE_MS = 600_000
_READ = """
SELECT position, event_id, topic, state, originator_id, originator_version, actor, reason,
       channel, recorded_at, wall_at, document_number
  FROM stored_events
 WHERE account_id = %s AND position > %s AND position <= %s ORDER BY position"""


def catchup(conninfo: str, watch: Watch, events: int = 200_000, rounds: int = 3) -> list[Figure]:
    """`conninfo` is the owner's: tables are emptied between rounds."""
    parts = Parts(conninfo)
    account_id = live_through(parts, events // EVENTS_A_ROW, watch)
    made = parts.books(account_id).head().position
    parts.close()
    _copy_tables(conninfo)
    raw, alone, *groups, both = in_turns(
        rounds,
        partial(_raw, conninfo, account_id, made),
        partial(_alone, conninfo, account_id),
        *(partial(_group, conninfo, account_id, each.name) for each in GROUPS),
        partial(_side_by_side, conninfo, account_id),
    )
    return [
        plain("events in the log", f"{made:,}"),
        plain("raw: events read, rows inserted", _rate(made, raw)),
        *(
            plain(f"group {each.name} alone", _rate(made, seconds))
            for each, seconds in zip(GROUPS, groups, strict=True)
        ),
        plain("all groups, one process", _rate(made, alone)),
        at_least(
            "all groups, two processes as the worker does",
            _rate(made, both), made / both, TARGET, times(raw, both, "raw"),
        ),
    ]  # fmt: skip


def _rate(events: int, seconds: float) -> str:
    return f"{events / seconds:,.0f} events/s"


def _alone(conninfo: str, account_id: UUID) -> None:
    for group in GROUPS:
        _group(conninfo, account_id, group.name)


def _group(conninfo: str, account_id: UUID, name: str) -> None:
    _empty(conninfo, name)
    _follow(conninfo, account_id, name)


def _side_by_side(conninfo: str, account_id: UUID) -> None:
    fork = multiprocessing.get_context("fork")
    arguments = [(conninfo, account_id, group.name) for group in GROUPS]
    processes = [fork.Process(target=_group, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a projecting process failed")


def _follow(conninfo: str, account_id: UUID, name: str) -> None:
    connections = Connections(conninfo, size=1)
    group = next(each for each in GROUPS if each.name == name)
    shown = catch_up(connections, account_id, group, wait_ms=_PATIENCE_MS)
    connections.close()
    if shown.lag or shown.stopped:
        raise RuntimeError(f"{name} did not arrive")


def _empty(conninfo: str, name: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM projection_tracking WHERE group_name = %s", [name])
        connection.execute("DELETE FROM projection_live WHERE group_name = %s", [name])
        tables = next(each.tables for each in GROUPS if each.name == name)
        connection.execute(f"TRUNCATE {', '.join(table.name for table in tables)}")


def _copy_tables(conninfo: str) -> None:
    """What came of the log, aside, so that it can be inserted again and again."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for name in _names():
            connection.execute(f"CREATE UNLOGGED TABLE kept_{name} AS TABLE {name}")
            connection.execute(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)")
        connection.execute("VACUUM ANALYZE")


def _names() -> list[str]:
    return [table.name for group in GROUPS for table in group.tables]


def _raw(conninfo: str, account_id: UUID, until: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(f'bare_{name}' for name in _names())}")
        for _ in GROUPS:
            _read(connection, account_id, until)
        for name in _names():
            connection.execute(f"INSERT INTO bare_{name} SELECT * FROM kept_{name}")


def _read(connection: psycopg.Connection[Any], account_id: UUID, until: int) -> None:
    for after in range(0, until, BATCH):
        bound = (account_id, after, after + BATCH)
        connection.execute(_READ, bound, binary=True).fetchall()
