"""Keeps the processes of the Procfile alive: starts, restarts, and ends them together."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.run_record import kill_group
from cli.stopping import PARENT
from settings import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.stopping import StopSignal

_TICK_SECONDS = 0.2
_END_LIMIT_SECONDS = 20
_LONGEST_PAUSE_SECONDS = 30
_STEADY_SECONDS = 10


def read_procfile(path: Path = CHECKOUT / "Procfile") -> dict[str, list[str]]:
    """The long-running processes by name. `release` is a step of its own and left out."""
    named = [
        line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    return {name: shlex.split(command) for name, command in named if name != "release"}


@dataclass
class Child:
    """One process of the Procfile, over all its lives."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0

    def keep_alive(self) -> bool:
        """Start it when it is not running and its pause is over. True when it was started."""
        if self.process is not None and self.process.poll() is None:
            return False
        if self.process is not None:
            self._bury(self.process)
        if time.monotonic() < self.started_at + self._pause():
            return False
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [_found(self.command[0]), *self.command[1:]],
            cwd=CHECKOUT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends them in order
        )
        return True

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            typer.echo(f"{self.name} did not end in time and is killed", err=True)
        kill_group(self.process.pid)

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        """What it started itself would still hold the port."""
        kill_group(process.pid)
        steady = time.monotonic() - self.started_at > _STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        typer.echo(f"{self.name} ended with {process.returncode} and is started again", err=True)
        self.process = None

    def _pause(self) -> float:
        return 0.0 if self.deaths <= 1 else min(_LONGEST_PAUSE_SECONDS, 2.0 ** (self.deaths - 2))


class Supervisor:
    """`tell` hears "running" or "ending" and the process groups; `look_after` runs each tick."""

    def __init__(
        self,
        commands: Mapping[str, list[str]],
        variables: Mapping[str, str],
        tell: Callable[[str, list[int]], None],
        look_after: Callable[[], None],
    ) -> None:
        environment = {**os.environ, **variables, PARENT: str(os.getpid()), "PATH": _search_path()}
        self._children = [Child(name, command, environment) for name, command in commands.items()]
        self._tell = tell
        self._look_after = look_after

    def run(self, stop: StopSignal) -> None:
        """Until told to stop; then ends everything, by force after a while."""
        try:
            while not stop.wait(_TICK_SECONDS):
                self._tick()
        finally:
            self._end()

    def _tick(self) -> None:
        self._look_after()
        started = [child.keep_alive() for child in self._children]
        if any(started):
            self._tell("running", self._groups())

    def _end(self) -> None:
        self._tell("ending", self._groups())
        deadline = time.monotonic() + _END_LIMIT_SECONDS
        for child in self._children:
            child.end()
        for child in self._children:
            child.wait(deadline)

    def _groups(self) -> list[int]:
        return [child.process.pid for child in self._children if child.process]


def _search_path() -> str:
    """The programs of this environment first, even when it was never activated."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _found(name: str) -> str:
    return shutil.which(name, path=_search_path()) or name
