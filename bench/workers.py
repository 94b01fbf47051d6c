"""The worker's two projecting processes, beside what is measured as they are when deployed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from projections.companion import Companion

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTING_SECONDS = 3


@contextmanager
def working(conninfo: str) -> Iterator[None]:
    """Already at work when the block begins."""
    processes = [Companion(conninfo, helps=each) for each in (False, True)]
    for process in processes:
        process.ensure()
    time.sleep(STARTING_SECONDS)
    try:
        yield
    finally:
        for process in processes:
            process.end()
