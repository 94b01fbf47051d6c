"""Why a payment failed or was not begun, in the page's words: payers read no codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.errors import Refused

_DECLINES = {
    "insufficient_funds": "why_funds",
    "expired_card": "why_expired",
    "authentication_required": "why_confirm",
    "gateway_unavailable": "why_later",
}
_REFUSALS = {
    "payment_method_required": "no_card",
    "token_not_accepted": "why_token",
    "gateway_unavailable": "why_later",
    "sandbox_not_live": "why_later",
    "unreadable_body": "why_again",
}
_FIELDS = {"token": "why_token", "key": "why_again"}


def declined(words: Mapping[str, str], code: str | None) -> str:
    """By the code of a failed payment; what a bank calls it otherwise is a decline."""
    return words["declined"].format(detail=words[_DECLINES.get(code or "", "why_declined")])


def not_done(words: Mapping[str, str], refusal: Refused) -> str:
    named = [_FIELDS[each.field] for each in refusal.errors if each.field in _FIELDS]
    name = _REFUSALS.get(refusal.code) or (named[0] if named else "why_other")
    return words["refused"].format(detail=words[name])
