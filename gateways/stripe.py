"""Stripe, by its official library: cards attached to its customers, charged as payment intents.

Our reference stands in the metadata of each object; the same reference is its idempotency key.
Source of what is sent and answered: https://docs.stripe.com/api.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import stripe

from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Card,
    Charge,
    Declined,
    DisputeNotice,
    GatewayUnavailable,
    Message,
    Notice,
    Outcome,
    PaymentNotice,
    RefundNotice,
    Registration,
    Repayment,
    Unanswered,
    Unreadable,
)
from domain.shared.errors import Invalid
from gateways.signatures import require_signed
from gateways.stripe_units import ours, theirs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
PAYMENT, REFUND, ACCOUNT = "subledger_payment", "subledger_refund", "subledger_account"
_CALL_SECONDS, _RETRIES = 8, 1
_FEW = 1000  # of a customer's charges are looked through for one of them, newest first
_HARD_CODES = frozenset({
    "invalid_cvc", "new_account_information_available", "revocation_of_all_authorizations",
    "security_violation", "stop_payment_order", "transaction_not_allowed",
})  # fmt: skip
"""Source: https://docs.stripe.com/declines/codes; the others are the port's own."""

_UNCONFIRMED = Declined("authentication_required", "The customer did not confirm the charge.")


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
        try:
            method_id, customer_id = self._named(new)
            if customer_id is None:
                customer_id = self._customer(new)
                method = self._client.payment_methods.attach(method_id, {"customer": customer_id})
            else:
                method = self._client.payment_methods.retrieve(method_id)
        except (stripe.CardError, stripe.InvalidRequestError) as refused:
            detail = refused.user_message or "Stripe does not take it"
            raise Invalid.one("token", "token_not_accepted", detail) from None
        except stripe.StripeError:
            raise GatewayUnavailable(detail="Stripe does not answer; nothing was kept") from None
        card = method.to_dict().get("card") or {}
        return Card(
            f"{customer_id}/{method.id}", card.get("brand"), card.get("last4"),
            card.get("exp_month"), card.get("exp_year"),
        )  # fmt: skip

    def _named(self, new: Registration) -> tuple[str, str | None]:
        """The payment method that a token names, and whose it is already."""
        kind = new.token.partition("_")[0]
        if kind == "pm":
            return new.token, None
        if kind == "seti":
            setup = self._client.setup_intents.retrieve(new.token)
            return str(setup.payment_method), setup.customer
        if kind == "tok":
            wanted = {"type": "card", "card": {"token": new.token}}
            return self._client.payment_methods.create(wanted).id, None
        raise Invalid.one("token", "token_not_accepted", "a pm_…, seti_… or tok_… of Stripe's")

    def _customer(self, new: Registration) -> str:
        if new.beside is not None:
            return new.beside.partition("/")[0]
        about = {"subledger_customer": new.customer_id, ACCOUNT: self._account_id}
        once = {"idempotency_key": new.customer_id}
        return str(self._client.customers.create({"metadata": about}, once).id)

    def charge(self, charge: Charge) -> Outcome:
        amount = theirs(charge.amount, charge.currency)
        if amount is None:
            return Declined("currency_not_supported", f"not in {charge.currency}", hard=True)
        customer, _, method = charge.method_reference.partition("/")
        wanted = {
            "amount": amount, "currency": charge.currency.lower(), "customer": customer,
            "payment_method": method, "payment_method_types": ["card"], "confirm": True,
            "metadata": {PAYMENT: charge.payment_id, ACCOUNT: self._account_id},
            **({"off_session": True} if charge.off_session else {}),
            **({"return_url": charge.return_url} if charge.return_url else {}),
        }  # fmt: skip
        once = {"idempotency_key": charge.payment_id}
        return self._asked(
            lambda: self._outcome(self._client.payment_intents.create(wanted, once), charge)
        )

    def look_up(self, charge: Charge) -> Outcome | None:
        def found() -> Outcome | None:
            intent = self._intent(charge)
            return None if intent is None else self._final(intent, charge)

        return self._asked(found)

    def _intent(self, charge: Charge) -> Any:
        """By our reference, among the charges of the card's customer."""
        customer = charge.method_reference.partition("/")[0]
        found = self._client.payment_intents.list({"customer": customer, "limit": 100})
        return _with(found.auto_paging_iter(), PAYMENT, charge.payment_id)

    def _final(self, intent: Any, charge: Charge) -> Outcome:
        """A decline is final: nobody may confirm the same intent with another card later."""
        outcome = self._outcome(intent, charge)
        if isinstance(outcome, Declined) and intent.status != "canceled":
            return self._canceled(intent, charge, outcome)
        return outcome

    def _canceled(self, intent: Any, charge: Charge, outcome: Outcome) -> Outcome:
        """As `outcome` says, unless it was paid while we looked."""
        try:
            self._client.payment_intents.cancel(intent.id)
        except stripe.InvalidRequestError:
            return self._outcome(self._client.payment_intents.retrieve(intent.id), charge)
        return outcome

    def abandon(self, charge: Charge) -> Outcome:
        return self._asked(lambda: self._abandoned(charge))

    def _abandoned(self, charge: Charge) -> Outcome:
        intent = self._intent(charge)
        if intent is None:
            return _UNCONFIRMED
        outcome = self._outcome(intent, charge)
        if not isinstance(outcome, ActionRequired):
            return self._final(intent, charge)
        return self._canceled(intent, charge, _UNCONFIRMED)

    def _outcome(self, intent: Any, charge: Charge) -> Outcome:
        match intent.status:
            case "succeeded":
                return Approved(intent.id)
            case "requires_action" if charge.off_session:
                return _UNCONFIRMED
            case "requires_action":
                told = (intent.to_dict().get("next_action") or {}).get("redirect_to_url") or {}
                return ActionRequired(intent.id, intent.client_secret, told.get("url"))
            case "requires_payment_method" | "canceled":
                return _refused(intent.to_dict().get("last_payment_error") or {})
            case _:
                return Unanswered(reached=True)

    def repay(self, repayment: Repayment) -> Outcome:
        amount = theirs(repayment.amount, repayment.currency)
        if amount is None or not repayment.payment_reference:
            return Declined("charge_not_known", "Stripe knows no such charge", hard=True)
        wanted = {
            "payment_intent": repayment.payment_reference, "amount": amount,
            "metadata": {REFUND: repayment.refund_id, ACCOUNT: self._account_id},
        }  # fmt: skip
        once = {"idempotency_key": repayment.refund_id}
        return self._asked(lambda: _repaid(self._client.refunds.create(wanted, once)))

    def look_up_repayment(self, repayment: Repayment) -> Outcome | None:
        if not repayment.payment_reference:
            return None

        def found() -> Outcome | None:
            of = {"payment_intent": repayment.payment_reference, "limit": 100}
            refunds = self._client.refunds.list(of).auto_paging_iter()
            refund = _with(refunds, REFUND, repayment.refund_id)
            return None if refund is None else _repaid(refund)

        return self._asked(found)

    def _asked(self, ask: Callable[[], T]) -> T | Declined | Unanswered:
        """What Stripe refuses is a decline; where it was not heard nothing can be said."""
        try:
            return ask()
        except stripe.CardError as declined:
            return _refused(_about(declined))
        except stripe.InvalidRequestError as wrong:
            if wrong.http_status == HTTPStatus.CONFLICT:  # another asks under the same key
                return Unanswered(reached=True)
            return Declined(wrong.code or "invalid_request", str(wrong.user_message), hard=True)
        except stripe.StripeError:
            return Unanswered()

    def read(self, message: Message) -> Notice | None:
        require_signed(message, "stripe-signature", self._webhook_secrets)
        try:
            event = json.loads(message.body)
            kind, told = event["type"], event["data"]["object"]
            if (told.get("metadata") or {}).get(ACCOUNT) not in {None, self._account_id}:
                return None
            return self._notice(kind, told)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Unreadable(detail="not an event of Stripe's") from None

    def _notice(self, kind: str, told: dict[str, Any]) -> Notice | None:
        about = told.get("metadata") or {}
        if kind.startswith("payment_intent.") and PAYMENT in about:
            return PaymentNotice(about[PAYMENT])
        if told.get("object") == "refund" and REFUND in about:
            return RefundNotice(about[REFUND])
        if kind.startswith("charge.dispute."):
            return self._dispute(told)
        return None

    def _dispute(self, told: dict[str, Any]) -> Notice | None:
        """An inquiry moves no money yet; whose charge it is stands with the charge's intent."""
        if told["status"].startswith("warning_") or not told.get("payment_intent"):
            return None
        try:
            intent = self._client.payment_intents.retrieve(told["payment_intent"]).to_dict()
        except stripe.InvalidRequestError:
            return None
        except stripe.StripeError:
            raise GatewayUnavailable(detail="Stripe does not answer; send it again") from None
        about = intent.get("metadata") or {}
        if about.get(ACCOUNT) != self._account_id or PAYMENT not in about:
            return None
        status = told["status"] if told["status"] in {"won", "lost"} else "opened"
        amount = ours(told["amount"], told["currency"].upper())
        return DisputeNotice(told["id"], about[PAYMENT], status, amount, told.get("reason"))


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
        if (each.to_dict().get("metadata") or {}).get(name) == ref:
            return each
    return None


def _about(declined: stripe.CardError) -> dict[str, Any]:
    error = (declined.json_body or {}).get("error") if isinstance(declined.json_body, dict) else {}
    return {"code": declined.code, "message": declined.user_message, **(error or {})}


def _refused(error: dict[str, Any]) -> Declined:
    code = error.get("decline_code") or error.get("code") or "card_declined"
    hard = error.get("advice_code") == "do_not_try_again" or code in _HARD_CODES
    return Declined(code, error.get("message") or "The card was declined.", hard=hard)


def _repaid(refund: Any) -> Outcome:
    match refund.status:
        case "succeeded":
            return Approved(refund.id)
        case "failed" | "canceled":
            code = refund.to_dict().get("failure_reason") or "refund_failed"
            return Declined(code, "Stripe could not give the money back.", hard=True)
        case _:
            return Unanswered(reached=True)
