"""What a tester lets the sandbox tell: its fields, all wrong ones named at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.payments.gateway import Approved, Declined, DisputeNotice, PaymentNotice
from domain.shared.errors import FieldError, Invalid
from domain.shared.money import LARGEST_AMOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from domain.payments.gateway import Notice

_LONGEST = {"payment_id": 64, "dispute": 200, "code": 100, "reason": 500}


def notice_of(told: Mapping[str, Any]) -> Notice | None:
    """Source of the fields: `docs/gateways.md`. None for a type that the sandbox does not know.

    Raises Invalid naming every wrong field; unknown ones are left alone.
    """
    kind = told["type"]
    if kind not in _NOTICES:
        return None
    required, optional, made = _NOTICES[kind]
    wrong = [
        error
        for name in (*required, *optional)
        for error in _wrong(told, name, required=name in required)
    ]
    if wrong:
        raise Invalid(tuple(wrong))
    return made(told)


def _wrong(told: Mapping[str, Any], name: str, *, required: bool) -> Iterator[FieldError]:
    value = told.get(name)
    if value is None:
        if required:
            yield FieldError(name, "required", "Field required")
        return
    says = _amount(value) if name == "amount" else _text(value, _LONGEST[name])
    if says is not None:
        yield FieldError(name, *says)


def _amount(value: object) -> tuple[str, str] | None:
    if type(value) is not int:
        return "wrong_type", "an amount is a whole number"
    if value <= 0:
        return "too_small", "an amount is above 0"
    return ("too_large", f"is below {LARGEST_AMOUNT}") if value >= LARGEST_AMOUNT else None


def _text(value: object, longest: int) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return "wrong_type", "is text"
    if not value:
        return "too_short", "has at least 1 character"
    if len(value) > longest:
        return "too_long", f"has at most {longest} characters"
    if "\x00" in value:
        return "not_allowed", "may not contain a null character"
    if value.encode(errors="replace").decode() != value:
        return "not_unicode", "contains half of a character"
    return None


def _succeeded(told: Mapping[str, Any]) -> Notice:
    ref = told["payment_id"]
    return PaymentNotice(ref, Approved(f"sandbox_{ref}"))


def _failed(told: Mapping[str, Any]) -> Notice:
    code = told.get("code") or "card_declined"
    return PaymentNotice(told["payment_id"], Declined(code, "Declined."))


def _dispute(told: Mapping[str, Any]) -> Notice:
    return DisputeNotice(
        reference=told["dispute"], payment_id=told["payment_id"],
        status=told["type"].removeprefix("dispute."), amount=told.get("amount"),
        reason=told.get("reason"),
    )  # fmt: skip


_OF_DISPUTE = (("dispute", "payment_id"), ("amount", "reason"), _dispute)
_NOTICES: Mapping[
    str, tuple[tuple[str, ...], tuple[str, ...], Callable[[Mapping[str, Any]], Notice]]
] = {
    "payment.succeeded": (("payment_id",), (), _succeeded),
    "payment.failed": (("payment_id",), ("code",), _failed),
    "dispute.opened": _OF_DISPUTE,
    "dispute.won": _OF_DISPUTE,
    "dispute.lost": _OF_DISPUTE,
}
"""By type: the fields needed, those that may be there, and what is made of them."""
