"""Clients in processes of their own, so that none waits for another's interpreter."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import quantiles
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

_gate: list[Any] = []


class Cuts(NamedTuple):
    median_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.median_ms:.1f} ms, p99 {self.p99_ms:.1f}"


def cuts(milliseconds: list[float]) -> Cuts:
    found = quantiles(milliseconds, n=100)
    return Cuts(found[49], found[98])


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


class Clients:
    """So many of them, each asking when all are ready to."""

    def __init__(self, count: int) -> None:
        spawning = get_context("spawn")
        gate = spawning.Barrier(count)
        self.count = count
        self._pool = ProcessPoolExecutor(count, spawning, _stand_before, (gate,))

    def ask(self, asking: Callable[..., list[float]], *arguments: Any) -> list[float]:
        """What each was told by `asking`, which is given the client's number last."""
        asked = [
            self._pool.submit(_together, asking, *arguments, number) for number in range(self.count)
        ]
        return [took for each in asked for took in each.result()]

    def close(self) -> None:
        self._pool.shutdown()


def _stand_before(gate: Any) -> None:
    _gate.append(gate)


def _together(asking: Callable[..., list[float]], *arguments: Any) -> list[float]:
    _gate[0].wait(60)
    return asking(*arguments)


def ask_health(port: int, turns: int, _: int) -> list[float]:
    """The least that the service answers: what is left is the server's and the client's own."""
    connection = Wire(port)

    def ask() -> None:
        connection.ask("GET", "/healthz")

    took = [timed(ask) for _ in range(turns)]
    connection.close()
    return took
