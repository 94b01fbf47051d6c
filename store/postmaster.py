"""Is the server of a data folder alive? The pid file alone may name a stranger or a corpse."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

_STATUS_LINE = 7  # LOCK_FILE_LINE_PM_STATUS, counted from 0


def postmaster_of(pgdata: Path) -> psutil.Process | None:
    """The living server. `pgdata` must be written as it was when that was started."""
    lines = _pid_file(pgdata)
    try:
        process = psutil.Process(int(lines[0]))
        serves = process.name() == "postgres" and str(pgdata) in process.cmdline()
        return process if serves and process.status() != psutil.STATUS_ZOMBIE else None
    except (IndexError, ValueError, psutil.Error):
        return None


def is_ready(pgdata: Path) -> bool:
    """Does it take connections? It writes so itself, after any recovery."""
    lines = _pid_file(pgdata)
    said = lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""
    return said == "ready" and postmaster_of(pgdata) is not None


def quit_orphans(pgdata: Path) -> None:
    """Backends outlive a killed server for a moment and hold its shared memory."""
    orphans = [each for each in psutil.process_iter() if _works_in(each, pgdata)]
    for how in (signal.SIGQUIT, signal.SIGKILL):
        for orphan in orphans:
            _send(orphan, how)
        _, orphans = psutil.wait_procs(orphans, timeout=5)


def _send(process: psutil.Process, how: signal.Signals) -> None:
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        pass  # ended by itself meanwhile


def _pid_file(pgdata: Path) -> list[str]:
    try:
        return os.fsdecode((pgdata / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return []


def _works_in(process: psutil.Process, pgdata: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(pgdata.resolve())
    except psutil.Error:
        return False
