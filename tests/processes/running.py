"""One `subledger run` as tests start, look at, kill and stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from settings import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = str(Path(sys.executable).with_name("subledger"))
PATIENCE_SECONDS = 120  # two workers of the suite share two cores


class Run:
    """One `subledger run` on a data folder and a port of its own."""

    def __init__(self, data_dir: Path, port: int, web_workers: int = 1) -> None:
        self.port = port
        self.data_dir = data_dir
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "PORT": str(port),
            "SUBLEDGER_DATA_DIR": str(data_dir),
            "SUBLEDGER_DEMO": "0",
            "SUBLEDGER_WEB_WORKERS": str(web_workers),
            "SUBLEDGER_END_WITH_PARENT": "1",
        }
        self.log = data_dir.parent / "run.log"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "run"],
                env=self.environment,
                cwd=CHECKOUT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def is_ready(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/readyz"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def family(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(True)]

    def part(self, words: str) -> psutil.Process:
        """The child whose command line holds these words."""
        return next(each for each in self.family()[1:] if words in " ".join(words_of(each)))

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)


def lives(process: psutil.Process) -> bool:
    """Whether it runs: what has ended and waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def words_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def eventually(condition: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(data_dir: Path, web_workers: int = 1) -> Iterator[Run]:
    run = Run(data_dir, free_port(), web_workers)
    try:
        eventually(run.is_ready, run.log.read_text())
        yield run
    finally:
        if run.process.poll() is None:
            run.stop()
