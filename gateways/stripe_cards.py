"""Cards kept at Stripe: payment methods attached to a customer there, who is one of ours only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stripe

from domain.payments.gateway import Card, GatewayUnavailable
from domain.shared.errors import Invalid
from gateways.heard import number, reference, word, words
from gateways.stripe_answers import fields, inside
from gateways.stripe_names import ACCOUNT, CUSTOMER

if TYPE_CHECKING:
    from domain.payments.gateway import Registration


def registered(client: Any, account_id: str, new: Registration) -> Card:
    """Raises Invalid `token_not_accepted`, GatewayUnavailable."""
    try:
        return _kept(client, account_id, new)
    except Invalid:
        raise
    except (stripe.CardError, stripe.InvalidRequestError) as refused:
        detail = words(refused.user_message) or "Stripe does not take it"
        raise _not_accepted(detail) from None
    except Exception:  # noqa: BLE001 - a card that Stripe did not clearly keep is not kept
        raise GatewayUnavailable(detail="Stripe does not answer; nothing was kept") from None


def _kept(client: Any, account_id: str, new: Registration) -> Card:
    method_id, customer_id = _named(client, new)
    if customer_id is None:
        customer_id = _customer(client, account_id, new)
        method = client.payment_methods.attach(method_id, {"customer": customer_id})
    else:
        _require_theirs(client, account_id, new, customer_id)
        method = client.payment_methods.retrieve(method_id)
    told = fields(method)
    card = inside(told, "card")
    return Card(
        f"{reference(customer_id)}/{reference(told.get('id'))}", word(card.get("brand")) or None,
        words(card.get("last4"), 4) or None, number(card.get("exp_month"), 1, 12),
        number(card.get("exp_year"), 1, 9999),
    )  # fmt: skip


def _named(client: Any, new: Registration) -> tuple[str, str | None]:
    """The payment method that a token names, and the customer at Stripe that it is of already."""
    kind = new.token.partition("_")[0]
    if kind == "pm":
        return new.token, None
    if kind == "seti":
        return _set_up(fields(client.setup_intents.retrieve(new.token)))
    if kind == "tok":
        wanted = {"type": "card", "card": {"token": new.token}}
        return reference(fields(client.payment_methods.create(wanted)).get("id")), None
    raise _not_accepted("a pm_…, seti_… or tok_… of Stripe's")


def _set_up(setup: dict[str, Any]) -> tuple[str, str | None]:
    status, method = setup.get("status"), setup.get("payment_method")
    if status != "succeeded" or not isinstance(method, str):
        detail = f"the set-up is {word(status)}" if status != "succeeded" else "it set up no card"
        raise _not_accepted(f"{detail}: the customer completes it first")
    customer = setup.get("customer")
    return method, None if customer is None else reference(customer)


def _require_theirs(client: Any, account_id: str, new: Registration, customer_id: str) -> None:
    """Who set it up is this customer; one whom nobody claimed there becomes so for good.

    Raises Invalid `token_not_accepted`.
    """
    found = fields(client.customers.retrieve(customer_id))
    about = inside(found, "metadata")
    if found.get("deleted"):
        raise _not_accepted("the set-up is of a customer deleted at Stripe")
    owner, account = about.get(CUSTOMER), about.get(ACCOUNT)
    if owner not in {None, new.customer_id} or account not in {None, account_id}:
        raise _not_accepted("the set-up is another customer's")
    if owner is None:
        claimed = {CUSTOMER: new.customer_id, ACCOUNT: account_id}
        client.customers.update(customer_id, {"metadata": claimed})


def _customer(client: Any, account_id: str, new: Registration) -> str:
    if new.beside is not None:
        return new.beside.partition("/")[0]
    about = {CUSTOMER: new.customer_id, ACCOUNT: account_id}
    once = {"idempotency_key": new.customer_id}
    return reference(fields(client.customers.create({"metadata": about}, once)).get("id"))


def _not_accepted(detail: str) -> Invalid:
    return Invalid.one("token", "token_not_accepted", detail)
