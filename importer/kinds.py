"""What a field takes: each kind turns what a form gave into the value the commands want."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from typing import TypeVar

from domain.shared.money import EXPONENTS, LARGEST_AMOUNT
from domain.shared.period import Interval
from importer.forms import Raw
from importer.formula import decimal
from importer.problems import CellWrong

T = TypeVar("T")
Kind = Callable[[Raw], object]

LONGEST_TEXT = 500
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def text(raw: Raw) -> str:
    """Raises ValueError, as every kind does for what it does not take."""
    found = str(raw).strip()
    if not found or len(found) > LONGEST_TEXT or not found.isprintable():
        raise ValueError(f"a text of 1 to {LONGEST_TEXT} printable characters is expected")
    return found


def email(raw: Raw) -> str:
    found = text(raw)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", found):
        raise ValueError(f"{found!r} is not an e-mail address")
    return found


def count(raw: Raw) -> int:
    if isinstance(raw, bool) or not re.fullmatch(r"[1-9][0-9]{0,5}", str(raw).strip()):
        raise ValueError(f"{raw!s:.40} is not a whole number from 1 to 999999")
    return int(str(raw))


def switch(raw: Raw) -> bool:
    try:
        return _SWITCH[str(raw).strip().casefold()]
    except KeyError:
        raise ValueError(f"{raw!s:.40} is not true or false") from None


def day(raw: Raw) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        raise ValueError(f"{raw!s:.40} is not a day such as 2026-01-31") from None


def one_of(*allowed: str) -> Callable[[Raw], str]:
    def kind(raw: Raw) -> str:
        if str(raw) not in allowed:
            raise ValueError(f"{raw!s:.40} is not one of {', '.join(allowed)}")
        return str(raw)

    return kind


def minor_units(currency: str) -> Callable[[Raw], int]:
    """Major units, exact, to whole minor ones: what has a part of a cent is refused."""
    scale = 10 ** EXPONENTS[currency]

    def kind(raw: Raw) -> int:
        try:
            exact = raw if isinstance(raw, Fraction) else decimal(str(raw), "")
        except CellWrong as wrong:
            raise ValueError(wrong.reason) from None
        minor = exact * scale
        if minor.denominator != 1 or not 0 <= minor < LARGEST_AMOUNT:
            raise ValueError(f"{float(exact):.10g} is not a whole amount of {currency} from 0 up")
        return int(minor)

    return kind


interval = one_of(*Interval)
collection_method = one_of("charge_automatically", "send_invoice")
strategy = one_of("invoice_creation", "invoice_payment")
offline_category = one_of("check", "wire", "transfer", "cash", "external")
tax_behavior = one_of("exclusive", "inclusive")


def tax_rate(raw: Raw) -> str:
    """A fraction as decimal text, `0.10`."""
    if not re.fullmatch(r"0(\.[0-9]{1,8})?|1(\.0{1,8})?", str(raw)):
        raise ValueError(f"{raw!s:.40} is not a fraction such as 0.10")
    return str(raw)
