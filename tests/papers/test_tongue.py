"""How a reader's language writes money that went the other way."""

from __future__ import annotations

import pytest

from papers.tongue import tongue_of

LRM, RLM, APART = "\u200e", "\u200f", "\xa0"
US = f"{LRM}US${LRM}"


@pytest.mark.parametrize(
    ("language", "currency", "minus", "plus"),
    [
        ("en", "USD", "-$50.00", "$50.00"),
        ("de", "EUR", f"-50,00{APART}€", f"50,00{APART}€"),
        ("sv", "SEK", f"\u221250,00{APART}kr", f"50,00{APART}kr"),
        ("ar", "KWD", f"{RLM}{LRM}-5.000{RLM}{APART}د.ك.{RLM}", f"{RLM}5.000{APART}د.ك.{RLM}"),
        ("ar", "USD", f"{RLM}{LRM}-50.00{RLM}{APART}{US}", f"{RLM}50.00{APART}{US}"),
        ("he", "ILS", f"{RLM}{LRM}-50.00{RLM}{APART}{RLM}₪", f"{RLM}50.00{APART}{RLM}₪"),
    ],
)  # fmt: skip
def test_a_minus_stands_before_its_number(language, currency, minus, plus) -> None:
    """Where words run from the right a mark holds it there (CLDR), and another ends its reach."""
    tongue = tongue_of(language, "UTC")
    assert tongue.money(-5000, currency) == minus
    assert tongue.money(5000, currency) == plus
