"""Typed, time-ordered text ids: a prefix and the 128 bits of a UUID in Crockford base 32.

Source: the TypeID specification 0.3. A pair of characters (ten bits) is looked up at a time,
because a report of a million rows names several ids on each.
"""

from __future__ import annotations

from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


class _Digits(dict[int, str]):
    def __missing__(self, _: int) -> str:
        return "!"  # no digit of any base


_DIGITS = _Digits(zip(map(ord, _ALPHABET), "0123456789abcdefghijklmnopqrstuv", strict=True))
"""Of this alphabet to those that `int` reads in base 32."""
_SUFFIX = 26
_LIMIT = 1 << 128


class MalformedId(ValueError):
    """The text is not a typed id of the expected prefix."""


def typed_id(prefix: str, value: UUID) -> str:
    """`typed_id("sub", uuid)` is `sub_` and 26 characters that sort as the uuid does."""
    n = value.int
    p = _PAIRS
    return (
        f"{prefix}_{p[n >> 120]}{p[n >> 110 & 1023]}{p[n >> 100 & 1023]}{p[n >> 90 & 1023]}"
        f"{p[n >> 80 & 1023]}{p[n >> 70 & 1023]}{p[n >> 60 & 1023]}{p[n >> 50 & 1023]}"
        f"{p[n >> 40 & 1023]}{p[n >> 30 & 1023]}{p[n >> 20 & 1023]}{p[n >> 10 & 1023]}{p[n & 1023]}"
    )


def uuid_of(text: str, prefix: str | None = None) -> UUID:
    """The uuid of a typed id. Raises MalformedId for another prefix, length or alphabet."""
    found, separator, suffix = text.rpartition("_")
    if not separator or len(suffix) != _SUFFIX or (prefix is not None and found != prefix):
        raise MalformedId(text)
    try:
        number = int(suffix.translate(_DIGITS), 32)
    except ValueError:
        raise MalformedId(text) from None
    if number >= _LIMIT:
        raise MalformedId(text)
    return UUID(int=number)
