"""How a process prepares for an hour of bulk work."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECTS_A_SEARCH = 200_000


@contextmanager
def few_searches_for_garbage() -> Iterator[None]:
    """Thousands of aggregates live long and make no cycles: looking through them all so often as
    the interpreter does by itself costs a tenth of the time (measured)."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_SEARCH, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
