"""What money for an invoice causes, however it came: the invoice, its subscription, the balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.commands.moving import redated
from domain.commands.organizations import name_for
from domain.customers.customer import Customer
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.payments.balance import Balance
from domain.shared.errors import NotFound
from domain.shared.identifiers import typed_id, uuid_of
from domain.shared.period import accounting_date
from domain.subscriptions.phases import moved_along
from domain.subscriptions.redating import redated_by_payment
from domain.subscriptions.states import Status as SubscriptionStatus
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.payments.payment import Payment
    from domain.shared.aggregate import Aggregate

_WAITING = frozenset(
    {SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID}
)
_REDATED = frozenset({"subscription_create", "subscription_cycle", "restart"})
"""Billing reasons of a whole term: proration and manual lines keep their period."""


@dataclass(slots=True)
class Case:
    """One payment with everything its outcome may change."""

    payment: Payment | None
    invoice: Invoice
    subscription: Subscription | None
    balance: Balance | None = None

    def opened(self) -> list[Aggregate]:
        """In the order of a beginning: the term, what it asks for, the attempt to get it."""
        return _pending(self.subscription, self.invoice, self.payment, self.balance)

    def changed(self) -> list[Aggregate]:
        """In the order of an outcome: the money first, then what follows."""
        return _pending(self.payment, self.invoice, self.subscription, self.balance)

    def returned(self) -> list[Aggregate]:
        """The balance first: money goes back to it before an invoice ends, and leaves it before
        one is settled."""
        return _pending(self.balance, self.invoice, self.subscription)


def _pending(*things: Aggregate | None) -> list[Aggregate]:
    return [thing for thing in things if thing is not None and thing.pending_events]


def receive_money(
    books: Books, account: Account, case: Case, amount: int, source: str, at: datetime
) -> None:
    """Count money towards the invoice, whatever became of it: what was given up is recovered.
    What it cannot take goes to the customer's balance."""
    invoice = case.invoice
    payment_ref = case.payment.ref if case.payment else None
    on = accounting_date(at, account.timezone)
    counted = min(amount, invoice.amount_remaining) if invoice.status in PAYABLE else 0
    if counted:
        redating = _redating(account, case, counted, at)
        invoice.receive(payment_ref, counted, source, at=at, on=on, redated=redating)
    elif payment_ref and (counted := min(amount, max(invoice.recoverable, 0))):
        invoice.recover(payment_ref, counted, source, at=at, on=on)
    if amount > counted:
        case.balance = case.balance or balance_of(books, invoice.customer_id, invoice.currency)
        case.balance.credit(
            typed_id("bal", books.new_id()), amount - counted, source,
            f"Money received beyond invoice {invoice.number or invoice.ref}",
            at=at, on=on, invoice_id=invoice.ref, payment_id=payment_ref,
        )  # fmt: skip
    settle_subscription(case, at)


def apply_credit(books: Books, account: Account, case: Case, amount: int, at: datetime) -> None:
    """Settle with the customer's credit, which the case's balance holds."""
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    case.balance = case.balance or balance_of(books, invoice.customer_id, invoice.currency)
    case.balance.apply(
        typed_id("bal", books.new_id()), amount,
        f"Applied to invoice {invoice.number or invoice.ref}",
        at=at, on=on, invoice_id=invoice.ref,
    )  # fmt: skip
    redating = _redating(account, case, amount, at)
    invoice.receive(None, amount, "balance", at=at, on=on, redated=redating)
    settle_subscription(case, at)


def _redating(account: Account, case: Case, counted: int, at: datetime) -> dict[str, Any] | None:
    """For recognition by payment: the term moved to the completing payment."""
    invoice, subscription = case.invoice, case.subscription
    if invoice.strategy != "invoice_payment" or counted < invoice.amount_remaining:
        return None
    if subscription is None or not _of_a_term(invoice, subscription):
        return None
    if subscription.waits_for_recipient:
        return {"lines": invoice.lines}
    since = subscription.phase.start
    if all(line.period_end is not None and line.period_end <= since for line in invoice.lines):
        return None
    phase, anchor = redated_by_payment(subscription, at)
    if phase != subscription.phase:
        if subscription.status not in _WAITING:
            return None
        zone = subscription.timezone
        upcoming = moved_along(subscription.upcoming, phase, anchor, zone)
        moved = None if upcoming == subscription.upcoming else upcoming
        subscription.activate(at, phase=phase, anchor=anchor, upcoming=moved)
    return {
        "lines": redated(invoice.lines, since, phase, account.timezone),
        "period_start": phase.start,
        "period_end": phase.end,
    }


def complete(account: Account, case: Case, at: datetime) -> None:
    """After a credit note: where nothing is owed any more the invoice is paid, and what follows."""
    invoice = case.invoice
    if invoice.status in PAYABLE and invoice.amount_remaining == 0:
        redating = _redating(account, case, 0, at)
        on = accounting_date(at, account.timezone)
        invoice.receive(None, 0, "none", at=at, on=on, redated=redating)
    settle_subscription(case, at)


def _of_a_term(invoice: Invoice, subscription: Subscription) -> bool:
    latest = invoice.ref == subscription.latest_invoice_id
    return latest and invoice.billing_reason in _REDATED


def settle_subscription(case: Case, at: datetime) -> None:
    """A paid invoice gives its subscription access (back)."""
    subscription = case.subscription
    if subscription is None or case.invoice.status != "paid":
        return
    if subscription.status in _WAITING and subscription.latest_invoice_id == case.invoice.ref:
        if subscription.waits_for_recipient:
            subscription.hold_for_recipient(at)
        else:
            subscription.activate(at)


def credit_negative(books: Books, account: Account, case: Case, at: datetime) -> None:
    """A negative total is owed to the customer: it becomes credit and the invoice is settled."""
    invoice = case.invoice
    if invoice.total >= 0:
        return
    on = accounting_date(at, account.timezone)
    invoice.receive(None, invoice.total, "balance", at=at, on=on)
    case.balance = case.balance or balance_of(books, invoice.customer_id, invoice.currency)
    case.balance.credit(
        typed_id("bal", books.new_id()), -invoice.total, "invoice",
        f"Credit from invoice {invoice.ref}", at=at, on=on, invoice_id=invoice.ref,
    )  # fmt: skip


def balance_of(books: Books, customer_ref: str, currency: str) -> Balance:
    """The customer's balance in a currency, begun if this is its first use."""
    balance_id = Balance.id_for(uuid_of(customer_ref, Customer.prefix), currency)
    try:
        return books.load(Balance, balance_id)
    except NotFound:
        customer = books.load(Customer, customer_ref)
        return Balance.begin(
            Balance.Created, id=balance_id, customer_id=customer_ref, currency=currency,
            customer_email=customer.email, customer_first_name=customer.first_name,
            customer_last_name=customer.last_name, organization_name=name_for(books, customer),
            named=True,
        )  # fmt: skip


def void_and_return(books: Books, account: Account, case: Case, reason: str, at: datetime) -> None:
    """A job's void: what was paid in part moves to the customer's balance in the same append."""
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    applied = 0 if invoice.by_payment else invoice.balance_applied
    returned = invoice.void_and_return(at=at, on=on, reason=reason)
    if returned:
        give_back(
            books, case, returned, "unapplied" if invoice.by_payment else "receivable", at, on
        )
    if applied:
        give_back(books, case, applied, "void", at, on)


def give_back(books: Books, case: Case, amount: int, source: str, at: datetime, on: date) -> None:
    """What an invoice that ends unpaid had been settled with is the customer's credit again."""
    invoice = case.invoice
    case.balance = case.balance or balance_of(books, invoice.customer_id, invoice.currency)
    case.balance.credit(
        typed_id("bal", books.new_id()), amount, source,
        f"Paid towards invoice {invoice.number or invoice.ref}",
        at=at, on=on, invoice_id=invoice.ref,
    )  # fmt: skip


def case_of(books: Books, invoice: Invoice, payment: Payment | None) -> Case:
    subscription = None
    if invoice.subscription_id is not None:
        subscription = books.load(Subscription, invoice.subscription_id)
    return Case(payment, invoice, subscription)


def cases_of(books: Books, invoice_refs: Sequence[str]) -> Iterator[Case]:
    invoices = books.load_many(Invoice, invoice_refs)
    wanted = {invoice.subscription_id for invoice in invoices.values()} - {None}
    loaded = books.load_many(Subscription, [ref for ref in wanted if ref])
    subscriptions = {subscription.ref: subscription for subscription in loaded.values()}
    for invoice in invoices.values():
        yield Case(None, invoice, subscriptions.get(invoice.subscription_id or ""))
