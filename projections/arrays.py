"""Columns of Python values as PostgreSQL arrays in their binary form, built whole.

Format: array_recv of PostgreSQL; the flag for nulls may be set without any being there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from operator import attrgetter
from struct import Struct, pack
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

_HEADER = Struct("!iiiii").pack
_NULL = pack("!i", -1)
_SIZES = tuple(pack("!i", size) for size in range(4096))
_BIG = Struct("!iq").pack
_DAY = Struct("!ii").pack
_TRUE, _FALSE = pack("!ib", 1, 1), pack("!ib", 1, 0)
_SIXTEEN = _SIZES[16]
_INT8, _INT4 = Struct("!q").pack, Struct("!i").pack
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()


class Elements(NamedTuple):
    """How values of one SQL type become the elements of an array, and `one` a place by itself."""

    sql_type: str
    oid: int
    array_kind: type[bytes]
    encode: Callable[[Sequence[Any]], list[bytes]]
    one: Callable[[Any], bytes]


def array_of(elements: Elements, values: Sequence[Any]) -> bytes:
    """A parameter to bind as `%b`."""
    if not values:
        return elements.array_kind(pack("!iii", 0, 0, elements.oid))
    header = _HEADER(1, 1, elements.oid, len(values), 1)
    # Many columns are empty in a whole batch.
    empty = values.count(None) == len(values)
    body = _NULL * len(values) if empty else b"".join(elements.encode(values))
    return elements.array_kind(header + body)


def _sized(value: bytes) -> bytes:
    size = len(value)
    return (_SIZES[size] if size < len(_SIZES) else pack("!i", size)) + value


def _texts(values: Sequence[str | None]) -> list[bytes]:
    """Each distinct text is encoded once: ids and words repeat."""
    encoded = {each: _sized(each.encode()) for each in {*values} if each is not None}
    return [encoded.get(each, _NULL) for each in values]  # type: ignore[arg-type]


def _raw(values: Sequence[bytes | None]) -> list[bytes]:
    return [_NULL if value is None else _sized(value) for value in values]


def _integers(values: Sequence[int | None]) -> list[bytes]:
    return [_NULL if value is None else _BIG(8, value) for value in values]


def _booleans(values: Sequence[bool | None]) -> list[bytes]:
    return [_NULL if value is None else _TRUE if value else _FALSE for value in values]


def _instants(values: Sequence[datetime | None]) -> list[bytes]:
    encoded = {each: _BIG(8, _microseconds(each)) for each in {*values} if each is not None}
    return [encoded.get(each, _NULL) for each in values]  # type: ignore[arg-type]


def _microseconds(instant: datetime) -> int:
    since = instant - _EPOCH
    return (since.days * 86400 + since.seconds) * 1000000 + since.microseconds


def _dates(values: Sequence[date | None]) -> list[bytes]:
    return [_NULL if value is None else _DAY(4, value.toordinal() - _EPOCH_DAY) for value in values]


def _uuids(values: Sequence[UUID | None]) -> list[bytes]:
    return [_NULL if value is None else _SIXTEEN + value.bytes for value in values]


def _decimals(values: Sequence[Any]) -> list[bytes]:
    return [_NULL if value is None else _sized(str(value).encode()) for value in values]


def _decimal(value: Any) -> bytes:
    return str(value).encode()


def _day(value: date) -> bytes:
    return _INT4(value.toordinal() - _EPOCH_DAY)


def _instant(value: datetime) -> bytes:
    return _INT8(_microseconds(value))


def _elements(
    sql_type: str,
    oid: int,
    array_oid: int,
    encode: Callable[[Any], list[bytes]],
    one: Callable[[Any], bytes],
) -> Elements:
    kind = type(f"{sql_type.title()}Array", (bytes,), {})
    dumper = type(f"{sql_type.title()}ArrayDumper", (_AsBuilt,), {"oid": array_oid})
    # For every connection: the kinds are this module's own, so nobody else's values are touched.
    psycopg.adapters.register_dumper(kind, dumper)
    return Elements(sql_type, oid, kind, encode, one)


class _AsBuilt(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


TEXT = _elements("text", 25, 1009, _texts, str.encode)
BIGINT = _elements("bigint", 20, 1016, _integers, _INT8)
BOOLEAN = _elements("boolean", 16, 1000, _booleans, (b"\0", b"\1").__getitem__)
INSTANT = _elements("timestamptz", 1184, 1185, _instants, _instant)
DATE = _elements("date", 1082, 1182, _dates, _day)
UUIDS = _elements("uuid", 2950, 2951, _uuids, attrgetter("bytes"))
JSON = _elements("json", 114, 199, _raw, bytes)
# Sent as text: numeric's binary form is not worth building for the few columns that have it.
NUMERIC = _elements("numeric", 25, 1009, _decimals, _decimal)
