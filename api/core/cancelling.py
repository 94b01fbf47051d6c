"""Subscriptions cancelled: with their term or at once, and what of their money goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from api.auth import require
from api.fields import Amount, Body, Text, absent
from api.writing import Written, of
from domain.commands import ending
from domain.commands.ending_with_term import cancel_at_period_end
from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from api.call import Call


class RefundAsked(Body):
    type: Literal["none", "full", "prorated", "amount"]
    amount: Amount | None = None
    to: Literal["card", "balance", "offline"] = absent()
    override_gift: bool = absent()


class Cancellation(Body):
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
