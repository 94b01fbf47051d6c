"""How soon a caller reads over HTTP what it just wrote: eight clients against two real workers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

from domain.commands.act import Act
from domain.shared.recording import Context
from migrations.apply import migrate
from parts import Parts
from store.embedded import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 8
TURNS = 150
LIMIT_MS = 50
"""Of the slowest hundredth of the reads."""


class Timed(NamedTuple):
    """Milliseconds of each request, and reads that did not show what was written."""

    writes: list[float]
    reads: list[float]
    wrong: int


class Figures(NamedTuple):
    name: str
    requests: int
    median_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.name:22}{self.requests:7}{self.median_ms:9.1f} ms{self.p99_ms:9.1f} ms"


@contextmanager
def serving(database_url: str) -> Iterator[int]:
    """The service as it is deployed, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "--config", "python:cli.gunicorn_config",
        "bootstrap:create_app()",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "SUBLEDGER_HOST": "127.0.0.1",
    }
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1])
    try:
        _wait_until_alive(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_alive(port: int) -> None:
    for _ in range(200):
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


def _client(port: int, key: str, turns: int) -> Timed:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
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
    connection: HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None = None,
) -> dict[str, object]:
    connection.request(method, path, body, headers)
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    return answer


def figures(name: str, milliseconds: list[float]) -> Figures:
    cuts = quantiles(milliseconds, n=100)
    return Figures(name, len(milliseconds), cuts[49], cuts[98])


def run(accounts: int) -> bool:
    """Prints the figures for clients spread over so many accounts; whether they are good."""
    act = Act(Context("bench", "api"))
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder)) as server:
        migrate(server.url)
        parts = Parts(server.url)
        keys = [
            parts.open_account(
                act, name="Bench", timezone="UTC", currency="USD", livemode=True
            ).api_key
            for _ in range(accounts)
        ]
        parts.close()
        with serving(server.url) as port:
            measure(port, keys, turns=10)
            began = time.perf_counter()
            timed = measure(port, keys)
            seconds = time.perf_counter() - began
    return _report(accounts, timed, seconds)


def _report(accounts: int, timed: list[Timed], seconds: float) -> bool:
    writes = figures("write", [each for one in timed for each in one.writes])
    reads = figures("read after write", [each for one in timed for each in one.reads])
    wrong = sum(one.wrong for one in timed)
    print(
        f"{CLIENTS} clients, {accounts} account(s), {2 * writes.requests / seconds:.0f} requests/s"
    )
    print(f"{'':22}{'count':>7}{'median':>12}{'p99':>12}")
    print(writes, reads, f"reads that showed something else: {wrong}", sep="\n")
    return wrong == 0 and reads.p99_ms <= LIMIT_MS


if __name__ == "__main__":
    good = [run(accounts) for accounts in (1, CLIENTS)]
    sys.exit(0 if all(good) else 1)
