"""Stripe, by its official library: cards attached to its customers, charged as payment intents.

Our reference stands in the metadata of each object; the same reference is its idempotency key.
Source of what is sent and answered: https://docs.stripe.com/api.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import stripe

from domain.payments.gateway import (
    ActionRequired,
    Card,
    Charge,
    Declined,
    Message,
    Notice,
    Outcome,
    Registration,
    Repayment,
)
from gateways.heard import NoAnswer
from gateways.signatures import require_signed
from gateways.stripe_answers import UNCONFIRMED, begun, charged, fields, inside, learnt, repaid
from gateways.stripe_cards import registered
from gateways.stripe_events import told_by
from gateways.stripe_names import ACCOUNT, PAYMENT, REFUND
from gateways.stripe_units import refusal, theirs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CALL_SECONDS, _RETRIES = 8, 1
_FEW = 1000  # of a customer's charges are looked through for one of them, newest first


class Stripe:
    name = "stripe"
    timeout_seconds = 2 * _CALL_SECONDS + 4
    idempotent_seconds = 23 * 3600
    """Stripe keeps keys for at least a day."""

    def __init__(
        self,
        secret_key: str,
        account_id: str,
        webhook_secrets: Sequence[str] = (),
        api_base: str | None = None,
        call_seconds: float = _CALL_SECONDS,
    ) -> None:
        self._account_id = account_id
        self._webhook_secrets = webhook_secrets
        self._client: Any = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=call_seconds),
        ).v1

    def register(self, new: Registration) -> Card:
        return registered(self._client, self._account_id, new)

    def charge(self, charge: Charge) -> Outcome:
        if (unsent := refusal(charge.amount, charge.currency)) is not None:
            return unsent
        customer, _, method = charge.method_reference.partition("/")
        wanted = {
            "amount": theirs(charge.amount, charge.currency),
            "currency": charge.currency.lower(), "customer": customer,
            "payment_method": method, "payment_method_types": ["card"], "confirm": True,
            "metadata": {PAYMENT: charge.payment_id, ACCOUNT: self._account_id},
            **({"off_session": True} if charge.off_session else {}),
            **({"return_url": charge.return_url} if charge.return_url else {}),
        }  # fmt: skip
        once = {"idempotency_key": charge.payment_id}
        return begun(lambda: charged(self._client.payment_intents.create(wanted, once), charge))

    def look_up(self, charge: Charge) -> Outcome | None:
        def found() -> Outcome | None:
            intent = self._intent(charge)
            return None if intent is None else self._final(intent, charge)

        return learnt(found)

    def _intent(self, charge: Charge) -> Any:
        """By our reference, among the charges of the card's customer."""
        customer = charge.method_reference.partition("/")[0]
        found = self._client.payment_intents.list({"customer": customer, "limit": 100})
        return _with(found.auto_paging_iter(), PAYMENT, charge.payment_id)

    def _final(self, intent: Any, charge: Charge) -> Outcome:
        """A decline is final: nobody may confirm the same intent with another card later."""
        outcome = charged(intent, charge)
        if isinstance(outcome, Declined) and intent.status != "canceled":
            return self._canceled(intent, charge, outcome)
        return outcome

    def _canceled(self, intent: Any, charge: Charge, outcome: Outcome) -> Outcome:
        """As `outcome` says, unless it was paid while we looked."""
        try:
            canceled = self._client.payment_intents.cancel(intent.id)
        except stripe.InvalidRequestError:
            return charged(self._client.payment_intents.retrieve(intent.id), charge)
        if fields(canceled).get("status") != "canceled":
            raise NoAnswer("whether it was called off")
        return outcome

    def abandon(self, charge: Charge) -> Outcome:
        return learnt(lambda: self._abandoned(charge))

    def _abandoned(self, charge: Charge) -> Outcome:
        intent = self._intent(charge)
        if intent is None:
            return UNCONFIRMED
        outcome = charged(intent, charge)
        if not isinstance(outcome, ActionRequired):
            return self._final(intent, charge)
        return self._canceled(intent, charge, UNCONFIRMED)

    def repay(self, repayment: Repayment) -> Outcome:
        if not repayment.payment_reference:
            return Declined("charge_not_known", "Stripe knows no such charge", hard=True)
        if (unsent := refusal(repayment.amount, repayment.currency)) is not None:
            return unsent
        wanted = {
            "payment_intent": repayment.payment_reference,
            "amount": theirs(repayment.amount, repayment.currency),
            "metadata": {REFUND: repayment.refund_id, ACCOUNT: self._account_id},
        }  # fmt: skip
        once = {"idempotency_key": repayment.refund_id}
        return begun(lambda: repaid(self._client.refunds.create(wanted, once)))

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        if not repayment.payment_reference:
            return None

        def found() -> Outcome | None:
            of = {"payment_intent": repayment.payment_reference, "limit": 100}
            refunds = self._client.refunds.list(of).auto_paging_iter()
            refund = _with(refunds, REFUND, repayment.refund_id)
            return None if refund is None else repaid(refund)

        return learnt(found)

    def read(self, message: Message) -> Notice | None:
        require_signed(message, "stripe-signature", self._webhook_secrets)
        return told_by(self._client, self._account_id, message)


def made(settings: dict[str, Any], *, account_id: str, livemode: bool) -> Stripe:
    """Of the operator's settings. Raises ValueError for a key of the other mode: a test account's
    clock would charge real cards, a live account's books would show money that never came."""
    key = str(settings["secret_key"])
    if settings.get("api_base") is None and ("_live_" in key) is not livemode:
        raise ValueError("a live account needs a live key, a test account a test key")
    known = {"secret_key", "webhook_secrets", "api_base", "call_seconds"}
    if unknown := settings.keys() - known:
        raise ValueError(f"there is no {', '.join(sorted(unknown))}")
    return Stripe(account_id=account_id, **settings)


def _with(objects: Iterable[Any], name: str, ref: str) -> Any:
    for each in islice(objects, _FEW):
        if inside(fields(each), "metadata").get(name) == ref:
            return each
    return None
