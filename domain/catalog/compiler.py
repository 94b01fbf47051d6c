"""The billing agent that is built in: it reads three sentences, always the same way, and no other.

The grammar is the page `docs/ai-plans.md`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from domain.shared.errors import Invalid
from domain.shared.money import EXPONENTS, LARGEST_AMOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.catalog.billing_agent import Prompt

UNDERSTOOD = (
    "Charge 30.00 USD every month.",
    "Charge 10.00 USD every month for the first 3 periods, then 20.00 USD.",
    "Charge 0.50 USD per copy at the end of each month.",
)
_AMOUNT = r"(?P<{0}>\d{{1,10}}(?:\.\d{{1,3}})?)"
_CURRENCY = r"(?P<currency>[A-Z]{3})"
_INTERVAL = r"(?:(?P<count>[1-9]\d{0,2}) )?(?P<interval>day|week|month|year)s?"
_FIXED = re.compile(f"Charge {_AMOUNT.format('amount')} {_CURRENCY} every {_INTERVAL}\\.?")
_STEP_UP = re.compile(
    f"Charge {_AMOUNT.format('amount')} {_CURRENCY} every {_INTERVAL} "
    f"for the first (?P<periods>[1-9]\\d{{0,3}}) periods?, "
    f"then {_AMOUNT.format('then')} (?P<then_currency>[A-Z]{{3}})\\.?"
)
_USAGE = re.compile(
    f"Charge {_AMOUNT.format('amount')} {_CURRENCY} per (?P<unit>[^\\W\\d_][\\w-]{{0,49}}) "
    f"at the end of each {_INTERVAL}\\.?"
)


class BuiltIn:
    name = "built-in"

    def compile(self, prompt: Prompt) -> Mapping[str, Any]:
        text = " ".join(prompt.text.split())
        if found := _FIXED.fullmatch(text):
            return {"kind": "fixed", "amount": _minor(found, "amount"), **_common(found)}
        if found := _STEP_UP.fullmatch(text):
            return _step_up(found)
        if found := _USAGE.fullmatch(text):
            unit = {"unit_amount": _minor(found, "amount"), "unit": found["unit"]}
            return {"kind": "usage_in_arrears", **unit, **_common(found)}
        raise _not_understood("this sentence is none of them")


def _step_up(found: re.Match[str]) -> dict[str, Any]:
    if found["then_currency"] != found["currency"]:
        raise _not_understood("both amounts have to be in one currency")
    steps = [
        {"periods": int(found["periods"]), "amount": _minor(found, "amount")},
        {"periods": None, "amount": _minor(found, "then")},
    ]
    return {"kind": "step_up", "steps": steps, **_common(found)}


def _common(found: re.Match[str]) -> dict[str, Any]:
    return {
        "currency": found["currency"],
        "interval": found["interval"],
        "interval_count": int(found["count"] or 1),
    }


def _minor(found: re.Match[str], name: str) -> int:
    """An amount as text, with at most the currency's decimals, in minor units."""
    currency = found["currency"]
    if currency not in EXPONENTS:
        raise _not_understood(f"{currency} is no currency of ISO 4217")
    exponent = EXPONENTS[currency]
    whole, _, decimals = found[name].partition(".")
    if len(decimals) > exponent:
        raise _not_understood(f"{currency} has {exponent} decimals")
    amount = int(whole + decimals.ljust(exponent, "0"))
    if amount >= LARGEST_AMOUNT:
        raise _not_understood("that is too much")
    return amount


def _not_understood(why: str) -> Invalid:
    understood = " · ".join(UNDERSTOOD)
    return Invalid.one(
        "billing_prompt", "prompt_not_understood", f"understands: {understood} – {why}"
    )
