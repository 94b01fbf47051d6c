"""How fast an account's log takes events: beside the stock recorder, pgbench and a bare insert."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent

from bench.figures import Figure, at_least, plain, times
from bench.rivals import pgbench, stock_recorder, stock_schema
from bench.writers import APART, SERVED, WRITERS, contended, saves_in
from domain.application import Books
from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.shared.recording import Context
from store.bindings import int_array, json_array, register_bindings, text_array, uuid_array
from store.connections import Connections
from store.factory import PostgresStore
from store.ids import new_id
from store.new_events import NewEvent
from store.operations import open_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventsourcing.postgres import PostgresApplicationRecorder

    from store.recorder import AccountRecorder

BATCH = 100
BY = Context("bench", "api", correlation_id=UUID(int=1))
_STATE = b'{"customer":"cus_01h455vb4pex5vsknk084sn02q","note":"%s"}' % (b"x" * 140)
_BARE = """
INSERT INTO bench_bare (
    account_id, position, originator_id, originator_version, event_id, recorded_at, wall_at,
    topic, state, actor, channel, correlation_id)
SELECT %b, %b::bigint + ord, id, version, event_id, now(), now(), topic, state, 'bench', 'api', %b
  FROM unnest(%b, %b, %b, %b, %b) WITH ORDINALITY AS u (id, version, event_id, topic, state, ord)"""


class Tally(Aggregate):
    TOPIC = "bench"
    prefix = "tally"

    class Created(Aggregate.Created):
        TOPIC = "bench.created"
        customer: str

    class Added(Aggregate.Event):
        TOPIC = "bench.added"
        amount_minor: int
        note: str

    def __init__(self, customer: str) -> None:
        self.customer = customer
        self.total = 0

    @event(Added)
    def added(self, amount_minor: int) -> None:
        self.total += amount_minor


def append(conninfo: str, seconds: float = 2, rounds: int = 3) -> list[Figure]:
    """`conninfo` is the owner's, of a migrated database."""
    return [*appends(conninfo, seconds, rounds), *batches(conninfo, seconds, rounds)]


def appends(conninfo: str, seconds: float, rounds: int) -> list[Figure]:
    """One event an append, eight writers on one account: recorder beside recorder.

    Both get events that are ready to be stored; whole saves decide, encode and check them first.
    """
    kinds = (_recorders, _stock, _books)
    with stock_schema(conninfo):
        rates = [
            (
                pgbench(conninfo, _account(conninfo), _STATE, WRITERS, seconds),
                *(contended(conninfo, _account(conninfo), kind, SERVED, seconds) for kind in kinds),
                *(contended(conninfo, _account(conninfo), kind, APART, seconds) for kind in kinds),
            )
            for _ in range(rounds)
        ]
    raw, *rest = (median(rate) for rate in zip(*rates, strict=True))
    plainly = plain("pgbench, the same statement, 8 clients", f"{raw:,.0f} events/s")
    return [plainly, *_aimed(raw, *rest[:3]), *_apart(raw, *rest[3:])]


def _aimed(raw: float, ours: float, others: float, saves: float) -> list[Figure]:
    shown = f"{ours:,.0f} events/s"
    return [
        plain(f"stock recorder, {SERVED}", f"{others:,.0f} events/s"),
        at_least(
            f"one event an append, {SERVED}", shown, ours / others, 1.5,
            times(ours, others, "stock recorder"),
        ),
        at_least("the same", shown, ours / raw, 0.7, times(ours, raw, "pgbench")),
        Figure(f"whole saves, {SERVED}", f"{saves:,.0f} events/s", times(saves, raw, "pgbench")),
    ]  # fmt: skip


def _apart(raw: float, ours: float, others: float, saves: float) -> list[Figure]:
    """Nobody serves so: each writer a process, the head row the only queue."""
    beside = times(ours, others, "stock recorder")
    return [
        plain(f"stock recorder, {APART}", f"{others:,.0f} events/s"),
        Figure(f"one event an append, {APART}", f"{ours:,.0f} events/s", beside),
        Figure(f"whole saves, {APART}", f"{saves:,.0f} events/s", times(saves, raw, "pgbench")),
    ]


def batches(conninfo: str, seconds: float, rounds: int) -> list[Figure]:
    """A hundred events an append by one writer, beside the same rows inserted bare."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_bare (LIKE stored_events INCLUDING ALL)")
        try:
            rates = [
                (
                    _alone(_bare_batches(conninfo), seconds),
                    _alone(_appended_batches(conninfo), seconds),
                    _alone(_saved_batches(conninfo), seconds),
                )
                for _ in range(rounds)
            ]
        finally:
            connection.execute("DROP TABLE bench_bare")
    raw, events, saves = (median(rate) for rate in zip(*rates, strict=True))
    return [
        plain("raw insert of arrays of 100", f"{raw:,.0f} events/s"),
        at_least(
            "batches of 100, chain included", f"{events:,.0f} events/s", events / raw, 0.5,
            times(events, raw, "raw insert of arrays"),
        ),
        Figure(
            "batches of 100, aggregates made and encoded too", f"{saves:,.0f} events/s",
            times(saves, raw, "raw insert of arrays"),
        ),
    ]  # fmt: skip


def _recorders(conninfo: str, account_id: UUID, threads: int) -> list[Callable[[], None]]:
    store = _store(conninfo, threads)
    return [_recorder(store.recorder_of(account_id)) for _ in range(threads)]


def _recorder(recorder: AccountRecorder) -> Callable[[], None]:
    stream, versions = new_id(), iter(range(1, 1_000_000_000))

    def save() -> None:
        recorder.append([NewEvent(stream, next(versions), "bench.added", _STATE, None)], BY)

    return save


def _books(conninfo: str, account_id: UUID, threads: int) -> list[Callable[[], None]]:
    store = _store(conninfo, threads)
    return [_saves_of(Books(account_id, store)) for _ in range(threads)]


def _saves_of(books: Books) -> Callable[[], None]:
    tally = _tally()

    def save() -> None:
        tally.added(amount_minor=3100, note="x" * 120)
        books.record(tally, by=BY)

    return save


def _stock(conninfo: str, _account_id: UUID, threads: int) -> list[Callable[[], None]]:
    recorder = stock_recorder(conninfo)
    return [_stock_saves(recorder) for _ in range(threads)]


def _stock_saves(recorder: PostgresApplicationRecorder) -> Callable[[], None]:
    stream, versions = new_id(), iter(range(1, 1_000_000_000))

    def save() -> None:
        recorder.insert_events([StoredEvent(stream, next(versions), "bench:Added", _STATE)])

    return save


def _saved_batches(conninfo: str) -> Callable[[], None]:
    books = Books(_account(conninfo), _store(conninfo))

    def save() -> None:
        books.record(*(_tally() for _ in range(BATCH)), by=BY)

    return save


def _appended_batches(conninfo: str) -> Callable[[], None]:
    recorder = _store(conninfo).recorder_of(_account(conninfo))

    def save() -> None:
        events = [NewEvent(new_id(), 1, "bench.created", _STATE, None) for _ in range(BATCH)]
        recorder.append(events, BY)

    return save


def _bare_batches(conninfo: str) -> Callable[[], None]:
    connection = psycopg.connect(conninfo, autocommit=True)
    register_bindings(connection)
    account_id, positions = new_id(), iter(range(0, 1_000_000_000, BATCH))

    def save() -> None:
        ids = [new_id().int for _ in range(BATCH)]
        arguments = (
            uuid_array(ids),
            int_array([1] * BATCH),
            uuid_array(ids),
            text_array(["bench.created"] * BATCH),
            json_array([_STATE] * BATCH),
        )
        values = (account_id, next(positions), account_id, *arguments)
        connection.execute(_BARE, values, prepare=True)

    return save


def _store(conninfo: str, threads: int = 1) -> PostgresStore:
    return PostgresStore(Connections(conninfo, size=threads + 1))


def _tally() -> Tally:
    return Tally._create(Tally.Created, id=new_id(), customer="c" * 180)  # noqa: SLF001


def _alone(save: Callable[[], None], seconds: float) -> float:
    """Events a second by one writer of batches."""
    save()
    return saves_in(save, seconds) * BATCH / seconds


def _account(conninfo: str) -> UUID:
    account_id = new_id()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        open_account(connection, account_id, livemode=True)
    return account_id
