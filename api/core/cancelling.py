"""Subscriptions cancelled: with their term or at once, and what of their money goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict

from api.auth import require
from api.fields import Amount, Body, Text, absent
from api.writing import Written, of
from domain.commands import ending
from domain.commands.ending_with_term import cancel_at_period_end
from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from api.call import Call


def _an_amount_of_its_type(schema: dict[str, Any]) -> None:
    """What is refused below, in the words of JSON Schema."""
    named = {"required": ["amount"], "properties": {"amount": {"type": "integer"}}}
    wanted = {"properties": {"type": {"const": "amount"}}}
    pairs = ((wanted, named), (named, wanted))
    schema["not"] = {"anyOf": [{"allOf": [one, {"not": other}]} for one, other in pairs]}


def _a_refund_that_goes_with_it(schema: dict[str, Any]) -> None:
    """The same: no unused time is left of what runs to its end, a gift's money needs a reason."""
    prorated = {"required": ["type"], "properties": {"type": {"const": "prorated"}}}
    gift = {"required": ["override_gift"], "properties": {"override_gift": {"const": True}}}
    told = {"required": ["reason"], "properties": {"reason": {"type": "string"}}}
    at_its_end = {"mode": {"const": "period_end"}, "refund": {"type": "object", **prorated}}
    schema["not"] = {
        "anyOf": [
            {"required": ["refund"], "properties": at_its_end},
            {
                "required": ["refund"],
                "properties": {"refund": {"type": "object", **gift}},
                "not": told,
            },
        ]
    }


class RefundAsked(Body):
    model_config = ConfigDict(json_schema_extra=_an_amount_of_its_type)

    type: Literal["none", "full", "prorated", "amount"]
    amount: Amount | None = None
    to: Literal["card", "balance", "offline"] = absent()
    override_gift: bool = absent()


class Cancellation(Body):
    model_config = ConfigDict(json_schema_extra=_a_refund_that_goes_with_it)

    mode: Literal["now", "period_end"]
    reason: Text | None = None
    refund: RefundAsked | None = None


def cancel(call: Call, body: Cancellation) -> Written:
    books, gateways, account = call.books, call.gateways, call.account
    asked = _refund_asked(body)
    if asked.type != "none" or asked.override_gift:
        require(call.caller, "money:write")
    if body.mode == "now":
        done = ending.cancel_now(books, gateways, account, call.ref, body.reason, asked, call.act)
    else:
        done = cancel_at_period_end(
            books, gateways, account, call.ref, body.reason, call.act, asked
        )
    return of(done)


def _refund_asked(body: Cancellation) -> ending.RefundAsked:
    """Raises Invalid for an amount without its type, or a gift's refund without a reason."""
    if body.refund is None:
        return ending.RefundAsked()
    if (body.refund.type == "amount") != (body.refund.amount is not None):
        raise Invalid.one("refund.amount", "required", "goes with the type amount, and only so")
    if body.refund.override_gift and body.reason is None:
        raise Invalid.one("reason", "required", "why a gift's money goes back after all")
    return ending.RefundAsked(**body.refund.sent())
