"""Reads an account's whole log and names what is not as it was written, with flat memory."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain as joined
from typing import TYPE_CHECKING, NamedTuple, Protocol

from store.chain import content, first_link, next_link
from store.findings import Finding
from store.log import stream_log
from store.replays import verify_replays

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from store.codec import TypedMapper
    from store.connections import Connection
    from store.log import LoggedEvent

_HEAD = "SELECT position, chain, monotone_from FROM heads WHERE account_id = %s"
_SERIES = "SELECT series, last_number FROM document_series WHERE account_id = %s"


class Head(NamedTuple):
    position: int
    chain: bytes
    monotone_from: int


class Check(Protocol):
    """Sees each event of the log once, in order."""

    def read(self, event: LoggedEvent) -> Iterator[Finding]: ...

    def end(self) -> Iterator[Finding]: ...


def verify_log(connection: Connection, mapper: TypedMapper, account_id: UUID) -> Iterator[Finding]:
    """Positions, chain, times, document numbers, and that each aggregate replays.

    All of it as of one moment: what is appended meanwhile is not looked at.
    """
    with _one_moment(connection):
        row = connection.execute(_HEAD, [account_id]).fetchone()
        if row is None:
            yield Finding("head", None, "there is no such account")
            return
        head = Head._make(row)
        checks: list[Check] = [
            Positions(head),
            Chain(head, account_id),
            Times(head),
            Numbers(mapper, dict(connection.execute(_SERIES, [account_id]).fetchall())),
        ]
        for event in stream_log(connection, account_id):
            yield from joined.from_iterable(check.read(event) for check in checks)
        yield from joined.from_iterable(check.end() for check in checks)
        yield from verify_replays(connection, mapper, account_id)


class Positions:
    """They count from one without a gap, up to the head's."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._last = 0

    def read(self, event: LoggedEvent) -> Iterator[Finding]:
        if event.position != self._last + 1:
            yield Finding("positions", event.position, f"follows {self._last}")
        self._last = event.position

    def end(self) -> Iterator[Finding]:
        if self._last != self._head.position:
            yield Finding("positions", self._last, f"is last, the head says {self._head.position}")


class Chain:
    """Each append's link follows from the one before and from every field of its rows."""

    def __init__(self, head: Head, account_id: UUID) -> None:
        self._head = head
        self._account_id = account_id
        self._link = first_link(account_id)
        self._rows: list[LoggedEvent] = []

    def read(self, event: LoggedEvent) -> Iterator[Finding]:
        self._rows.append(event)
        if event.chain is not None:
            if not self._follows(event.chain):
                first = event.position - len(self._rows) + 1
                yield Finding("chain", event.position, f"breaks from {first} on")
            # Going on from what is stored tells this append's damage from the next one's.
            self._link = event.chain
            self._rows.clear()

    def _follows(self, link: bytes) -> bool:
        contents = [content(self._account_id, row) for row in self._rows]
        one_moment = len({(row.recorded_at, row.wall_at) for row in self._rows}) == 1
        return one_moment and link == next_link(self._link, self._rows, contents)

    def end(self) -> Iterator[Finding]:
        if self._rows or self._link != self._head.chain:
            yield Finding("chain", None, "does not end where the head says")


class Times:
    """`recorded_at` never falls, but where a test account's clock was set back at its start."""

    def __init__(self, head: Head) -> None:
        self._from = head.monotone_from
        self._last: datetime | None = None

    def read(self, event: LoggedEvent) -> Iterator[Finding]:
        fell = self._last is not None and event.recorded_at < self._last
        if fell and event.position > self._from:
            yield Finding("times", event.position, f"{event.recorded_at} after {self._last}")
        self._last = event.recorded_at

    def end(self) -> Iterator[Finding]:
        return iter(())


class Numbers:
    """Each series counts from one without a gap, up to what its row says."""

    def __init__(self, mapper: TypedMapper, series: dict[str, int]) -> None:
        self._mapper = mapper
        self._rows = series
        self._last: dict[str, int] = {}

    def read(self, event: LoggedEvent) -> Iterator[Finding]:
        series = self._series_of(event)
        if series is None and event.document_number is None:
            return
        number = self._last[series or ""] = self._last.get(series or "", 0) + 1
        if event.document_number != f"{series}{number:06}":
            expected = f"{series}{number:06} should follow, not {event.document_number}"
            yield Finding("document numbers", event.position, expected)

    def end(self) -> Iterator[Finding]:
        if self._last != self._rows:
            yield Finding("document numbers", None, f"{self._last}, the series say {self._rows}")

    def _series_of(self, event: LoggedEvent) -> str | None:
        try:
            return self._mapper.series_of(event.topic, event.state)
        except Exception:  # noqa: BLE001 - whatever it is, the replay of its aggregate tells it
            return None


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
