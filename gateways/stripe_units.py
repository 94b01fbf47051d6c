"""Amounts in the units that Stripe takes, where its minor unit is not that of ISO 4217.

Source: https://docs.stripe.com/currencies#special-cases.
"""

from __future__ import annotations

from domain.payments.gateway import Declined

_HUNDREDTHS = frozenset({"ISK", "UGX"})
_UNSUPPORTED = frozenset({"MGA"})
_IN_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Of three decimals, of which Stripe takes two: the last digit is 0."""


def theirs(amount: int, currency: str) -> int:
    """Of our minor units."""
    return amount * 100 if currency in _HUNDREDTHS else amount


def refusal(amount: int, currency: str) -> Declined | None:
    """Of what is better not sent: as our minor units."""
    if currency in _UNSUPPORTED:
        return Declined("currency_not_supported", f"not in {currency}", hard=True)
    if currency in _IN_TENS and amount % 10:
        detail = f"Stripe takes amounts in {currency} that end in 0"
        return Declined("amount_not_supported", detail, hard=True)
    return None


def ours(amount: int, currency: str) -> int:
    return amount // 100 if currency in _HUNDREDTHS else amount
