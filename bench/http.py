"""How soon a caller reads over HTTP what it just wrote: eight clients against two real workers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

from bench.figures import at_most, plain
from bench.wire import Wire
from domain.commands.act import Act
from domain.shared.recording import Context
from parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Figure

CLIENTS = 8
TURNS = 150
LIMIT_MS = 50
"""Of the slowest hundredth of the reads."""


class Timed(NamedTuple):
    """Milliseconds of each request, and reads that did not show what was written."""

    writes: list[float]
    reads: list[float]
    wrong: int


@contextmanager
def serving(database_url: str, app: str = "bootstrap:create_app()") -> Iterator[int]:
    """The service, or another application, as it is deployed, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "python:cli.gunicorn_config", app]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "SUBLEDGER_HOST": "127.0.0.1",
        "SUBLEDGER_SANDBOX_LIVE": "1",
    }
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1])
    try:
        _wait_until_alive(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_alive(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the service did not come up")


def measure(port: int, keys: list[str], turns: int = TURNS) -> list[Timed]:
    """Each client writes a customer and reads it back, in turns, on one kept connection."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        each = [keys[at % len(keys)] for at in range(CLIENTS)]
        return list(pool.map(lambda key: _client(port, key, turns), each))


def health(port: int, turns: int) -> list[float]:
    """Milliseconds of the least that the service answers, asked by as many clients."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        each = pool.map(lambda _: _asked(port, turns), range(CLIENTS))
        return [took for one in each for took in one]


def _asked(port: int, turns: int) -> list[float]:
    connection = Wire(port)
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        connection.ask("GET", "/healthz")
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def _client(port: int, key: str, turns: int) -> Timed:
    connection = Wire(port)
    timed = Timed([], [], 0)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    wrong = 0
    for turn in range(turns):
        body = json.dumps({"first_name": f"reader {turn}"}).encode()
        began = time.perf_counter()
        made = _sent(connection, "POST", "/core/v1/customers", headers, body)
        written = time.perf_counter()
        read = _sent(connection, "GET", f"/core/v1/customers/{made.get('id')}", headers)
        timed.writes.append((written - began) * 1000)
        timed.reads.append((time.perf_counter() - written) * 1000)
        wrong += made != read or "id" not in made
    connection.close()
    return timed._replace(wrong=wrong)


def _sent(
    connection: Wire,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
) -> dict[str, object]:
    sent = connection.ask(method, path, body, headers)
    answer: dict[str, object] = json.loads(sent.body)
    return answer


def http(conninfo: str, turns: int = TURNS) -> list[Figure]:
    """Clients of one account, then each of its own; beside a bare read of the process's health."""
    return [each for accounts in (1, CLIENTS) for each in _served(conninfo, accounts, turns)]


def _served(conninfo: str, accounts: int, turns: int) -> Iterator[Figure]:
    keys = keys_of(conninfo, accounts)
    with serving(conninfo) as port:
        measure(port, keys, turns=10)
        bare = cuts(health(port, turns))
        timed = measure(port, keys, turns)
    reads = cuts([each for one in timed for each in one.reads])
    writes = cuts([each for one in timed for each in one.writes])
    wrong = sum(one.wrong for one in timed)
    yield plain(f"bare answer, {CLIENTS} clients", shown(bare))
    yield plain(f"write, {CLIENTS} clients, {accounts} account(s)", shown(writes))
    yield at_most(
        f"read of what was just written, {accounts} account(s)", shown(reads), reads.p99_ms,
        LIMIT_MS, f"{reads.median_ms / bare.median_ms:.1f} × bare answer (medians)",
    )  # fmt: skip
    yield at_most("reads that showed something else", f"{wrong}", wrong, 0)


def keys_of(conninfo: str, accounts: int) -> list[str]:
    act, parts = Act(Context("bench", "api")), Parts(conninfo)
    keys = [
        parts.open_account(act, name="Bench", timezone="UTC", currency="USD", livemode=True).api_key
        for _ in range(accounts)
    ]
    parts.close()
    return keys


class Cuts(NamedTuple):
    median_ms: float
    p99_ms: float


def cuts(milliseconds: list[float]) -> Cuts:
    found = quantiles(milliseconds, n=100)
    return Cuts(found[49], found[98])


def shown(of: Cuts) -> str:
    return f"{of.median_ms:.1f} ms, p99 {of.p99_ms:.1f}"
