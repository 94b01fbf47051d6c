"""Charges that wait for the customer to confirm them: where that is done, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.charging import charge_of, settle
from domain.payments.gateway import ActionRequired, Approved, Declined
from domain.payments.payment import Payment, Status

if TYPE_CHECKING:
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.gateway import Outcome


def asked_of(books: Books, gateways: Gateways, ref: str) -> Outcome | None:
    """What the gateway says of a charge that waits: what is needed is kept by nobody but it. None
    where nothing waits, or the gateway cannot tell."""
    payment = books.load(Payment, ref)
    gateway = gateways.get(payment.gateway or "")
    if gateway is None or payment.status is not Status.REQUIRES_ACTION:
        return None
    found = gateway.look_up(charge_of(payment))
    return found if isinstance(found, ActionRequired | Approved | Declined) else None


def see_to(
    books: Books, gateways: Gateways, account: Account, ref: str, act: Act
) -> ActionRequired | None:
    """What is still needed; what was confirmed or refused meanwhile is recorded."""
    found = asked_of(books, gateways, ref)
    if isinstance(found, ActionRequired):
        return found
    if found is not None:
        settle(books, account, ref, found, act)
    return None
