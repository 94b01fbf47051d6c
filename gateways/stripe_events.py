"""Stripe's signed events: what each is about. What became of that is asked of Stripe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import stripe

from domain.payments.gateway import (
    DisputeNotice,
    ForeignRefundNotice,
    GatewayUnavailable,
    Notice,
    PaymentNotice,
    RefundNotice,
    Unreadable,
)
from gateways.heard import NoAnswer, reference, words
from gateways.stripe_answers import fields, inside
from gateways.stripe_names import ACCOUNT, PAYMENT, REFUND
from gateways.stripe_units import ours

if TYPE_CHECKING:
    from domain.payments.gateway import Message


def told_by(client: Any, account_id: str, message: Message) -> Notice | None:
    """Of a message whose signature is Stripe's. Raises Unreadable, GatewayUnavailable."""
    try:
        event = json.loads(message.body)
        kind, told = event["type"], event["data"]["object"]
        if (told.get("metadata") or {}).get(ACCOUNT) not in {None, account_id}:
            return None
        return _notice(client, account_id, kind, told)
    except stripe.StripeError:
        raise GatewayUnavailable(detail="Stripe does not answer; send it again") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NoAnswer):
        raise Unreadable(detail="not an event of Stripe's") from None


def _notice(client: Any, account_id: str, kind: str, told: dict[str, Any]) -> Notice | None:
    about = told.get("metadata") or {}
    if kind.startswith("payment_intent.") and PAYMENT in about:
        return PaymentNotice(about[PAYMENT])
    if told.get("object") == "refund" and REFUND in about:
        return RefundNotice(about[REFUND])
    if told.get("object") == "refund" or kind == "charge.refunded":
        return _refunded(client, account_id, told.get("payment_intent"))
    if kind.startswith("charge.dispute."):
        return _dispute(client, account_id, told)
    return None


def _refunded(client: Any, account_id: str, named: Any) -> Notice | None:
    """All that was given back of a charge of ours by others: in Stripe's dashboard, say."""
    intent = _asked(client.payment_intents, named) if named else {}
    about = inside(intent, "metadata")
    if about.get(ACCOUNT) != account_id or PAYMENT not in about:
        return None
    refunds = client.refunds.list({"payment_intent": intent["id"], "limit": 100})
    foreign = [
        each for each in map(fields, refunds.auto_paging_iter())
        if REFUND not in inside(each, "metadata") and each.get("status") == "succeeded"
    ]  # fmt: skip
    amount = sum(int(each["amount"]) for each in foreign)
    return ForeignRefundNotice(
        str(about[PAYMENT]), ours(amount, str(intent.get("currency")).upper())
    )


def _dispute(client: Any, account_id: str, told: dict[str, Any]) -> Notice | None:
    """As Stripe tells it when asked. An inquiry, or what was prevented, moved no money; whose
    charge it is stands with the charge's intent. Raises Unreadable for none to book."""
    dispute = _asked(client.disputes, told["id"])
    status = str(dispute.get("status"))
    named = dispute.get("payment_intent")
    if status.startswith("warning_") or status == "prevented" or not named:
        return None
    intent = _asked(client.payment_intents, named)
    about = inside(intent, "metadata")
    if about.get(ACCOUNT) != account_id or PAYMENT not in about:
        return None
    amount, currency = dispute.get("amount"), dispute.get("currency")
    if type(amount) is not int or amount <= 0 or currency != intent.get("currency"):
        raise Unreadable(detail="a dispute of no amount in the payment's currency")
    return DisputeNotice(
        reference(dispute.get("id")), str(about[PAYMENT]),
        status if status in {"won", "lost"} else "opened", ours(amount, str(currency).upper()),
        words(dispute.get("reason")) or None,
    )  # fmt: skip


def _asked(objects: Any, ref: Any) -> dict[str, Any]:
    """Empty for what Stripe does not know. Raises GatewayUnavailable."""
    try:
        return fields(objects.retrieve(reference(ref)))
    except stripe.InvalidRequestError:
        return {}
    except (stripe.StripeError, AttributeError):
        raise GatewayUnavailable(detail="Stripe does not answer; send it again") from None
