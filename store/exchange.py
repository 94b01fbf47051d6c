"""Statements that are known beforehand, sent at once and answered at once: one round trip for all.

Waking the other side costs more than a short statement does: a request that asks eight times spends
most of its time on that.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, Format, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.abc import PQGen
    from psycopg.abc import Transformer as Adapting
    from psycopg.pq.abc import PGconn, PGresult

    from store.connections import Connection

Rows = list[tuple[Any, ...]]
_NAMED = re.compile(r"%\((\w+)\)[sb]|%%")
_KEPT = 100
_KEEPING = "_subledger_kept"
_SNAPSHOT = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN, _COMMIT = b"BEGIN", b"COMMIT"
_numbers = count(1)
_WITHIN = {TransactionStatus.INTRANS, TransactionStatus.INERROR}
_FAILED = {ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED}


class Asked(NamedTuple):
    """A statement with named places, as `%(name)s`, and what is bound to them."""

    sql: str
    bound: Mapping[str, Any]


class Bound(NamedTuple):
    """A statement with places `$1` and so on, and their values as the server takes them."""

    sql: bytes
    types: tuple[int, ...]
    values: Sequence[Any]
    formats: Sequence[Format]


class _Prepared:
    """The statements of one connection, by text and types; the server forgets none by itself."""

    def __init__(self) -> None:
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self.new: list[tuple[bytes, tuple[int, ...]]] = []
        """What the last exchange prepared, if the server came to it."""

    def send(self, pgconn: PGconn, asked: Bound) -> None:
        key = (asked.sql, asked.types)
        name = self._names.pop(key, None)
        if name is None:
            name = b"asked_%d" % next(_numbers)
            pgconn.send_prepare(name, asked.sql, asked.types)
            self.new.append(key)
        self._names[key] = name  # the last used comes last
        pgconn.send_query_prepared(name, asked.values, asked.formats, result_format=Format.BINARY)

    def give_up(self, pgconn: PGconn) -> None:
        """Those that were not used for longest, where they are too many."""
        while len(self._names) > _KEPT:
            name = self._names.pop(next(iter(self._names)))
            pgconn.send_query_params(b"DEALLOCATE " + name, None)

    def forget_new(self) -> None:
        """Of a refused exchange: what comes behind a refusal is passed over."""
        for key in self.new:
            self._names.pop(key, None)


class _Kept:
    """On each connection: a transformer finds out once how each type is sent and read."""

    def __init__(self, connection: Connection) -> None:
        self.prepared = _Prepared()
        self.transformer: Adapting = Transformer(connection)
        connection.__dict__[_KEEPING] = self


def _kept(connection: Connection) -> _Kept:
    """A dictionary of weak references is asked for longer than a statement is sent."""
    kept: _Kept = connection.__dict__.get(_KEEPING) or _Kept(connection)
    return kept


def in_one_snapshot(connection: Connection, asked: Sequence[Asked]) -> list[Rows]:
    """The rows of each query, all as of one instant. The connection is idle, and is so again.

    Raises psycopg's error of what the server refused.
    """
    return _anew(connection, asked, [_SNAPSHOT], [_COMMIT])


def at_once(connection: Connection, asked: Sequence[Asked]) -> list[Rows]:
    """As `in_one_snapshot`, but each query sees what is there when its turn comes."""
    return _anew(connection, asked)


def begun_with(connection: Connection, asked: Sequence[Asked | Bound]) -> list[Rows]:
    """The rows of the first queries of a transaction, which goes on. The connection is idle.

    Raises psycopg's error of what the server refused: there is no transaction then.
    """
    return _anew(connection, asked, [_BEGIN])


def within(connection: Connection, asked: Sequence[Asked | Bound]) -> list[Rows]:
    """The rows of queries of a transaction, which goes on. Raises as `ended_with`."""
    transformer = _kept(connection).transformer
    return _going_on(connection, transformer, _bound_all(transformer, asked))


def begun_behind(
    connection: Connection, first: Bound, asked: Sequence[Asked | Bound]
) -> tuple[PGresult, list[Rows] | None]:
    """A statement that commits by itself, and right behind it the first queries of a transaction,
    which goes on: None where one of those was refused, and there is no transaction then.

    Raises psycopg's error of what the first statement was refused for. The connection is idle.
    """
    transformer = _kept(connection).transformer
    behind = [_plain(_BEGIN), *_bound_all(transformer, asked)]
    try:
        alone, begun = _sent(connection, [first], behind)
        _require(connection, alone)
    except InvalidSqlStatementName:
        _kept(connection).prepared = _Prepared()
        alone, begun = _sent(connection, [first], behind)
        _require(connection, alone)
    (told,) = filter(_tells, alone)
    try:
        _require(connection, begun)
    except InvalidSqlStatementName:
        _kept(connection).prepared = _Prepared()
        with suppress(psycopg.Error):
            return told, begun_with(connection, asked)
        return told, None
    except psycopg.Error:
        return told, None
    return told, [_rows(transformer, each) for each in begun if _tells(each)]


def ended_with(connection: Connection, asked: Sequence[Asked | Bound]) -> list[Rows]:
    """The rows of the last queries of a transaction, which is committed.

    Raises psycopg's error of what the server refused: all of the transaction is undone then. Where
    it had forgotten the statements that is InvalidSqlStatementName, once.
    """
    transformer = _kept(connection).transformer
    bound = _bound_all(transformer, asked)
    return _going_on(connection, transformer, [*bound, _plain(_COMMIT)])


def _going_on(connection: Connection, transformer: Adapting, bound: Sequence[Bound]) -> list[Rows]:
    try:
        results = _asked(connection, bound)
    except InvalidSqlStatementName:
        _kept(connection).prepared = _Prepared()
        raise
    return [_rows(transformer, each) for each in results]


def _anew(
    connection: Connection,
    asked: Sequence[Asked | Bound],
    begin: Sequence[bytes] = (),
    end: Sequence[bytes] = (),
) -> list[Rows]:
    transformer = _kept(connection).transformer
    bound = [*map(_plain, begin), *_bound_all(transformer, asked), *map(_plain, end)]
    try:
        results = _asked(connection, bound)
    except InvalidSqlStatementName:
        _kept(connection).prepared = _Prepared()
        results = _asked(connection, bound)
    return [_rows(transformer, each) for each in results]


def _asked(connection: Connection, bound: Sequence[Bound]) -> list[PGresult]:
    """The results of the queries; of what else was asked there is nothing to tell."""
    (results,) = _sent(connection, bound)
    _require(connection, results)
    return [each for each in results if _tells(each)]


def _tells(result: PGresult) -> bool:
    """Whether it is a query's, not that of what is sent with queries."""
    return result.status == ExecStatus.TUPLES_OK


def undo(connection: Connection) -> None:
    """The transaction, if there is one. At psycopg's own rollback it gives up what was prepared."""
    if connection.pgconn.transaction_status in _WITHIN:
        connection.pgconn.exec_(b"ROLLBACK")


def _sent(connection: Connection, *groups: Sequence[Bound]) -> list[list[PGresult]]:
    """A group goes on after another was refused."""
    try:
        return connection.wait(_exchange(connection, groups))
    except BaseException:
        connection.close()  # it may be anywhere in the exchange: the pool makes another
        raise


def _require(connection: Connection, results: Sequence[PGresult]) -> None:
    """Raises psycopg's error of what was refused; there is no transaction then."""
    failed = next((each for each in results if each.status in _FAILED), None)
    if failed is not None:
        _kept(connection).prepared.forget_new()
        undo(connection)
        raise refused(failed)


def refused(result: PGresult) -> psycopg.Error:
    """What a failed result is raised as. One without a code is libpq's own: the server is gone."""
    if result.error_field(DiagnosticField.SQLSTATE) is None:
        return psycopg.OperationalError(result.get_error_message("utf-8"))
    return error_from_result(result, encoding="utf-8")


def _exchange(
    connection: Connection, groups: Sequence[Sequence[Bound]]
) -> PQGen[list[list[PGresult]]]:
    pgconn = connection.pgconn
    prepared = _kept(connection).prepared
    prepared.new.clear()
    pgconn.enter_pipeline_mode()
    for bound in groups:
        for each in bound:
            prepared.send(pgconn, each)
        prepared.give_up(pgconn)
        pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    results: list[list[PGresult]] = []
    while len(results) < len(groups):
        results += [(yield from _until_synced(pgconn))]
    pgconn.exit_pipeline_mode()
    return results


def _until_synced(pgconn: PGconn) -> PQGen[list[PGresult]]:
    results: list[PGresult] = []
    while True:
        result = yield from generators.fetch(pgconn)
        if result is None:
            continue  # each statement's results end with one of these
        if result.status == ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


def _plain(sql: bytes) -> Bound:
    return Bound(sql, (), (), ())


def _bound_all(transformer: Adapting, asked: Sequence[Asked | Bound]) -> list[Bound]:
    return [_bound(transformer, each) for each in asked]


def _bound(transformer: Adapting, asked: Asked | Bound) -> Bound:
    if isinstance(asked, Bound):
        return asked
    sql, names = _placed(asked.sql)
    given = [asked.bound[name] for name in names]
    values = transformer.dump_sequence(given, [PyFormat.AUTO] * len(names))
    return Bound(sql, transformer.types or (), values, transformer.formats or ())


@lru_cache(maxsize=512)
def _placed(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """With numbered places, and whose they are."""
    names: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else names.setdefault(name, f"${len(names) + 1}")

    return _NAMED.sub(place, sql).encode(), tuple(names)


def _rows(transformer: Adapting, result: PGresult) -> Rows:
    transformer.set_pgresult(result, format=Format.BINARY)
    return transformer.load_rows(0, result.ntuples, tuple)
