"""The embedded PostgreSQL: found running or started, shared between processes, stopped by the last.

The wheel brings the programs only. Its own starter is not used: as root it opens every folder
above the data to everybody, it gives crash recovery ten seconds, and it trusts a stale pid file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

from store.postmaster import is_ready, postmaster_of, quit_orphans
from store.server_programs import CLUSTER_SETTINGS, SERVER_SETTINGS, program, programs
from store.system_user import runner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

OWNER = "subledger"
DATABASE = "subledger"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 107  # sun_path is 108 bytes with the closing NUL
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)
_START_LIMIT_SECONDS = 900  # crash recovery replays up to max_wal_size
_STOP_LIMIT_SECONDS = 60
_children: list[subprocess.Popen[bytes]] = []
"""Servers this process started. One may outlive our share in it, and then dies as our child."""


class ServerFailed(Exception):
    """The server did not start; the message ends with what its log said last."""


class EmbeddedServer:
    """A share in the server of one data folder. Whoever closes the last share stops it."""

    def __init__(self, data_dir: Path) -> None:
        data_dir = data_dir.resolve()  # the running server is recognised by its path
        _ensure_ours(data_dir)
        self._pgdata = data_dir / "postgres"
        self._log = data_dir / "postgres.log"
        self._start_lock = data_dir / "postgres.lock"
        self._shares = (data_dir / "postgres.shares").open("a")
        self._child: subprocess.Popen[bytes] | None = None
        self._runner = runner_of(self._pgdata)
        try:
            with self._locked():
                fcntl.flock(self._shares, fcntl.LOCK_SH)
                self._ensure_running()
        except BaseException:
            self._shares.close()
            raise

    @property
    def url(self) -> str:
        """Connects as the owner of the schema."""
        folder = quote(str(_socket_dir(self._pgdata)), safe="/")
        return f"postgresql://{OWNER}@/{DATABASE}?host={folder}"

    def ensure_running(self) -> bool:
        """Start the server again if it died. True when it had to be started."""
        if _living(self._pgdata) is not None:
            return False
        with self._locked():
            return self._ensure_running()

    def close(self) -> None:
        with self._locked():
            try:
                fcntl.flock(self._shares, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still works with it
            else:
                self._stop()
            self._shares.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._start_lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_running(self) -> bool:
        running = _living(self._pgdata)
        if running is None:
            self._initialise()
            self._start()
        try:
            self._wait_until_ready()
            if running is None:
                _ensure_database(self.url)
        except BaseException:
            self._abandon()  # an interrupted start leaves nothing behind
            raise
        return running is None

    def _initialise(self) -> None:
        if (self._pgdata / "PG_VERSION").exists():
            return
        fresh = self._pgdata.with_name("postgres.initialising")
        shutil.rmtree(fresh, ignore_errors=True)  # left half-made by a kill
        self._runner.make_folder(fresh)
        self._runner.allow(fresh, programs())
        command = [str(program("initdb")), "-D", str(fresh), "-U", OWNER, *CLUSTER_SETTINGS]
        self._runner.run(command, fresh)
        fresh.rename(self._pgdata)

    def _start(self) -> None:
        self._runner.allow(self._pgdata, programs())
        quit_orphans(self._pgdata)
        sockets = _socket_dir(self._pgdata)
        # Left by a kill. PostgreSQL would take a zombie or a reused number in them for a server.
        for stale in (self._pgdata / "postmaster.pid", sockets / f"{_SOCKET}.lock"):
            stale.unlink(missing_ok=True)
        if sockets != self._pgdata:
            self._runner.make_folder(sockets)
        options = [f"--{name}={value}" for name, value in SERVER_SETTINGS.items()]
        command = [str(program("postgres")), "-D", str(self._pgdata), "-k", str(sockets), *options]
        with self._log.open("ab") as log:
            self._child = self._runner.spawn(command, self._pgdata, log)
        _children.append(self._child)

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_LIMIT_SECONDS
        while time.monotonic() < give_up_at:
            if is_ready(self._pgdata):
                return
            if not self._starting():
                raise ServerFailed(f"PostgreSQL ended while starting:\n{_tail(self._log)}")
            time.sleep(0.02)
        raise ServerFailed(f"PostgreSQL is still not ready:\n{_tail(self._log)}")

    def _starting(self) -> bool:
        """Ours may not have written its pid file yet; another's is known by that only."""
        ours = self._child is not None and self._child.poll() is None
        return ours or _living(self._pgdata) is not None

    def _abandon(self) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(signal.SIGINT)
        try:
            self._child.wait(_STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def _stop(self) -> None:
        postmaster = _living(self._pgdata)
        if postmaster is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
            postmaster.send_signal(how)
            if self._gone():
                break
        sockets = _socket_dir(self._pgdata)
        if sockets != self._pgdata:
            shutil.rmtree(sockets, ignore_errors=True)

    def _gone(self) -> bool:
        """Not psutil's wait: to that one a zombie lives until its own parent looks."""
        give_up_at = time.monotonic() + _STOP_LIMIT_SECONDS
        while _living(self._pgdata) is not None:
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.02)
        return True


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(data_dir)
    try:
        yield server
    finally:
        server.close()


def _living(pgdata: Path) -> psutil.Process | None:
    for child in _children:
        child.poll()  # a dead one would otherwise stay as a zombie
    return postmaster_of(pgdata)


def _ensure_ours(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise ServerFailed(f"{data_dir} belongs to another user: set SUBLEDGER_DATA_DIR")


def _socket_dir(pgdata: Path) -> Path:
    """Beside the data where the path can be a socket's, else a short folder named after it."""
    socket = os.fsencode(pgdata / _SOCKET)
    if len(socket) <= _LONGEST_SOCKET_PATH and _PLAIN_PATH.fullmatch(str(pgdata)):
        return pgdata
    digest = hashlib.sha256(os.fsencode(pgdata.resolve())).hexdigest()[:16]
    # Not the configured temporary folder: that may be long itself, or differ between processes.
    return Path("/tmp") / f"subledger-{digest}"  # noqa: S108 - owned by us and closed to others


def _ensure_database(url: str) -> None:
    maintenance = url.replace(f"/{DATABASE}?", "/postgres?", 1)
    with psycopg.connect(maintenance, autocommit=True) as conn:
        found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            conn.execute(f"CREATE DATABASE {DATABASE}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
