"""Readers of stored states are made by many threads at once, in a process that has just begun."""

from __future__ import annotations

import subprocess
import sys

# Four threads meet at a type that nobody has read yet, three hundred times.
_THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import make_dataclass
from datetime import date
from threading import Barrier
from store.shapes import reader

sys.setswitchinterval(1e-6)
RAW = b'{"whole": {"parts": [{"on": "2026-11-22", "more": {"on": null}}], "last": null}}'

def fresh():
    least = make_dataclass("Least", [("on", date | None)])
    part = make_dataclass("Part", [("on", date), ("more", least), ("beside", least | None, None)])
    whole = make_dataclass("Whole", [("parts", tuple[part, ...]), ("last", part | None)])
    return whole

def read(kind):
    meeting.wait()
    return reader({"whole": kind}, total=True).decode(RAW)["whole"].parts[0].on

meeting = Barrier(4)
with ThreadPoolExecutor(4) as threads:
    for _ in range(300):
        assert set(threads.map(read, [fresh()] * 4)) == {date(2026, 11, 22)}
"""


def test_readers_of_one_type_that_are_made_at_once_take_no_process_down() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _THREADS], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
