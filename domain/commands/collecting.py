"""Money for invoices: asked of a gateway, recorded by hand, and what follows when it arrives.

An intent is saved before a gateway is asked and its outcome after: whatever happens between,
the intent is found again and looked up at the gateway by our reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.commands.act import Done
from domain.commands.billing import new_intent, redated
from domain.commands.customers import method_of
from domain.customers.customer import Customer
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.payments.balance import Balance
from domain.payments.gateway import (
    Approved,
    Charge,
    Declined,
    Gateway,
    Outcome,
    Unanswered,
)
from domain.payments.payment import SETTLED, Payment
from domain.shared.errors import Conflict, Invalid, NotFound
from domain.shared.identifiers import typed_id, uuid_of
from domain.shared.period import accounting_date
from domain.shared.recording import NO_CONDITIONS, Conditions
from domain.subscriptions.redating import redated_by_payment
from domain.subscriptions.subscription import Status as SubscriptionStatus
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.shared.aggregate import Aggregate

Gateways = Mapping[str, Gateway]
_WAITING = frozenset({SubscriptionStatus.INCOMPLETE, SubscriptionStatus.PAST_DUE})


@dataclass(slots=True)
class Case:
    """One payment with everything its outcome may change."""

    payment: Payment | None
    invoice: Invoice
    subscription: Subscription | None
    balance: Balance | None = None

    def opened(self) -> list[Aggregate]:
        """In the order of a beginning: the term, what it asks for, the attempt to get it."""
        return _pending(self.subscription, self.invoice, self.payment)

    def changed(self) -> list[Aggregate]:
        """In the order of an outcome: the money first, then what follows."""
        return _pending(self.payment, self.invoice, self.subscription, self.balance)

    def returned(self) -> list[Aggregate]:
        """In the order of a void: money goes back to the balance before the invoice ends."""
        return _pending(self.balance, self.invoice, self.subscription)


def _pending(*things: Aggregate | None) -> list[Aggregate]:
    return [thing for thing in things if thing is not None and thing.pending_events]


def charge_of(payment: Payment) -> Charge:
    reference = payment.method_reference or ""
    return Charge(payment.ref, payment.amount, payment.currency, reference)


def ask(gateways: Gateways, payment: Payment) -> Outcome:
    return gateways[payment.gateway or ""].charge(charge_of(payment))


def apply_outcome(
    books: Books, account: Account, case: Case, outcome: Outcome, at: datetime
) -> None:
    """Record on each of the case's aggregates what the gateway's answer causes."""
    payment, invoice = case.payment, case.invoice
    if payment is None or payment.status in SETTLED or isinstance(outcome, Unanswered):
        return
    if isinstance(outcome, Declined):
        payment.fail(outcome.code, outcome.detail, at)
        past_due = invoice.billing_reason == "subscription_cycle"
        if invoice.status in PAYABLE:
            invoice.decline(payment.ref, outcome.code, outcome.detail, at=at, past_due=past_due)
        if case.subscription is not None:
            case.subscription.note_decline(invoice.ref, outcome.code, outcome.detail, at)
        return
    payment.succeed(outcome.reference, at)
    receive_money(books, account, case, payment.amount, "online", at)


def receive_money(
    books: Books, account: Account, case: Case, amount: int, source: str, at: datetime
) -> None:
    """Count money towards the invoice; what it cannot take goes to the customer's balance."""
    invoice = case.invoice
    payment_ref = case.payment.ref if case.payment else None
    on = accounting_date(at, account.timezone)
    counted = min(amount, invoice.amount_remaining) if invoice.status in PAYABLE else 0
    if counted:
        redating = _redating(account, case, counted, at)
        invoice.receive(payment_ref, counted, source, at=at, on=on, redated=redating)
    if amount > counted:
        case.balance = case.balance or balance_of(books, invoice.customer_id, invoice.currency)
        case.balance.credit(
            typed_id("bal", books.new_id()), amount - counted, source,
            f"Money received beyond invoice {invoice.number or invoice.ref}",
            at=at, on=on, invoice_id=invoice.ref, payment_id=payment_ref,
        )  # fmt: skip
    settle_subscription(case, at)


def _redating(account: Account, case: Case, counted: int, at: datetime) -> dict[str, Any] | None:
    """For recognition by payment: the term moved to the completing payment."""
    invoice, subscription = case.invoice, case.subscription
    if invoice.strategy != "invoice_payment" or counted < invoice.amount_remaining:
        return None
    if subscription is None or invoice.ref != subscription.latest_invoice_id:
        return None
    phase, anchor = redated_by_payment(subscription, at)
    if phase != subscription.phase:
        if subscription.status not in _WAITING:
            return None
        subscription.activate(at, phase=phase, anchor=anchor)
    return {
        "lines": redated(invoice.lines, phase, account.timezone),
        "period_start": phase.start,
        "period_end": phase.end,
    }


def settle_subscription(case: Case, at: datetime) -> None:
    """A paid invoice gives its subscription access (back)."""
    subscription = case.subscription
    if subscription is None or case.invoice.status != "paid":
        return
    if subscription.status in _WAITING and subscription.latest_invoice_id == case.invoice.ref:
        subscription.activate(at)


def balance_of(books: Books, customer_ref: str, currency: str) -> Balance:
    """The customer's balance in a currency, begun if this is its first use."""
    balance_id = Balance.id_for(uuid_of(customer_ref, Customer.prefix), currency)
    try:
        return books.load(Balance, balance_id)
    except NotFound:
        return Balance.begin(
            Balance.Created, id=balance_id, customer_id=customer_ref, currency=currency
        )


def void_and_return(books: Books, account: Account, case: Case, reason: str, at: datetime) -> None:
    """A job's void: what was paid in part moves to the customer's balance in the same append."""
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    returned = invoice.void_and_return(at=at, on=on, reason=reason)
    if returned:
        source = "receivable" if invoice.strategy == "invoice_creation" else "unapplied"
        case.balance = balance_of(books, invoice.customer_id, invoice.currency)
        case.balance.credit(
            typed_id("bal", books.new_id()), returned, source,
            f"Paid towards void invoice {invoice.number or invoice.ref}",
            at=at, on=on, invoice_id=invoice.ref,
        )  # fmt: skip


def case_of(books: Books, invoice: Invoice, payment: Payment | None) -> Case:
    subscription = None
    if invoice.subscription_id is not None:
        subscription = books.load(Subscription, invoice.subscription_id)
    return Case(payment, invoice, subscription)


def charge_invoice(
    books: Books, gateways: Gateways, account: Account, ref: str, method_ref: str | None, act: Act
) -> tuple[Done, Outcome]:
    """Charge what is owed to a card, the customer's default where none is named.

    Raises Conflict for an invoice that takes no money, Invalid `payment_method_required`.
    """
    invoice = books.load(Invoice, ref)
    invoice.require_payable()
    customer = books.load(Customer, invoice.customer_id)
    method = method_of(books, chosen_method(method_ref, customer), customer.ref)
    payment = new_intent(
        books, invoice, invoice.amount_remaining, method, books.now(),
        request_key=act.request_key, request_ref=ref,
    )  # fmt: skip
    invoice.start_payment(payment.ref)
    books.record(invoice, payment, by=act.by, given=act.intent())
    return settle(books, account, payment.ref, ask(gateways, payment), act)


def chosen_method(method_ref: str | None, customer: Customer) -> str:
    chosen = method_ref or customer.default_payment_method_id
    if chosen is None:
        raise Invalid.one(
            "payment_method_id", "payment_method_required", "the customer has no default card"
        )
    return chosen


def settle(
    books: Books, account: Account, payment_ref: str, outcome: Outcome, act: Act
) -> tuple[Done, Outcome]:
    """Save the outcome of one charge with all it causes; loaded afresh, saved once by version."""
    while True:
        payment = books.load(Payment, payment_ref)
        invoice = books.load(Invoice, payment.invoice_id or "")
        case = case_of(books, invoice, payment)
        apply_outcome(books, account, case, outcome, books.now())
        changed, given = case.changed(), completing(payment, outcome)
        if not changed and given is NO_CONDITIONS:
            return Done(invoice.ref, None), outcome
        try:
            return Done(invoice.ref, books.record(*changed, by=act.by, given=given)), outcome
        except Conflict as lost:
            if lost.code != "concurrent_change":
                raise


def completing(payment: Payment, outcome: Outcome) -> Conditions:
    """Answers the key of the request that began the payment; kept if it was answered before."""
    if payment.request_key is None:
        return NO_CONDITIONS
    answer = {"id": payment.request_ref, **told(outcome)}
    return Conditions(completes_key=(payment.request_key, answer))


def told(outcome: Outcome) -> dict[str, str]:
    """What the caller is told of a gateway's answer, as a key keeps it."""
    match outcome:
        case Approved():
            return {"outcome": "approved"}
        case Declined(code, detail):
            return {"outcome": "declined", "code": code, "detail": detail}
        case _:
            return {"outcome": "unanswered"}


def settle_many(
    books: Books, gateways: Gateways, account: Account, cases: Sequence[Case], act: Act
) -> list[Lost]:
    """Ask for each intent just saved and save the outcomes in bulk; returns what was refused."""
    at = books.now()
    groups = []
    for case in cases:
        if case.payment is not None:
            apply_outcome(books, account, case, ask(gateways, case.payment), at)
            groups.append(Group(case.changed()))
    return books.record_in_bulk([group for group in groups if group.aggregates], by=act.by)


def kept(cases: Sequence[Case], lost: Sequence[Lost]) -> list[Case]:
    """The cases whose beginning was saved."""
    gone = {id(aggregate) for loss in lost for aggregate in loss.group.aggregates}
    return [case for case in cases if id(case.invoice) not in gone]


def resume_payments(
    books: Books, gateways: Gateways, account: Account, payment_refs: Sequence[str], act: Act
) -> int:
    """Look intents up whose answer never came; submit again what the gateway never saw."""
    resumed = 0
    for payment in books.load_many(Payment, payment_refs).values():
        gateway = gateways[payment.gateway or ""]
        outcome = gateway.look_up(charge_of(payment)) or gateway.charge(charge_of(payment))
        if not isinstance(outcome, Unanswered):
            settle(books, account, payment.ref, outcome, act)
            resumed += 1
    return resumed


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePayment:
    """Money that came by itself. No amount means all that is owed."""

    reference: str
    category: str
    amount: int | None = None
    excess_to_balance: bool = False


def mark_paid(books: Books, account: Account, ref: str, offline: OfflinePayment, act: Act) -> Done:
    """Raises Conflict for an invoice that takes no money, Invalid `amount_exceeds_outstanding`."""
    case = case_of(books, books.load(Invoice, ref), None)
    mark_case_paid(books, account, case, offline, books.now())
    return Done(ref, books.record(*case.changed(), by=act.by, given=act.given(ref)))


def mark_case_paid(
    books: Books, account: Account, case: Case, offline: OfflinePayment, at: datetime
) -> None:
    invoice = case.invoice
    invoice.require_payable()
    amount = invoice.amount_remaining if offline.amount is None else offline.amount
    if amount > invoice.amount_remaining and not offline.excess_to_balance:
        raise Invalid.one(
            "amount", "amount_exceeds_outstanding", f"{invoice.amount_remaining} is owed"
        )
    case.payment = Payment.begin(
        Payment.Recorded,
        id=books.new_id(),
        customer_id=invoice.customer_id,
        amount=amount,
        currency=invoice.currency,
        category=offline.category,
        reference=offline.reference,
        recorded_on=accounting_date(at, account.timezone),
        started_at=at,
        invoice_id=invoice.ref,
    )
    receive_money(books, account, case, amount, "offline", at)


def mark_many_paid(
    books: Books, account: Account, refs: Sequence[str], offline: OfflinePayment, act: Act
) -> list[Lost]:
    """The bulk form: each invoice fully paid by the same kind of money."""
    cases = list(cases_of(books, refs))
    at = books.now()
    for case in cases:
        mark_case_paid(books, account, case, offline, at)
    return books.record_in_bulk([Group(case.changed()) for case in cases], by=act.by)


def cases_of(books: Books, invoice_refs: Sequence[str]) -> Iterator[Case]:
    invoices = books.load_many(Invoice, invoice_refs)
    wanted = {invoice.subscription_id for invoice in invoices.values()} - {None}
    loaded = books.load_many(Subscription, [ref for ref in wanted if ref])
    subscriptions = {subscription.ref: subscription for subscription in loaded.values()}
    for invoice in invoices.values():
        yield Case(None, invoice, subscriptions.get(invoice.subscription_id or ""))
