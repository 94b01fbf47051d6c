"""What time does to subscriptions: renewal, expiry, the end of an incomplete window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.billing import Bill, bill_term
from domain.commands.charging import Gateways, kept, settle_many
from domain.commands.collecting import Case, void_and_return
from domain.customers.customer import Customer
from domain.customers.payment_method import PaymentMethod
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.shared.identifiers import typed_id
from domain.subscriptions.states import RUNNING, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act


def renew_subscriptions(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """Begin the next term of each that is due: invoice it, and charge it where a card pays.

    What is not due or not renewable any more is left alone, so a second run changes nothing.
    """
    at = books.now()
    due = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.phase.end <= at and subscription.renews
        and subscription.status in RUNNING
    ]  # fmt: skip
    customers = _customers(books, due)
    methods = _methods(books, due, customers)
    cases = [_renewed(books, account, subscription, customers, methods, at) for subscription in due]
    lost = books.record_in_bulk([Group(case.opened()) for case in cases], by=act.by)
    return lost + settle_many(books, gateways, account, kept(cases, lost), act)


def _customers(books: Books, due: Sequence[Subscription]) -> dict[str, Customer]:
    refs = {subscription.customer_id for subscription in due}
    return {customer.ref: customer for customer in books.load_many(Customer, refs).values()}


def _methods(
    books: Books, due: Sequence[Subscription], customers: dict[str, Customer]
) -> dict[str, PaymentMethod]:
    """What may be charged by id: nothing that was deleted."""
    automatic = [each for each in due if each.collection_method == "charge_automatically"]
    wanted = {each.payment_method_id for each in automatic}
    wanted |= {customers[each.customer_id].default_payment_method_id for each in automatic}
    loaded = books.load_many(PaymentMethod, [ref for ref in wanted if ref])
    return {method.ref: method for method in loaded.values() if not method.deleted}


def _chosen(
    subscription: Subscription, customer: Customer, methods: dict[str, PaymentMethod]
) -> PaymentMethod | None:
    """The subscription's own card while there is one, else the customer's default."""
    own = methods.get(subscription.payment_method_id or "")
    return own or methods.get(customer.default_payment_method_id or "")


def _renewed(
    books: Books,
    account: Account,
    subscription: Subscription,
    customers: dict[str, Customer],
    methods: dict[str, PaymentMethod],
    at: datetime,
) -> Case:
    customer = customers[subscription.customer_id]
    automatic = subscription.collection_method == "charge_automatically"
    phase = subscription.next_phase(typed_id("ph", books.new_id()))
    bill = Bill(
        customer=customer, subscription_ref=subscription.ref, phase=phase,
        quantity=subscription.quantity, collection_method=subscription.collection_method,
        billing_reason="subscription_cycle",
        method=_chosen(subscription, customer, methods) if automatic else None,
    )  # fmt: skip
    invoice, payment = bill_term(books, account, bill, at)
    subscription.renew(phase, invoice.ref, at)
    if payment is None and invoice.status in PAYABLE:
        _wait_for_money(invoice, subscription, automatic=automatic, at=at)
    return Case(payment, invoice, subscription)


def _wait_for_money(
    invoice: Invoice, subscription: Subscription, *, automatic: bool, at: datetime
) -> None:
    """No card to charge is a failed charge; recognition by payment grants nothing unpaid."""
    if automatic:
        invoice.fall_past_due(at)
    if (automatic or invoice.strategy == "invoice_payment") and (
        subscription.status is Status.ACTIVE
    ):
        subscription.fall_past_due(invoice.ref, at)


def expire_subscriptions(books: Books, refs: Sequence[str], act: Act) -> list[Lost]:
    """End each whose last term is over and that does not renew."""
    at = books.now()
    over = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.phase.end <= at and not subscription.renews
        and subscription.status in RUNNING
    ]  # fmt: skip
    for subscription in over:
        subscription.expire(at)
    return books.record_in_bulk([Group([subscription]) for subscription in over], by=act.by)


def give_up_incomplete(books: Books, account: Account, refs: Sequence[str], act: Act) -> list[Lost]:
    """End each never paid inside its window: invoice void, what came in part to the balance."""
    at = books.now()
    cases = []
    for subscription in books.load_many(Subscription, refs).values():
        window = subscription.incomplete_until
        if subscription.status is Status.INCOMPLETE and window is not None and window <= at:
            cases.append(_given_up(books, account, subscription, at))
    return books.record_in_bulk([Group(case.returned()) for case in cases if case], by=act.by)


def _given_up(
    books: Books, account: Account, subscription: Subscription, at: datetime
) -> Case | None:
    invoice = books.load(Invoice, subscription.latest_invoice_id or "")
    if invoice.open_payment_id is not None:
        return None
    case = Case(None, invoice, subscription)
    if invoice.status in PAYABLE:
        void_and_return(books, account, case, "incomplete_expired", at)
    subscription.give_up(at)
    return case


def mark_past_due(books: Books, refs: Sequence[str], act: Act) -> list[Lost]:
    """Open invoices whose due date has passed, and the subscriptions they are for."""
    at = books.now()
    invoices = [
        invoice for invoice in books.load_many(Invoice, refs).values() if invoice.status == "open"
    ]
    wanted = {invoice.subscription_id for invoice in invoices if invoice.subscription_id}
    loaded = books.load_many(Subscription, [ref for ref in wanted if ref])
    subscriptions = {subscription.ref: subscription for subscription in loaded.values()}
    groups = []
    for invoice in invoices:
        invoice.fall_past_due(at)
        subscription = subscriptions.get(invoice.subscription_id or "")
        if subscription is not None and subscription.status is Status.ACTIVE:
            subscription.fall_past_due(invoice.ref, at)
        groups.append(Group(Case(None, invoice, subscription).changed()))
    return books.record_in_bulk(groups, by=act.by)
