"""Values bound in PostgreSQL's binary format, arrays built whole rather than element by element."""

from __future__ import annotations

from struct import pack, unpack_from
from typing import TYPE_CHECKING

from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg.abc import AdaptContext

_UUID, _INT4, _TEXT, _JSON, _BYTEA = 2950, 23, 25, 114, 17
_SIXTEEN_OCTETS = pack("!i", 16)
_NULL = pack("!i", -1)


class UuidArray(bytes):
    """Bound as uuid[]."""


class IntArray(bytes):
    """Bound as integer[]."""


class TextArray(bytes):
    """Bound as text[]."""


class JsonArray(bytes):
    """Bound as json[]."""


def uuid_array(values: Iterable[int]) -> UuidArray:
    """Takes the uuids' 128-bit numbers: `uuid.bytes` costs as much as all the rest."""
    items = [_SIXTEEN_OCTETS + value.to_bytes(16) for value in values]
    return UuidArray(_header(_UUID, len(items)) + b"".join(items))


def int_array(values: Sequence[int]) -> IntArray:
    items = [part for value in values for part in (4, value)]
    return IntArray(_header(_INT4, len(values)) + pack(f"!{len(items)}i", *items))


def text_array(values: Iterable[str | None]) -> TextArray:
    items = [_NULL if value is None else _sized(value.encode()) for value in values]
    nulls = 1 if _NULL in items else 0
    return TextArray(_header(_TEXT, len(items), nulls) + b"".join(items))


def json_array(values: Iterable[bytes]) -> JsonArray:
    items = [_sized(value) for value in values]
    return JsonArray(_header(_JSON, len(items)) + b"".join(items))


def octets_array(values: Iterable[bytes]) -> bytes:
    """Of a statement that declares its types: bytea[]."""
    items = [_sized(value) for value in values]
    return _header(_BYTEA, len(items)) + b"".join(items)


def texts_in(array: bytes) -> list[str | None]:
    """The elements of a text[]."""
    texts: list[str | None] = []
    at = 20
    for _ in range(unpack_from("!i", array, 12)[0]):
        (size,) = unpack_from("!i", array, at)
        at += 4
        texts.append(None if size < 0 else array[at : at + size].decode())
        at += max(size, 0)
    return texts


def _header(element: int, count: int, nulls: int = 0) -> bytes:
    if count == 0:
        return pack("!iii", 0, 0, element)
    return pack("!iiiii", 1, nulls, element, count, 1)


def _sized(value: bytes) -> bytes:
    return pack("!i", len(value)) + value


_OIDS = {UuidArray: 2951, IntArray: 1007, TextArray: 1009, JsonArray: 199}


class _AsBuilt(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


def register_bindings(context: AdaptContext) -> None:
    """Lets a connection bind the types of this module."""
    for kind, oid in _OIDS.items():
        dumper = type(f"{kind.__name__}Dumper", (_AsBuilt,), {"oid": oid})
        context.adapters.register_dumper(kind, dumper)
