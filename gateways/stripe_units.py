"""Amounts in the units that Stripe takes, where its minor unit is not that of ISO 4217.

Source: https://docs.stripe.com/currencies#special-cases.
"""

from __future__ import annotations

_HUNDREDTHS = frozenset({"ISK", "UGX"})
_UNSUPPORTED = frozenset({"MGA"})


def theirs(amount: int, currency: str) -> int | None:
    """Of our minor units; None for a currency that cannot be charged without loss."""
    if currency in _UNSUPPORTED:
        return None
    return amount * 100 if currency in _HUNDREDTHS else amount


def ours(amount: int, currency: str) -> int:
    return amount // 100 if currency in _HUNDREDTHS else amount
