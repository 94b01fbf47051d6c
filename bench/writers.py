"""Eight writers at once, in processes and threads, and how many saves they come to."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier
    from uuid import UUID

    Makes = Callable[[str, UUID, int], list[Callable[[], None]]]
    """Given the database, the account and a number of threads: what each of them repeats."""


@dataclass(frozen=True, slots=True)
class Shape:
    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes} × {self.threads} writers"


SERVED = Shape(processes=2, threads=4)
"""As gunicorn serves requests."""
APART = Shape(processes=8, threads=1)
WRITERS = 8


def contended(conninfo: str, account_id: UUID, makes: Makes, shape: Shape, seconds: float) -> float:
    """Saves a second by all writers together."""
    fork = multiprocessing.get_context("fork")
    barrier, counts = fork.Barrier(shape.processes), fork.Queue()
    arguments = (conninfo, account_id, makes, shape.threads, barrier, counts, seconds)
    processes = [fork.Process(target=_write, args=arguments) for _ in range(shape.processes)]
    for process in processes:
        process.start()
    total: int = sum(counts.get(timeout=seconds + 60) for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def _write(
    conninfo: str,
    account_id: UUID,
    makes: Makes,
    threads: int,
    barrier: Barrier,
    counts: Any,
    seconds: float,
) -> None:
    saves = makes(conninfo, account_id, threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda save: save(), saves))
        barrier.wait()
        counts.put(sum(pool.map(lambda save: saves_in(save, seconds), saves)))


def saves_in(save: Callable[[], None], seconds: float) -> int:
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        save()
        count += 1
    return count
