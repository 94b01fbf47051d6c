"""A term that ends later than it was sold: its revenue is spread over the longer term."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.commands.moving import moved_lines
from domain.invoicing.invoice import Invoice, Status
from domain.shared.errors import Invalid
from domain.shared.period import accounting_date
from domain.subscriptions.phases import moved_along
from domain.subscriptions.states import Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.subscriptions.phases import Booked, Phase

_STANDING = frozenset({Status.OPEN, Status.PAST_DUE, Status.PAID})


def extend_subscription(books: Books, account: Account, ref: str, end: datetime, act: Act) -> Done:
    """The new end is where the next term begins. Raises Conflict `subscription_not_extendable`,
    Invalid for an end that is not later.
    """
    subscription, at = books.load(Subscription, ref), books.now()
    subscription.require(Move.EXTEND)
    old = subscription.phase
    if end <= old.end or end <= at:
        raise Invalid.one("end_date", "not_after_end", f"must be later than {old.end.isoformat()}")
    phase = replace(old, index=-1, end=end)
    upcoming = moved_along(subscription.upcoming, phase, end, subscription.timezone)
    invoices = books.load_many(Invoice, subscription.invoices).values()
    moved = [(old, phase), *_pairs(subscription.upcoming, upcoming)]
    for invoice in invoices:
        move_invoice(account, invoice, moved, at)
    subscription.extend(phase, end, upcoming, at)
    changed = [invoice for invoice in invoices if invoice.pending_events]
    return Done(ref, books.record(subscription, *changed, by=act.by, given=act.given(ref)))


def _pairs(before: Iterable[Booked], after: Iterable[Booked]) -> list[tuple[Phase, Phase]]:
    return [(old.phase, new.phase) for old, new in zip(before, after, strict=True)]


def move_invoice(
    account: Account, invoice: Invoice, moved: Iterable[tuple[Phase, Phase]], at: datetime
) -> None:
    """The service of the phase it bills goes where that phase went."""
    if invoice.status not in _STANDING:
        return
    for old, new in moved:
        lines = moved_lines(invoice.lines, old, new, account.timezone)
        if lines != invoice.lines:
            invoice.move_service(lines, at=at, on=accounting_date(at, account.timezone))
            return
