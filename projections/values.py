"""Reads what a query string says: numbers, truth, instants and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from domain.shared.period import midnight

_LARGEST = 2**63 - 1


class BadValue(ValueError):
    """The text is not what was asked for; the message says what is."""


def text_of(value: str) -> str:
    if "\0" in value:
        raise BadValue("must not contain a NUL character")
    return value


def integer_of(value: str) -> int:
    digits = value.removeprefix("-")
    if (
        not (digits.isascii() and digits.isdigit() and len(digits) < 20)
        or abs(int(value)) > _LARGEST
    ):
        raise BadValue("must be an integer")
    return int(value)


def boolean_of(value: str) -> bool:
    if value not in {"true", "false"}:
        raise BadValue("must be true or false")
    return value == "true"


def date_of(value: str) -> date:
    try:
        if len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadValue("must be a date, as 2026-01-31")


def decimal_of(value: str) -> Decimal:
    try:
        read = Decimal(value)
    except InvalidOperation:
        raise BadValue("must be a number") from None
    if not read.is_finite():
        raise BadValue("must be a number")
    return read


def instant_of(value: str, timezone: str) -> datetime:
    """RFC 3339 with an offset, or a date: its midnight in the account's time zone."""
    try:
        if len(value) == len("2026-01-31"):
            return midnight(date.fromisoformat(value), timezone)
        instant = datetime.fromisoformat(value.replace(" ", "+"))  # a + in a query is a space
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadValue("must be an RFC 3339 instant with an offset, or a date")
