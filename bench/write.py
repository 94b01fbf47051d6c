"""How many writes a second go through HTTP, beside the least that one can be, in the same run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench.figures import at_least, at_most, plain, times
from bench.http import CLIENTS, keys_of, serving
from bench.wire import Wire

if TYPE_CHECKING:
    from bench.figures import Figure

ACCOUNTS = 64
TARGET = 0.4
_BODY = b'{"email":null,"first_name":"Ada","last_name":"Lovelace","metadata":{"a":"b"}}'


class Sent(NamedTuple):
    """How many were answered with 201 in a second, and how many otherwise at all."""

    rate: float
    refused: int


def write(conninfo: str, seconds: float = 3, rounds: int = 5) -> list[Figure]:
    """Customers, each shown before it is answered; bare and whole in turns, so that what disturbs
    the machine disturbs both.
    """
    keys = keys_of(conninfo, ACCOUNTS)
    with serving(conninfo, "bench.bare:create_app()") as bare, serving(conninfo) as whole:
        both = [
            partial(_load, bare, "/append", keys),
            partial(_load, whole, "/core/v1/customers", keys),
        ]
        for each in both:
            each(1.0)
        runs = [[each(seconds) for each in both] for _ in range(rounds)]
    raw, full = (median(one.rate for one in column) for column in zip(*runs, strict=True))
    ratio = median(whole.rate / bare.rate for bare, whole in runs)
    refused = sum(one.refused for run in runs for one in run)
    return [
        plain(f"bare Falcon, one read, one append, {CLIENTS} clients", f"{raw:,.0f}/s"),
        at_least(
            f"customer created and shown, {CLIENTS} clients", f"{full:,.0f}/s", ratio, TARGET,
            times(ratio, 1, "bare Falcon (median of pairs)"),
        ),
        at_most("requests refused", f"{refused}", refused, 0),
    ]  # fmt: skip


def _load(port: int, path: str, keys: list[str], seconds: float) -> Sent:
    """Each client on one kept connection, each request for the next of its accounts."""
    until = time.perf_counter() + seconds
    with ThreadPoolExecutor(CLIENTS) as pool:
        shares = [keys[at::CLIENTS] for at in range(CLIENTS)]
        counts = list(pool.map(lambda share: _client(port, path, share, until), shares))
    return Sent(sum(made for made, _ in counts) / seconds, sum(other for _, other in counts))


def _client(port: int, path: str, keys: list[str], until: float) -> tuple[int, int]:
    connection = Wire(port)
    made = other = 0
    for key in cycle(keys):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        answer = connection.ask("POST", path, _BODY, headers)
        if answer.status == 201:
            made += 1
        else:
            other += 1
        if time.perf_counter() >= until:
            break
    connection.close()
    return made, other
