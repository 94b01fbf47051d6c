"""Connections to PostgreSQL: one pool a process, opened in the process that uses it."""

from __future__ import annotations

import os
import select
from contextlib import contextmanager
from threading import Lock, local
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.string import ByteaBinaryLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from store.bindings import register_bindings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    Connection = psycopg.Connection[tuple[Any, ...]]

SERVICE_ROLE = "subledger_service"
_PATIENCE_SECONDS = 1.0
_CONNECTING_SECONDS = 2
_RECONNECTING_SECONDS = 2.0
UNAVAILABLE = psycopg.OperationalError
"""What is raised while the database cannot be reached, or has no time; trying again may help."""
UNMIGRATED = psycopg.errors.UndefinedTable
"""What is raised by a database that has not seen this release's migrations."""


class Lent:
    """The pool's own block commits too: with autocommit that is work for nothing, on each save."""

    __slots__ = ("_connection", "_mine", "_pool", "_wait_seconds")

    def __init__(self, pool: ConnectionPool[Connection], mine: Mine, wait_seconds: float) -> None:
        self._pool = pool
        self._mine = mine
        self._wait_seconds = wait_seconds

    def __enter__(self) -> Connection:
        kept, self._mine.kept = self._mine.kept, None
        self._connection = self._lent() if kept is None else kept
        return self._connection

    def _lent(self) -> Connection:
        """Others are waited for; a database that lets nobody in is told of at once."""
        first = min(_PATIENCE_SECONDS, self._wait_seconds)
        try:
            return self._pool.getconn(first)
        except PoolTimeout:
            if self._wait_seconds <= first:
                raise
        psycopg.connect(str(self._pool.conninfo), connect_timeout=_CONNECTING_SECONDS).close()
        return self._pool.getconn(self._wait_seconds - first)

    def __exit__(self, *_: object) -> None:
        mine, connection = self._mine, self._connection
        idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
        if mine.keeps and mine.kept is None and idle:
            mine.kept = connection
        else:
            self._pool.putconn(connection)


class Mine(local):
    """What a thread keeps of a pool: see `Connections.keeping`."""

    keeps = False
    kept: Connection | None = None


class Connections:
    """Hands out connections in autocommit mode, acting as the service role where it exists."""

    def __init__(self, conninfo: str, *, size: int = 16, role: str | None = SERVICE_ROLE) -> None:
        self.conninfo = conninfo
        self._size = size
        self._role = role
        self._pools: dict[int, ConnectionPool[Connection]] = {}
        self._opening = Lock()
        self._mine = Mine()

    def connection(self, wait_seconds: float = 10.0) -> AbstractContextManager[Connection]:
        """A connection for one block; given back at its end, replaced if it broke.

        Raises UNAVAILABLE when none is to be had in time.
        """
        return Lent(self._pool(), self._mine, wait_seconds)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """What the thread asks for within is one connection, unless two are in use at once."""
        mine = self._mine
        mine.keeps = True
        try:
            yield
        finally:
            mine.keeps = False
            kept, mine.kept = mine.kept, None
            if kept is not None:
                self._pool().putconn(kept)

    def close(self) -> None:
        """Closes this process's pool; another process's is not ours to close."""
        pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    def _pool(self) -> ConnectionPool[Connection]:
        # A fork inherits the parent's pool object and sockets: they stay untouched.
        pool = self._pools.get(os.getpid())
        return pool if pool is not None else self._open()

    def _open(self) -> ConnectionPool[Connection]:
        with self._opening:
            pool = self._pools.get(os.getpid())
            if pool is None:
                pool = ConnectionPool(
                    self.conninfo,
                    kwargs={"autocommit": True, **self._options()},
                    min_size=1,
                    max_size=self._size,
                    configure=configure,
                    check=_refuse_closed,
                    # It waits longer from try to try: as long as it goes on, so much later does it
                    # find the database back. Who asks next begins anew.
                    reconnect_timeout=_RECONNECTING_SECONDS,
                    open=True,
                )
                self._pools[os.getpid()] = pool
            return pool

    def _options(self) -> dict[str, str]:
        options = f"{conninfo_to_dict(self.conninfo).get('options') or ''} -c timezone=UTC"
        if self._role is not None and "role=" not in options:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                if _may_act_as(connection, self._role):
                    options += f" -c role={self._role}"
        return {"options": options.strip()}


def configure(connection: Connection) -> None:
    """Arrays bound as built, and json read as the bytes that were stored."""
    register_bindings(connection)
    connection.adapters.register_loader("json", ByteaBinaryLoader)
    connection.adapters.register_loader("json", _RawText)


class _RawText(Loader):
    def load(self, data: bytes | bytearray | memoryview) -> bytes:
        return bytes(data)


def _may_act_as(connection: Connection, role: str) -> bool:
    found = connection.execute(
        "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    return bool(found and found[0])


def _refuse_closed(connection: Connection) -> None:
    # What an idle connection has to say is that the server closed it, after a restart for
    # example. To look costs a microsecond; a query to try it would cost a round trip.
    readable = select.poll()
    readable.register(connection.pgconn.socket, select.POLLIN)
    if readable.poll(0):
        connection.close()
        raise psycopg.OperationalError("the server closed the connection")
