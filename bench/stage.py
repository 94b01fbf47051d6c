"""A database that nobody else uses, for one measurement: made, migrated, and gone afterwards."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from migrations.apply import migrate
from store.embedded import embedded_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def fresh_database(server_url: str | None) -> Iterator[str]:
    """Its address, as the owner. On the given server, or on an embedded one in a folder of its own.

    The given user must be allowed to create databases.
    """
    if server_url is None:
        with tempfile.TemporaryDirectory(prefix="subledger-bench-") as folder:
            Path(folder).chmod(0o755)  # the database may run as another user
            with embedded_server(Path(folder)) as server:
                migrate(server.url)
                yield server.url
        return
    name = f"subledger_bench_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            url = make_conninfo(server_url, dbname=name)
            migrate(url)
            yield url
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def analyze(conninfo: str) -> None:
    """What the server does by itself within a minute of a filling."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
