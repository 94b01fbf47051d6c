"""Whatever is killed in the middle of an append: it happened whole, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from domain.application import Books
from domain.shared.recording import Conditions, IdempotencyKey
from migrations.apply import migrate
from store.codec import TypedMapper
from store.connections import Connections
from store.embedded import embedded_server
from store.factory import PostgresStore
from store.operations import open_account
from store.verification import verify_log
from tests.store.conftest import BY
from tests.store.letters import Letter, letter

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys
from uuid import UUID
from domain.application import Books
from store.connections import Connections
from store.factory import PostgresStore
from tests.store.conftest import BY
from tests.store.letters import letter
store = PostgresStore(Connections(sys.argv[1], size=1))
books = Books(UUID(sys.argv[2]), store)
while True:
    letters = [letter(books.new_id(), to="x" * 200) for _ in range(int(sys.argv[3]))]
    for each in letters:
        each.post(series="INV-")
    try:
        print(books.record(*letters, by=BY).last_position, flush=True)
    except Exception as error:
        print("refused", type(error).__name__, flush=True)
"""


def writer(database_url: str, account_id, size: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, database_url, str(account_id), str(size)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_acknowledged(lines: str) -> int:
    return max((int(line) for line in lines.split("\n") if line.isdigit()), default=0)


def findings(store, account_id):
    with store.connections.connection() as connection:
        return list(verify_log(connection, TypedMapper(), account_id))


@pytest.mark.parametrize("delay", [0.05, 0.11, 0.17])
def test_a_client_killed_in_the_middle(database_url, store, books, owner, delay):
    process = writer(database_url, books.account_id, 300)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay)
    process.kill()
    rest, _ = process.communicate()
    acknowledged = last_acknowledged(first + rest)
    wait_until_nobody_writes(owner, books)
    head = books.head().position
    assert head >= acknowledged > 0
    assert head % 600 == 0, "appends are whole"
    assert findings(store, books.account_id) == []
    books.record(letter(books.new_id()), by=BY)
    assert books.head().position == head + 1


def test_numbers_have_no_gap_though_several_issuers_die_at_once(database_url, store, books, owner):
    issuers = [writer(database_url, books.account_id, 20) for _ in range(3)]
    told = ""
    for issuer in issuers:
        assert issuer.stdout is not None
        told += issuer.stdout.readline()
    for issuer in issuers:
        issuer.kill()
    acknowledged = last_acknowledged(told + "".join(each.communicate()[0] for each in issuers))
    wait_until_nobody_writes(owner, books)
    books.record(letter(books.new_id()), by=BY)
    last = letter(books.new_id())
    last.post(series="INV-")
    books.record(last, by=BY)
    numbers = owner.execute(
        "SELECT document_number FROM stored_events"
        " WHERE account_id = %s AND document_number IS NOT NULL ORDER BY position",
        [books.account_id],
    ).fetchall()
    assert [number for (number,) in numbers] == [f"INV-{n:06}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) * 2 > acknowledged >= 40
    assert findings(store, books.account_id) == []


def wait_until_nobody_writes(owner: psycopg.Connection, books: Books) -> None:
    """A dead client's statement may still run on the server to its end."""
    owner.execute("SELECT FROM heads WHERE account_id = %s FOR UPDATE", [books.account_id])
    while owner.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%append_events%%'"
        " AND state = 'active' AND pid <> pg_backend_pid()"
    ).fetchone():
        time.sleep(0.01)


def test_a_server_killed_in_the_middle(tmp_path: Path):
    with embedded_server(tmp_path / "data") as server:
        migrate(server.url)
        store = PostgresStore(Connections(server.url))
        books = Books(store.new_id(), store)
        with psycopg.connect(server.url) as connection:
            open_account(connection, books.account_id, livemode=True)
        key = IdempotencyKey("k", b"h", {"status": 201})
        kept = letter(books.new_id())
        books.record(kept, by=BY, given=Conditions(key=key))
        processes = [writer(server.url, books.account_id, size) for size in (1, 50)]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(0.3)
        kill_server(tmp_path / "data")
        time.sleep(0.2)
        server.ensure_running()
        time.sleep(0.5)
        acknowledged = []
        for process in processes:
            process.kill()
            out, _ = process.communicate()
            acknowledged.append(last_acknowledged(out))
            refusals = {line.split()[1] for line in out.splitlines() if line.startswith("refused")}
            assert refusals <= {"OperationalError", "AdminShutdown", "PoolTimeout"}
        with psycopg.connect(server.url, autocommit=True) as connection:
            wait_until_nobody_writes(connection, books)
        assert books.load(Letter, kept.id) == kept, "a broken connection was replaced unasked"
        assert books.head().position >= max(acknowledged)
        assert findings(store, books.account_id) == []
        books.record(letter(books.new_id()), by=BY)
        store.close()


def kill_server(data_dir: Path) -> None:
    """The postmaster and, as a power cut would, each of its processes."""
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    family = [psutil.Process(postmaster), *psutil.Process(postmaster).children(recursive=True)]
    for process in family:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(family, timeout=10)


def test_each_process_after_a_fork_has_connections_of_its_own(database_url, store, books):
    books.record(letter(books.new_id()), by=BY)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(5):
                books.record(letter(books.new_id()), by=BY)
            store.close()
        except BaseException:  # noqa: BLE001 - a child must not go on with the tests
            os._exit(1)
        os._exit(0)
    for _ in range(5):
        books.record(letter(books.new_id()), by=BY)
    assert os.waitpid(child, 0)[1] == 0
    assert books.head().position == 11
    assert findings(store, books.account_id) == []
