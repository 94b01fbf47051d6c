"""Phases booked ahead: the terms that follow the running one, billed now or when they begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.act import Done
from domain.commands.billing import Bill, bill_term
from domain.commands.catalog import terms_as_sold
from domain.commands.charging import ask, chosen_method, require_set_up, settle
from domain.commands.collecting import Case
from domain.commands.coupons import count_discount, covering, take_up
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.ending import give_back_unbegun
from domain.commands.opening import (
    AT_ONCE,
    ON_START,
    require_countable,
    require_notes_allowed,
)
from domain.commands.payment_methods import method_of
from domain.commands.refunding import Returns
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from domain.shared.recording import Guard
from domain.subscriptions.phases import Booked, following
from domain.subscriptions.states import Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.customers.payment_method import PaymentMethod
    from domain.payments.gateway import Outcome
    from domain.shared.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What is left out is as in the phase before, or as the plan says where another is named."""

    plan_id: str | None = None
    quantity: int | None = None
    auto_renew: bool | None = None
    collection_method: str | None = None
    payment_method_id: str | None = None
    invoice_notes: str | None = None
    purchase_order: str | None = None
    billing_behavior: str | None = None
    replace_upcoming_phases: bool = False
    coupon_id: str | None = None
    coupon_code: str | None = None


def book_phase(
    books: Books, gateways: Gateways, account: Account, ref: str, new: Renewal, act: Act
) -> tuple[Done, Outcome | None]:
    """Raises Conflict `subscription_not_renewable` or `too_many_phases`, Invalid."""
    subscription = books.load(Subscription, ref)
    subscription.require_no_gift(Move.BOOK)
    return _book(books, gateways, account, subscription, new, act)


def renew_gift(
    books: Books, gateways: Gateways, account: Account, ref: str, new: Renewal, act: Act
) -> tuple[Done, Outcome | None]:
    """Its donor pays for a further phase, which its recipient has: as `book_phase`.

    Raises Conflict `not_a_gift` or `gift_not_redeemed` besides.
    """
    subscription = books.load(Subscription, ref)
    subscription.require_given()
    return _book(books, gateways, account, subscription, new, act)


def _book(
    books: Books, gateways: Gateways, account: Account, subscription: Subscription, new: Renewal,
    act: Act,
) -> tuple[Done, Outcome | None]:  # fmt: skip
    ref, at = subscription.ref, books.now()
    subscription.require_bookable()
    customer = books.load(Customer, subscription.customer_id)
    customer.require_not_erased()
    booked, guards = _agreed(books, account, subscription, new)
    method = _method(books, booked, customer)
    returns = Returns(books, account, at, act.by.reason)
    dropped = subscription.upcoming if new.replace_upcoming_phases else ()
    billed = [each.invoice_id for each in dropped if each.invoice_id]
    returned = give_back_unbegun(returns, list(books.load_many(Invoice, billed).values()))
    coupon = take_up(books, subscription, new.coupon_id, new.coupon_code)
    case = None
    if booked.billing_behavior == AT_ONCE:
        case = _billed(returns, subscription, customer, booked, method, act)
        booked = replace(booked, invoice_id=None if case is None else case.invoice.ref)
    subscription.book(booked, at, replaces=new.replace_upcoming_phases)
    payment = None if case is None else case.payment
    billed_now = [subscription] if case is None else case.opened()
    changed = [*returns.recorded(), *returned, *billed_now, *coupon]
    if payment is None:
        given = act.given(ref, guards=guards)
        return Done(ref, books.record(*changed, by=act.by, given=given)), None
    require_set_up(gateways, payment)
    recorded = books.record(*changed, by=act.by, given=act.intent(guards=guards))
    outcome = ask(gateways, payment)
    done, _ = settle(books, account, payment.ref, outcome, act)
    return Done(ref, done.recorded or recorded), outcome


def _agreed(
    books: Books, account: Account, subscription: Subscription, new: Renewal
) -> tuple[Booked, list[Guard]]:
    last = _last(subscription, new)
    terms, auto_renew, guards = _terms(books, last, new)
    _require_fitting(account, last, terms, new, auto_renew=auto_renew)
    quantity = last.quantity if new.quantity is None else new.quantity
    require_countable(terms, quantity)
    phase, anchor = following(
        typed_id("ph", books.new_id()), last.phase, last.anchor, subscription.timezone, terms
    )
    collection = new.collection_method or last.collection_method
    usual = AT_ONCE if collection == "send_invoice" else ON_START
    card = new.payment_method_id or last.payment_method_id
    booked = Booked(
        phase, anchor, quantity, auto_renew, collection, card, new.invoice_notes,
        new.purchase_order, new.billing_behavior or usual,
    )  # fmt: skip
    return booked, guards


def _last(subscription: Subscription, new: Renewal) -> Booked:
    """The phase that the new one follows."""
    if subscription.upcoming and not new.replace_upcoming_phases:
        return subscription.upcoming[-1]
    return Booked(
        subscription.phase, subscription.anchor, subscription.quantity, subscription.auto_renew,
        subscription.collection_method, subscription.payment_method_id,
    )  # fmt: skip


def _terms(books: Books, last: Booked, new: Renewal) -> tuple[Terms, bool, list[Guard]]:
    if new.plan_id is None:
        auto_renew = last.auto_renew if new.auto_renew is None else new.auto_renew
        return last.phase.terms, auto_renew, []
    plan = books.load(Plan, new.plan_id, field="plan_id")
    product = books.load(Product, plan.terms.product_id)
    plan.require_sellable()
    product.require_sellable()
    auto_renew = plan.auto_renew if new.auto_renew is None else new.auto_renew
    guards = [Guard(plan.id, plan.version), Guard(product.id, product.version)]
    return terms_as_sold(plan, product), auto_renew, guards


def _require_fitting(
    account: Account, last: Booked, terms: Terms, new: Renewal, *, auto_renew: bool
) -> None:
    if terms.currency != last.phase.terms.currency:
        raise Invalid.one("plan_id", "currency_mismatch", f"it runs in {last.phase.terms.currency}")
    if terms.revenue_recognition_strategy == "invoice_payment":
        account.require_native_engine("recognition by payment")
    if new.invoice_notes is not None or new.purchase_order is not None:
        account.require_native_engine("notes on invoices")
    require_notes_allowed(
        auto_renew=auto_renew, invoice_notes=new.invoice_notes, purchase_order=new.purchase_order
    )


def _method(books: Books, booked: Booked, customer: Customer) -> PaymentMethod | None:
    if booked.collection_method == "charge_automatically":
        return method_of(books, chosen_method(booked.payment_method_id, customer), customer.ref)
    if booked.payment_method_id is not None:
        method_of(books, booked.payment_method_id, customer.ref)
    return None


def _billed(
    returns: Returns, subscription: Subscription, customer: Customer, booked: Booked,
    method: PaymentMethod | None, act: Act,
) -> Case | None:  # fmt: skip
    books, account, at = returns.books, returns.account, returns.at
    currency = booked.phase.terms.currency
    bill = Bill(
        customer=customer,
        subscription_ref=subscription.ref,
        phase=booked.phase,
        quantity=booked.quantity,
        collection_method=booked.collection_method,
        billing_reason="subscription_cycle",
        method=method,
        notes=booked.invoice_notes,
        purchase_order=booked.purchase_order,
        request_key=act.request_key,
        gift=subscription.gift is not None,
        discount=covering(subscription.discount, booked.phase),
        credit=credit_of(books, account, customer.ref, currency, returns.balances.get(currency)),
    )
    invoice, payment = bill_term(books, account, bill, at)
    if invoice is None:
        return None
    case = Case(payment, invoice, subscription)
    count_discount(subscription, booked.phase, invoice, at)
    settle_from_credit(books, account, case, bill.credit, at)
    return case
