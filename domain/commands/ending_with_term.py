"""Ending a subscription with its term: asked for, one or many, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.act import Done
from domain.commands.ending import NO_REFUND, RefundAsked, give_back_unbegun, in_service
from domain.commands.ending import refund_running as give_back
from domain.commands.paying_out import pay_out
from domain.commands.refunding import Returns
from domain.invoicing.invoice import Invoice, Status
from domain.shared.errors import Invalid
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.shared.aggregate import Aggregate


def cancel_at_period_end(
    books: Books, gateways: Gateways, account: Account, ref: str, reason: str | None, act: Act,
    refund: RefundAsked = NO_REFUND,
) -> Done:  # fmt: skip
    """It runs to the end of its term. What was billed ahead is given back, and of what was paid for
    the term as much as is asked.

    Raises Conflict `subscription_not_cancelable` or `payment_in_progress`, Invalid
    `only_with_mode_now` or `amount_exceeds_refundable`.
    """
    if refund.type == "prorated":
        detail = "what runs to its end leaves no unused time: ask for full or an amount"
        raise Invalid.one("refund.type", "only_with_mode_now", detail)
    subscription, at = books.load(Subscription, ref), books.now()
    ahead = {booked.invoice_id for booked in subscription.upcoming if booked.invoice_id}
    subscription.cancel_at_end(at, reason)
    returns = Returns(books, account, at, reason, within="refund.")
    changed: list[Aggregate] = [subscription]
    changed += give_back_unbegun(returns, _invoices(books, ahead), refund.to)
    if refund.type != "none":
        kept = _invoices(books, {*subscription.invoices} - ahead)
        running = in_service([each for each in kept if each.status is Status.PAID], at)
        give_back(returns, running, refund, returns.on)
        changed += [invoice for invoice in running if invoice.pending_events]
    recorded = books.record(*changed, *returns.recorded(), by=act.by, given=act.given(ref))
    pay_out(books, gateways, account, returns.refunds, act)
    return Done(ref, recorded)


def _invoices(books: Books, refs: set[str]) -> list[Invoice]:
    return list(books.load_many(Invoice, sorted(refs)).values())


def cancel_many_at_period_end(
    books: Books, refs: Sequence[str], reason: str | None, act: Act
) -> None:
    """The bulk form; what cannot be cancelled any more is left alone."""
    at = books.now()
    subscriptions = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.cancelable and not subscription.upcoming
    ]
    for subscription in subscriptions:
        subscription.cancel_at_end(at, reason)
    books.record_in_bulk([Group([subscription]) for subscription in subscriptions], by=act.by)


def reactivate_subscription(books: Books, ref: str, act: Act) -> Done:
    """Raises Conflict `subscription_not_reactivatable`."""
    subscription = books.load(Subscription, ref)
    subscription.reactivate(books.now())
    return Done(ref, books.record(subscription, by=act.by, given=act.given(ref)))
