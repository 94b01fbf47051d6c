"""Replays every aggregate of an account, one at a time, and compares the snapshots kept of it."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from store import snapshots
from store.findings import Finding
from store.personal_keys import KEPT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from store.codec import TypedMapper
    from store.connections import Connection

    Row = tuple[Any, ...]

_STREAMS = f"""
    SELECT e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at,
           e.document_number, {KEPT_KEY}, e.account_id, e.position
      FROM stored_events e
     WHERE e.account_id = %b
     ORDER BY e.originator_id, e.originator_version"""
_SNAPSHOTS = """
    SELECT originator_id, originator_version, topic, state, modified_on, created_on
      FROM snapshots
     WHERE account_id = %b
     ORDER BY originator_id, originator_version"""


def verify_replays(
    connection: Connection, mapper: TypedMapper, account_id: UUID
) -> Iterator[Finding]:
    """Each event decodes and applies, versions count from one. Needs a transaction."""
    kept = Kept(_stream(connection, "snapshots", _SNAPSHOTS, account_id))
    events = _stream(connection, "streams", _STREAMS, account_id)
    for aggregate_id, rows in groupby(events, itemgetter(0)):
        yield from _replay(mapper, rows, kept.of(aggregate_id))
    yield from kept.rest()


class Kept:
    """The snapshots, read along with the streams they belong to: both are in order of the id."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = groupby(rows, itemgetter(0))
        self._orphans: list[UUID] = []
        self._advance()

    def of(self, aggregate_id: UUID) -> dict[int, Row]:
        """By version."""
        while self._next is not None and self._next < aggregate_id:
            self._orphans.append(self._next)
            self._advance()
        if self._next != aggregate_id:
            return {}
        found = {row[1]: row for row in self._rows}
        self._advance()
        return found

    def rest(self) -> Iterator[Finding]:
        """Those that no stream came for."""
        while self._next is not None:
            self._orphans.append(self._next)
            self._advance()
        for orphan in self._orphans:
            yield Finding("snapshots", None, f"of {orphan}, which has no events")

    def _advance(self) -> None:
        aggregate_id, rows = next(self._groups, (None, iter(())))
        self._next: UUID | None = aggregate_id
        self._rows: list[Row] = list(rows)


def _replay(mapper: TypedMapper, rows: Iterable[Row], kept: dict[int, Row]) -> Iterator[Finding]:
    aggregate: Any = None
    for version, (*row, position) in enumerate(rows, start=1):
        if row[1] != version:
            yield Finding("replay", position, f"version {row[1]} of {row[0]} is not {version}")
            return
        try:
            aggregate = mapper.event(*row).mutate(aggregate)
        except Exception as error:  # noqa: BLE001 - whatever breaks a replay is the finding
            yield Finding("replay", position, f"{row[2]} of {row[0]}: {error!r}")
            return
        if version in kept and _differs(kept.pop(version), aggregate):
            yield Finding("snapshots", position, f"of {row[0]} at {version} is not its replay")
    for version in kept:
        yield Finding("snapshots", None, f"of {row[0]} at {version}, which it has not reached")


def _differs(row: Row, aggregate: Any) -> bool:
    """Only what would be loaded counts: older shapes are passed over there too."""
    if row[2] != snapshots.snapshot_topic(type(aggregate)):
        return False
    restored = snapshots.restore(type(aggregate), row, row[5])
    return restored is not None and restored != aggregate


def _stream(connection: Connection, name: str, query: str, account_id: UUID) -> Iterator[Row]:
    with connection.cursor(name, binary=True) as cursor:
        cursor.itersize = 2000
        yield from cursor.execute(query, [account_id])
