"""Invoices by hand: issued, and where they say so charged; voided, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.commands.automatic import card_for, intend
from domain.commands.billing import issue, issue_document
from domain.commands.charging import ask, require_set_up, settle_begun
from domain.commands.collecting import Case, case_of, credit_negative, give_back
from domain.commands.coupons import coupon_named
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.manual_lines import dated, require_one_strategy
from domain.commands.organizations import name_for
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.shared.errors import Invalid
from domain.shared.period import accounting_date
from domain.subscriptions.states import Move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.catalog.coupon import Coupon
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.invoicing.lines import Line
    from domain.payments.gateway import Outcome


def issue_invoice(
    books: Books, gateways: Gateways, account: Account, ref: str, act: Act,
    method_ref: str | None = None,
) -> tuple[Done, Outcome | None]:  # fmt: skip
    """Gives it its number; a card is asked for what its customer's credit does not pay, where it
    is charged automatically.

    Raises Conflict `invoice_not_draft`, Invalid `mixed_strategies`, `not_in_the_future`,
    `payment_method_required`.
    """
    invoice = books.load(Invoice, ref)
    customer = books.load(Customer, invoice.customer_id)
    at = books.now()
    invoice.require_draft()
    customer.require_not_erased()
    _require_due_after(invoice, at)
    coupon = _redeemed(books, invoice, at)
    strategy = require_one_strategy(books, invoice.lines)
    if strategy == "invoice_payment":
        account.require_native_engine("recognition by payment")
    lines = dated(account, invoice.lines)
    document = issue_document(account, customer, lines, strategy, at, invoice.due_at)
    named = {"organization_name": name_for(books, customer), "discount": invoice.discount}
    issue(invoice, document | named | _span(invoice.lines) | {"payment_method_id": method_ref}, at)
    case = Case(None, invoice, None)
    credit_negative(books, account, case, at)
    credit = credit_of(books, account, customer.ref, invoice.currency, case.balance)
    settle_from_credit(books, account, case, credit, at)
    method = card_for(books, invoice, customer, method_ref)
    if method is None:
        recorded = books.record(*case.changed(), *coupon, by=act.by, given=act.given(ref))
        return Done(ref, recorded), None
    payment = intend(books, case, method, at, act.request_key)
    require_set_up(gateways, payment)
    books.record(*case.opened(), *coupon, by=act.by, given=act.intent())
    return settle_begun(books, account, case, ask(gateways, payment), act)


def _require_due_after(invoice: Invoice, at: datetime) -> None:
    """Nobody is late on the day a bill is written: what its draft said is over."""
    if invoice.due_at is not None and invoice.due_at < at:
        detail = f"the draft was due at {invoice.due_at:%Y-%m-%dT%H:%M:%SZ}: say anew when, or null"
        raise Invalid.one("due_at", "not_in_the_future", detail)


def _redeemed(books: Books, invoice: Invoice, at: datetime) -> list[Coupon]:
    """The draft's coupon is redeemed with its issue, if it still may be."""
    if invoice.discount is None:
        return []
    coupon = coupon_named(books, invoice.discount.coupon_id, None, invoice.currency, at)
    if coupon is None:
        return []
    coupon.redeem(invoice.customer_id, at, invoice_id=invoice.ref)
    return [coupon]


def _span(lines: Sequence[Line]) -> dict[str, datetime | None]:
    starts = [line.period_start for line in lines if line.period_start]
    ends = [line.period_end for line in lines if line.period_end]
    return {
        "period_start": min(starts, default=None),
        "period_end": max(ends, default=None),
    }


def void_invoice(books: Books, account: Account, ref: str, act: Act) -> Done:
    """Raises Conflict `invoice_terminal`, `invoice_has_payments` or `payment_in_progress`."""
    at = books.now()
    case = case_of(books, books.load(Invoice, ref), None)
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    unapplied, applied = invoice.unapplied, 0 if invoice.waiting else invoice.balance_applied
    invoice.void(at=at, on=on, reason=act.by.reason)
    if unapplied:
        give_back(books, case, unapplied, "unapplied", at, on)
    if applied:
        give_back(books, case, applied, "void", at, on)
    return Done(ref, books.record(*case.returned(), by=act.by, given=act.given(ref)))


def mark_uncollectible(books: Books, account: Account, ref: str, act: Act) -> Done:
    """Gives the invoice up; the subscription it renewed is unpaid. Raises as `void_invoice`."""
    at = books.now()
    case = case_of(books, books.load(Invoice, ref), None)
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    unapplied = invoice.unapplied
    relief = account.bad_debt_tax_relief
    invoice.mark_uncollectible(at=at, on=on, reason=act.by.reason, tax_relief=relief)
    if unapplied:
        give_back(books, case, unapplied, "unapplied", at, on)
    subscription = case.subscription
    if (
        subscription is not None
        and subscription.latest_invoice_id == invoice.ref
        and invoice.billing_reason == "subscription_cycle"
        and subscription.allows(Move.BECOME_UNPAID)
    ):
        subscription.become_unpaid(invoice.ref, at)
    return Done(ref, books.record(*case.returned(), by=act.by, given=act.given(ref)))
