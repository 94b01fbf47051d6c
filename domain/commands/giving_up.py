"""The end of dunning: what was not paid by the last day is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.application import Group, Lost
from domain.commands.ending import RefundAsked, cancel_now
from domain.shared.errors import DomainError
from domain.subscriptions.states import Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways


def end_dunning(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """As the account says: `unpaid`, or `cancel`, which ends them and voids what is unpaid."""
    at = books.now()
    over = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.status is Status.PAST_DUE
        and subscription.dunning_until is not None and subscription.dunning_until <= at
    ]  # fmt: skip
    if account.dunning_end == "cancel":
        return _canceled(books, gateways, account, over, act)
    for subscription in over:
        subscription.become_unpaid(subscription.latest_invoice_id or "", at)
    return books.record_in_bulk([Group([subscription]) for subscription in over], by=act.by)


def _canceled(
    books: Books, gateways: Gateways, account: Account, over: Sequence[Subscription], act: Act
) -> list[Lost]:
    lost = []
    for subscription in over:
        try:
            cancel_now(books, gateways, account, subscription.ref, "dunning", RefundAsked(), act)
        except DomainError as refused:
            lost.append(Lost(Group([subscription]), refused))
    return lost
