"""Who serves a port from this data folder, so that a start can tell a neighbour from a corpse."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import psutil

from cli.stopping import PARENT

if TYPE_CHECKING:
    from settings import Settings

# A run whose parent was killed in this moment still says "running".
_PATIENCE_SECONDS = {"running": 2, "ending": 60, "ended": 60}
_FREED_LIMIT_SECONDS = 20  # longer than gunicorn lets its workers end in


class PortTaken(Exception):
    """Somebody else answers on the port."""


class RunRecord:
    """Locked while the run lives; a lock that is free over recorded processes means a kill."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._file = (settings.data_dir / f"run-{settings.port}.json").open("a+")

    def take(self) -> None:
        """Raises PortTaken. Ends what a killed run left behind."""
        self._lock()
        found = self._read()
        left = found.get("groups", [])
        if any(_kill_group(group) for group in left):
            time.sleep(0.1)
        # Killed right after it began a process, it may not have written that one down.
        killed = found.get("state") in {"running", "ending"}
        patience = _FREED_LIMIT_SECONDS if killed else 0
        _wait_for_port(self._settings.host, self._settings.port, patience)
        self.write("running", [])

    def write(self, state: str, groups: list[int]) -> None:
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), "state": state, "groups": groups}, self._file)
        self._file.flush()

    def release(self) -> None:
        self.write("ended", [])
        self._file.close()

    def _lock(self) -> None:
        since = time.monotonic()
        while not self._locked():
            other = self._read()
            if time.monotonic() > since + _PATIENCE_SECONDS.get(str(other.get("state")), 0):
                raise PortTaken(
                    f"Subledger already runs on port {self._settings.port} from "
                    f"{self._settings.data_dir} (process {other.get('pid')})."
                )
            time.sleep(0.1)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> dict[str, Any]:
        self._file.seek(0)
        try:
            found = json.loads(self._file.read())
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def kill_group(group: int) -> bool:
    """End at once whatever is left of a process group of ours. Commands survive it by design."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill_group(group: int) -> bool:
    """The same after a restart of the machine, when the number may belong to a stranger."""
    members = [each for each in psutil.process_iter() if _belongs(each, group)]
    return bool(members) and kill_group(group)


def _belongs(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and PARENT in process.environ()
    except (psutil.Error, OSError):
        return False


def _wait_for_port(host: str, port: int, patience_seconds: float) -> None:
    give_up_at = time.monotonic() + patience_seconds
    while (reason := _taken(host, port)) is not None:
        if time.monotonic() >= give_up_at:
            raise PortTaken(f"Port {port} cannot be used: {reason}. Free it, or choose: PORT=8001")
        time.sleep(0.1)


def _taken(host: str, port: int) -> str | None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as reason:
            return (reason.strerror or str(reason)).lower()
    return None
