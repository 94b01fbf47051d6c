"""Ending a subscription at once by will, and what becomes of its money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.commands.charging import settle_many
from domain.commands.collecting import Case, void_and_return
from domain.commands.earning import unearned_by_line, unearned_gross
from domain.commands.final_usage import FinalUsage
from domain.commands.noting import Noted, note
from domain.commands.paying_out import pay_out
from domain.commands.refunding import Returns
from domain.invoicing.invoice import PAYABLE, Invoice, Status
from domain.ledger.shares import shares
from domain.shared.errors import Conflict, Invalid
from domain.shared.period import accounting_date
from domain.subscriptions.states import Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.shared.aggregate import Aggregate


_NOT_YET = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked:
    """`type`: none, full, prorated or amount; `to`: card, balance or offline. `override_gift`: what
    was paid for a gift goes back although its recipient has it."""

    type: str = "none"
    amount: int | None = None
    to: str = "balance"
    override_gift: bool = False


NO_REFUND = RefundAsked()


def cancel_now(
    books: Books, gateways: Gateways, account: Account, ref: str, reason: str | None,
    refund: RefundAsked, act: Act,
) -> Done:  # fmt: skip
    """Ends it today: what is unpaid is void, what is paid is given back as asked, the rest earned.

    Raises Conflict `subscription_not_cancelable`, `payment_in_progress` or `gift_redeemed`, Invalid
    `amount_exceeds_refundable`.
    """
    subscription, at = books.load(Subscription, ref), books.now()
    subscription.require(Move.CANCEL_NOW)
    if not refund.override_gift:
        subscription.require_begun_if_redeemed()
    invoices = list(books.load_many(Invoice, subscription.invoices).values())
    if any(invoice.open_payment_id is not None for invoice in invoices):
        raise Conflict("payment_in_progress", "a charge for it is under way")
    returns = Returns(books, account, at, reason, within="refund.")
    on = accounting_date(at, account.timezone)
    changed = [_unpaid_ended(returns, invoice, on) for invoice in invoices
               if invoice.status in PAYABLE]  # fmt: skip
    paid = [each for each in invoices if each.status is Status.PAID and each not in changed]
    unbegun = [invoice for invoice in paid if _begins(invoice) > at]
    running = in_service(paid, at)
    changed += give_back_unbegun(returns, unbegun, refund.to)
    refund_running(returns, running, refund, on)
    for invoice in running:
        if unearned_by_line(invoice, on):
            invoice.end_service(at=at, on=on)
    last = FinalUsage(books, account, [subscription], returns.balances)
    used, _ = last.billed(subscription, at)
    subscription.cancel_now(at, reason)
    touched: list[Aggregate] = [each for each in (*changed, *running) if each.pending_events]
    touched += last.recorded(used, subscription)
    recorded = books.record(*returns.recorded(), *touched, by=act.by, given=act.given(ref))
    pay_out(books, gateways, account, returns.refunds, act)
    settle_many(books, gateways, account, last.cases, act)
    return Done(ref, recorded)


def give_back_unbegun(
    returns: Returns, invoices: Sequence[Invoice], to: str = "balance"
) -> list[Invoice]:
    """A phase that has not begun is never earned: paid it goes back, unpaid it is void."""
    changed: list[Invoice] = []
    on = accounting_date(returns.at, returns.account.timezone)
    for invoice in invoices:
        if invoice.open_payment_id is not None:
            raise Conflict("payment_in_progress", "a charge for it is under way")
        if invoice.status in PAYABLE:
            _unpaid_ended(returns, invoice, on)
        elif invoice.status is Status.PAID:
            returns.refund(invoice, invoice.refundable, to, "proportional", overflow=True)
        changed.append(invoice)
    return [invoice for invoice in changed if invoice.pending_events]


def _unpaid_ended(returns: Returns, invoice: Invoice, on: date) -> Invoice:
    """Void where nothing or not yet anything counts; else a note clears what is owed."""
    at, books, account = returns.at, returns.books, returns.account
    untouched = invoice.amount_paid + invoice.balance_applied == 0
    if untouched or invoice.booked_on is None or _begins(invoice) > at:
        balance = returns.balances.get(invoice.currency)
        case = Case(None, invoice, None, balance)
        void_and_return(books, account, case, "subscription_canceled", at)
        if case.balance is not None:
            returns.balances[invoice.currency] = case.balance
        return invoice
    note(returns, invoice, Noted(amount=invoice.amount_remaining, policy="unearned_first"))
    if unearned_by_line(invoice, on):
        invoice.end_service(at=at, on=on)
    return invoice


def refund_running(
    returns: Returns, running: Sequence[Invoice], refund: RefundAsked, on: date
) -> None:
    """`full` is all that was paid for the term, `prorated` its unused time."""
    most = [invoice.refundable for invoice in running]
    if refund.type == "none":
        return
    for invoice in running:
        invoice.require_not_given(override=refund.override_gift)
    if refund.type == "prorated":
        unused = [unearned_gross(invoice, on) for invoice in running]
        most = [max(min(part, left), 0) for part, left in zip(unused, most, strict=True)]
        amount = min(max(sum(unused), 0), sum(most))
    else:
        amount = sum(most) if refund.type == "full" else refund.amount or 0
    if amount > sum(most):
        raise Invalid.one("refund.amount", "amount_exceeds_refundable", f"{sum(most)} can go back")
    policy = "proportional" if refund.type == "full" else "unearned_first"
    for invoice, part in zip(running, shares(amount, most) if most else [], strict=True):
        overflow = refund.type != "amount" and bool(invoice.cards)
        returns.refund(invoice, part, refund.to, policy, overflow=overflow)


def in_service(invoices: Sequence[Invoice], at: datetime) -> list[Invoice]:
    """Those of a term that runs."""
    return [invoice for invoice in invoices if _begins(invoice) <= at < _ends(invoice)]


def _begins(invoice: Invoice) -> datetime:
    """A gift that waits for its recipient begins in a time to come."""
    starts = [line.period_start for line in invoice.lines if line.period_start is not None]
    return min(starts, default=_NOT_YET)


def _ends(invoice: Invoice) -> datetime:
    ends = [line.period_end for line in invoice.lines if line.period_end is not None]
    return max(ends, default=_NOT_YET)
