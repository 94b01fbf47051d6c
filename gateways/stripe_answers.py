"""What Stripe's answers come to. Only the answer to what was just asked of it may be a refusal."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import stripe

from domain.payments.gateway import ActionRequired, Approved, Declined, Outcome, Unanswered
from gateways.heard import NoAnswer, reference, word, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.payments.gateway import Charge

T = TypeVar("T")
_log = logging.getLogger(__name__)

UNCONFIRMED = Declined("authentication_required", "The customer did not confirm the charge.")
_HARD_CODES = frozenset({
    "invalid_cvc", "new_account_information_available", "revocation_of_all_authorizations",
    "security_violation", "stop_payment_order", "transaction_not_allowed",
})  # fmt: skip
"""Source: https://docs.stripe.com/declines/codes; the others are the port's own."""


def begun(ask: Callable[[], T]) -> T | Declined | Unanswered:
    """Of a call that begins a charge or a refund: what Stripe refuses is a decline."""
    try:
        return ask()
    except (stripe.CardError, stripe.InvalidRequestError) as refusal:
        return _declined(refusal) or Unanswered(reached=True)
    except Exception as failure:  # noqa: BLE001 - see `_unsaid`
        return _unsaid(failure)


def learnt(ask: Callable[[], T]) -> T | Unanswered:
    """Of a question about an earlier one: that it is refused says nothing of what became of it."""
    try:
        return ask()
    except stripe.InvalidRequestError:
        return Unanswered(reached=True)
    except Exception as failure:  # noqa: BLE001 - see `_unsaid`
        return _unsaid(failure)


def _unsaid(failure: Exception) -> Unanswered:
    """Whatever went wrong once it was asked, in Stripe's library too, the money may have moved."""
    if isinstance(failure, stripe.StripeError):
        return Unanswered()
    _log.warning("an answer of Stripe's cannot be read: %s", type(failure).__name__)
    return Unanswered(reached=True)


def fields(answer: Any) -> dict[str, Any]:
    """Raises NoAnswer."""
    if not isinstance(answer, stripe.StripeObject):
        raise NoAnswer("not an object")
    told: dict[str, Any] = answer.to_dict()
    return told


def inside(told: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within an object; empty where there is none."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def charged(answer: Any, charge: Charge) -> Outcome:
    """Raises NoAnswer."""
    intent = fields(answer)
    match intent.get("status"):
        case "succeeded":
            return Approved(reference(intent.get("id")))
        case "requires_action" if charge.off_session:
            return UNCONFIRMED
        case "requires_action":
            url = inside(inside(intent, "next_action"), "redirect_to_url").get("url")
            secret = words(intent.get("client_secret")) or None
            return ActionRequired(reference(intent.get("id")), secret, _address(url))
        case "requires_payment_method" | "canceled":
            return refused(inside(intent, "last_payment_error"))
        case _:
            return Unanswered(reached=True)


def _address(url: object) -> str | None:
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def repaid(answer: Any) -> Outcome:
    """Raises NoAnswer."""
    refund = fields(answer)
    match refund.get("status"):
        case "succeeded":
            return Approved(reference(refund.get("id")))
        case "failed" | "canceled":
            code = word(refund.get("failure_reason")) or "refund_failed"
            return Declined(code, "Stripe could not give the money back.", hard=True)
        case _:
            return Unanswered(reached=True)


def _declined(refusal: stripe.StripeError) -> Declined | None:
    """None for what Stripe would not say so: what comes from something between us, and 409, where
    another asks under the same key."""
    body: Any = refusal.json_body
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    if isinstance(refusal, stripe.CardError):
        return refused(error)
    if refusal.http_status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
        return None
    detail = words(error.get("message")) or "Stripe does not take it."
    return Declined(word(error.get("code")) or "invalid_request", detail, hard=True)


def refused(error: dict[str, Any]) -> Declined:
    code = word(error.get("decline_code")) or word(error.get("code")) or "card_declined"
    hard = error.get("advice_code") == "do_not_try_again" or code in _HARD_CODES
    return Declined(code, words(error.get("message")) or "The card was declined.", hard=hard)
