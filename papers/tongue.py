"""How a reader's language writes things: its words, money, days, periods, countries."""

from __future__ import annotations

import re
import tomllib
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval
from babel.numbers import (
    format_decimal,
    format_percent,
    get_currency_symbol,
    get_minus_sign_symbol,
)

from domain.shared.money import EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

USUAL = "en"
_NO_DAY = timedelta(microseconds=1)
_APART = "\xa0"
_LRM, _RLM = "\u200e", "\u200f"
_LATIN_AND_SIGN = re.compile(r"[A-Z]+\W+")
"""`US$`: the sign would go to the other side of its letters where words run from the right."""

_CODE_BEFORE_NUMBER = re.compile(r"([A-Z]{3})(?=\d)")
"""An ISO code stands apart from its number (CLDR, currencySpacing); Babel leaves that out."""


@cache
def all_words() -> Mapping[str, Mapping[str, str]]:
    """By language."""
    text = resources.files("papers").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Tongue:
    """Instants are shown as days of `zone`."""

    locale: Locale
    words: Mapping[str, str]
    zone: ZoneInfo

    @property
    def rtl(self) -> bool:
        """Whether the words run from right to left."""
        return self.words_locale.text_direction == "rtl"

    @property
    def words_locale(self) -> Locale:
        """English where the language's words are not known: what surrounds them follows it."""
        known = self.words is all_words().get(self.locale.language)
        return self.locale if known else Locale(USUAL)

    def say(self, name: str, **filled: str) -> str:
        return self.words[name].format(**filled)

    def money(self, amount: int, currency: str) -> str:
        """Minor units with as many decimals as the currency has by ISO 4217."""
        digits = EXPONENTS[currency]
        value = Decimal(amount).scaleb(-digits)
        pattern = copy(self.locale.currency_formats["standard"])
        pattern.frac_prec = (digits, digits)
        pattern.prefix, pattern.suffix = self._signed(pattern.prefix), self._ended(pattern.suffix)
        written: str = pattern.apply(value, self.locale, currency=currency, currency_digits=False)
        symbol = get_currency_symbol(currency, self.locale)
        if self._from_the_right and _LATIN_AND_SIGN.fullmatch(symbol):
            written = written.replace(symbol, f"{_LRM}{symbol}{_LRM}")
        return _CODE_BEFORE_NUMBER.sub(rf"\1{_APART}", written)

    @property
    def _from_the_right(self) -> bool:
        return self.locale.text_direction == "rtl"

    def _signed(self, prefixes: tuple[str, str]) -> tuple[str, str]:
        """The minus as the locale writes it, with the mark that holds it before its number: a
        pattern's `-` stands for that (CLDR, number symbols); Babel leaves it as it is.
        """
        plus, minus = prefixes
        return plus, minus.replace("-", get_minus_sign_symbol(self.locale))

    def _ended(self, suffixes: tuple[str, str]) -> tuple[str, str]:
        """What comes after a number that runs from the left runs from the right again."""
        plus, minus = suffixes
        return plus, f"{_RLM}{minus}" if self._from_the_right and minus else minus

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self.locale)

    def percent(self, rate: Decimal) -> str:
        """A fraction, with all the decimals it has."""
        return format_percent(rate, locale=self.locale, decimal_quantization=False)

    def day(self, at: datetime | date) -> str:
        return format_date(self._day(at), "long", locale=self.locale)

    def short_day(self, at: datetime | date) -> str:
        return format_date(self._day(at), "medium", locale=self.locale)

    def period(self, start: datetime, end: datetime) -> str:
        """To the last day it holds: `end` is where the next one begins."""
        first, last = self._day(start), self._day(max(end - _NO_DAY, start))
        if first == last:
            return self.short_day(first)
        return format_interval(first, last, "yMMMd", locale=self.locale)

    def country(self, code: str) -> str:
        name: str = self.locale.territories.get(code, code)
        return name

    def _day(self, at: datetime | date) -> date:
        return at.astimezone(self.zone).date() if isinstance(at, datetime) else at


def tongue_of(language: str | None, timezone: str) -> Tongue:
    """Of a customer's `language`, as `de`, `pt-BR` or `zh_Hant`; English where it is none."""
    locale = _locale(language or USUAL)
    known = all_words()
    traditional = locale.script == "Hant" or locale.territory in {"TW", "HK", "MO"}
    language = USUAL if traditional and locale.language == "zh" else locale.language
    return Tongue(locale, known.get(language, known[USUAL]), ZoneInfo(timezone))


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.strip().replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale(USUAL)
