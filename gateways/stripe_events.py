"""Stripe's signed events: what each is about. What became of that is asked of Stripe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import stripe

from domain.payments.gateway import (
    DisputeNotice,
    Forged,
    GatewayUnavailable,
    Notice,
    PaymentNotice,
    RefundNotice,
)
from gateways.stripe_names import ACCOUNT, PAYMENT, REFUND
from gateways.stripe_units import ours

if TYPE_CHECKING:
    from domain.payments.gateway import Message


def told_by(client: Any, account_id: str, message: Message) -> Notice | None:
    """Of a message whose signature is Stripe's. Raises Forged, GatewayUnavailable."""
    try:
        event = json.loads(message.body)
        kind, told = event["type"], event["data"]["object"]
        if (told.get("metadata") or {}).get(ACCOUNT) not in {None, account_id}:
            return None
        return _notice(client, account_id, kind, told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Forged("unreadable_event", "not an event of Stripe's") from None


def _notice(client: Any, account_id: str, kind: str, told: dict[str, Any]) -> Notice | None:
    about = told.get("metadata") or {}
    if kind.startswith("payment_intent.") and PAYMENT in about:
        return PaymentNotice(about[PAYMENT])
    if told.get("object") == "refund" and REFUND in about:
        return RefundNotice(about[REFUND])
    if kind.startswith("charge.dispute."):
        return _dispute(client, account_id, told)
    return None


def _dispute(client: Any, account_id: str, told: dict[str, Any]) -> Notice | None:
    """An inquiry moves no money yet; whose charge it is stands with the charge's intent."""
    if told["status"].startswith("warning_") or not told.get("payment_intent"):
        return None
    try:
        intent = client.payment_intents.retrieve(told["payment_intent"]).to_dict()
    except stripe.InvalidRequestError:
        return None
    except stripe.StripeError:
        raise GatewayUnavailable(detail="Stripe does not answer; send it again") from None
    about = intent.get("metadata") or {}
    if about.get(ACCOUNT) != account_id or PAYMENT not in about:
        return None
    status = told["status"] if told["status"] in {"won", "lost"} else "opened"
    amount = ours(told["amount"], told["currency"].upper())
    return DisputeNotice(told["id"], about[PAYMENT], status, amount, told.get("reason"))
