"""The codes of gifts, put into answers to those who may send them on, and into no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.auth import may
from projections.subscription_gifts import codes_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.call import Call
    from api.views import Shown

RULE = "subscriptions:gift_codes"


def reveal(call: Call, shown: Iterable[Shown]) -> None:
    gifts = {
        each["id"]: each["gift"]
        for each in shown
        if each.get("object") == "subscription" and each.get("gift")
    }
    if not gifts or not may(call.caller, RULE):
        return
    glance = call.glance()
    for ref, code in codes_of(glance, gifts).items():
        gifts[ref]["code"] = code
