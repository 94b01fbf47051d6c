"""A statement prepared once a connection, bound and answered in binary, without a cursor.

The cursor's part of a short statement is about half of the client's time; eight writers on two
cores have none to spare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from psycopg import generators
from psycopg.errors import InvalidSqlStatementName
from psycopg.pq import ExecStatus, Format, TransactionStatus

from store.exchange import Bound, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

    from store.connections import Connection


class Statement:
    """Values are given as PostgreSQL's binary format has them, in the types declared here."""

    def __init__(self, name: str, sql: str, types: Sequence[int]) -> None:
        self.name = name
        self.types = types
        self._name = name.encode()
        self._sql = sql.encode()
        self._formats = [Format.BINARY] * len(types)
        self._prepared: WeakSet[Connection] = WeakSet()

    def bound(self, values: Sequence[bytes | None]) -> Bound:
        """As it is sent together with others."""
        return Bound(self._sql, tuple(self.types), values, self._formats)

    def execute(self, connection: Connection, values: Sequence[bytes | None]) -> PGresult:
        """Its one result. Raises psycopg's error of what the server refused."""
        if connection.pgconn.transaction_status == TransactionStatus.INTRANS:
            return self._unprepared(connection, values)
        try:
            return self._execute(connection, values)
        except InvalidSqlStatementName:
            # After a rollback psycopg gives up every prepared statement of a connection, ours too.
            self._prepared.discard(connection)
            return self._execute(connection, values)

    def _execute(self, connection: Connection, values: Sequence[bytes | None]) -> PGresult:
        pgconn = connection.pgconn
        if connection not in self._prepared:
            _checked(pgconn.prepare(self._name, self._sql, self.types))
            self._prepared.add(connection)
        pgconn.send_query_prepared(self._name, values, self._formats, result_format=1)
        (result,) = connection.wait(generators.execute(pgconn))
        return _checked(result)

    def _unprepared(self, connection: Connection, values: Sequence[bytes | None]) -> PGresult:
        """A name that is no longer known would cost a transaction; few are in one."""
        pgconn = connection.pgconn
        pgconn.send_query_params(self._sql, values, self.types, self._formats, result_format=1)
        (result,) = connection.wait(generators.execute(pgconn))
        return _checked(result)


def _checked(result: PGresult) -> PGresult:
    if result.status == ExecStatus.FATAL_ERROR:
        raise refused(result)
    return result
