"""How fast all projection groups follow a log, reading and decoding included.

The raw limit is what the database alone needs for the same: every event read, and every row that
comes of them inserted into the same tables with the same indexes.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import psycopg

from bench.figures import at_least, plain, times
from bench.mix import EVENTS_A_ROW, live_through
from parts import Parts
from projections.companion import spare_collections
from projections.groups import GROUPS
from projections.runner import BATCH, catch_up
from store.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from bench.figures import Figure
    from importer.outcome import Watch
    from projections.group import Group

TARGET = 20_000
RAW = "raw: events read, rows inserted, two connections"
TOGETHER = "all groups, two processes as the worker does"
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
    names = [group.name for group in GROUPS]
    ways = {
        **{f"group {name} alone": [[name]] for name in names},
        "all groups, one process": [names],
        TOGETHER: [[name] for name in names],
    }
    took: dict[str, list[float]] = {way: [] for way in (RAW, *ways)}
    for _ in range(rounds):
        took[RAW].append(_raw(conninfo, account_id, made))
        for way, shares in ways.items():
            took[way].append(_projected(conninfo, account_id, shares))
    return [plain("events in the log", f"{made:,}"), *_figures(made, took)]


def _figures(made: int, took: dict[str, list[float]]) -> Iterator[Figure]:
    raw = median(took[RAW])
    for way, seconds in took.items():
        rate = made / median(seconds)
        shown = f"{rate:,.0f} events/s"
        if way == TOGETHER:
            yield at_least(way, shown, rate, TARGET, times(raw, median(seconds), "raw"))
        else:
            yield plain(way, shown)


def _projected(conninfo: str, account_id: UUID, shares: list[list[str]]) -> float:
    """Seconds from an empty start until every process has brought its groups to the end."""
    for name in (name for share in shares for name in share):
        _empty(conninfo, name)
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_follow, args=(conninfo, account_id, each)) for each in shares]
    began = perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a projecting process failed")
    return perf_counter() - began


def _follow(conninfo: str, account_id: UUID, names: list[str]) -> None:
    spare_collections()
    connections = Connections(conninfo, size=1)
    for group in GROUPS:
        if group.name in names:
            shown = catch_up(connections, account_id, group, wait_ms=_PATIENCE_MS)
            if shown.lag or shown.stopped:
                raise RuntimeError(f"{group.name} did not arrive")
    connections.close()


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


def _raw(conninfo: str, account_id: UUID, until: int) -> float:
    """Seconds, by as many connections at once as there are groups."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(f'bare_{name}' for name in _names())}")
    began = perf_counter()
    with ThreadPoolExecutor(len(GROUPS)) as pool:
        list(pool.map(partial(_raw_group, conninfo, account_id, until), GROUPS))
    return perf_counter() - began


def _raw_group(conninfo: str, account_id: UUID, until: int, group: Group) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _read(connection, account_id, until)
        for table in group.tables:
            connection.execute(f"INSERT INTO bare_{table.name} SELECT * FROM kept_{table.name}")


def _read(connection: psycopg.Connection[Any], account_id: UUID, until: int) -> None:
    for after in range(0, until, BATCH):
        bound = (account_id, after, after + BATCH)
        connection.execute(_READ, bound, binary=True).fetchall()
