"""An expired membership is restarted: the same id, the members kept, a new term from today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.act import Done
from domain.commands.billing import Bill, RuleFailed, bill_term
from domain.commands.charging import Gateways, ask, require_set_up, settle_begun
from domain.commands.claims import moved_old_id
from domain.commands.collecting import Case
from domain.commands.coupons import count_discount, covering
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.memberships import MEMBERSHIP, require_fitting
from domain.commands.opening import (
    ON_START,
    begins_at_once,
    require_countable,
    require_engine,
    require_notes_allowed,
    window,
)
from domain.commands.sales import NewSubscription, Sale, agreed
from domain.customers.customer import Customer
from domain.shared.changes import Changes, merged_metadata
from domain.shared.errors import Conflict, FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.subscriptions.phases import Phase, opening
from domain.subscriptions.states import MOVES, Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.invoicing.invoice import Invoice
    from domain.payments.gateway import Outcome
    from domain.payments.payment import Payment


def restart_subscription(
    books: Books, gateways: Gateways, account: Account, ref: str, new: NewSubscription, act: Act
) -> tuple[Done, Outcome | None]:
    """Bills a term from today on, of the plan named or the one it had, and charges it where a card
    pays by itself. A decline leaves it incomplete, with its members; it is not an error.

    Raises NotAllowed `billing_engine_required`, Conflict `subscription_not_restartable`, Invalid
    `not_a_membership` for another kind of plan, `seat_capacity_exceeded` where the members kept
    would not fit.
    """
    account.require_native_engine("restarting a membership")
    subscription = books.load(Subscription, ref)
    _require_restartable(subscription)
    _require_at_once(new)
    sale = _sale(books, subscription, new)
    guards = [*sale.guards(), *require_fitting(books, subscription, sale.terms)]
    case = _restarted(books, account, subscription, sale, new, act.request_key)
    conditions = {"guards": guards, **_renamed(subscription, new.old_provider_id)}
    if case.payment is None:
        given = act.given(ref, **conditions)
        return Done(ref, books.record(*case.opened(), *sale.told, by=act.by, given=given)), None
    require_set_up(gateways, case.payment)
    opened = [*case.opened(), *sale.told]
    recorded = books.record(*opened, by=act.by, given=act.intent(**conditions))
    outcome = ask(gateways, case.payment)
    done, _ = settle_begun(books, account, case, outcome, act)
    return Done(ref, done.recorded or recorded), outcome


def _renamed(subscription: Subscription, old_provider_id: str | None) -> dict[str, Any]:
    """The claims of another system's id, where it is told another one than it has."""
    if old_provider_id is None:
        return {}
    changes: Changes = {"old_provider_id": old_provider_id}
    moved = moved_old_id(subscription, changes, Subscription.prefix)
    subscription.update(changes)
    return moved


def _require_at_once(new: NewSubscription) -> None:
    """A restart is billed on its day and runs from its payment: nothing of it is put off.

    Raises Invalid `not_with_restart` naming every field that would.
    """
    putting_off: dict[str, object] = {
        "start_date": new.start_date,
        "billing_behavior": new.billing_behavior == ON_START,
        "trial_days": new.trial_days,
        "next_invoice_date": new.next_invoice_date,
        "current_period_end": new.current_period_end,
        "gift": new.gift,
    }
    wrong = [
        FieldError(name, "not_with_restart", "a restart is billed today and begins when it is paid")
        for name, asked in putting_off.items()
        if asked
    ]
    if wrong:
        raise Invalid(tuple(wrong))


def _require_restartable(subscription: Subscription) -> None:
    subscription.require(Move.RESTART)
    subscription.require_no_gift(Move.RESTART)
    if subscription.phase.terms.type != MEMBERSHIP:
        raise Conflict(MOVES[Move.RESTART].code, "only a membership can be restarted")


def _sale(books: Books, subscription: Subscription, new: NewSubscription) -> Sale:
    customer = books.load(Customer, subscription.customer_id)
    plan = books.load(Plan, new.plan_id or subscription.phase.terms.plan_id, field="plan_id")
    if plan.terms.type != MEMBERSHIP:
        raise Invalid.one("plan_id", "not_a_membership", "must be a membership plan")
    return agreed(books, new, customer, plan, books.load(Product, plan.terms.product_id))


def _restarted(
    books: Books,
    account: Account,
    subscription: Subscription,
    sale: Sale,
    new: NewSubscription,
    request_key: str | None,
) -> Case:
    at = books.now()
    auto_renew = sale.plan.auto_renew if new.auto_renew is None else new.auto_renew
    require_engine(account, sale, new)
    require_notes_allowed(
        auto_renew=auto_renew, invoice_notes=new.invoice_notes, purchase_order=new.purchase_order
    )
    require_countable(sale.terms, new.quantity)
    phase = opening(typed_id("ph", books.new_id()), at, subscription.timezone, sale.terms)
    credit = credit_of(books, account, subscription.customer_id, sale.terms.currency)
    bill = replace(_bill(subscription, sale, new, phase, request_key), credit=credit)
    invoice, payment = _billed(books, account, bill, at)
    subscription.restart(
        phase, at,
        quantity=new.quantity,
        auto_renew=auto_renew,
        collection_method=sale.collection_method,
        payment_method_id=new.payment_method_id,
        invoice_id=None if invoice is None else invoice.ref,
        incomplete_until=window(account, at),
        metadata=merged_metadata(subscription.metadata, new.metadata),
        invoice_notes=new.invoice_notes,
        purchase_order=new.purchase_order,
        shipping_address_id=new.shipping_address_id or subscription.shipping_address_id,
    )  # fmt: skip
    _discount(subscription, sale, invoice, at)
    _suspend(subscription, new.suspended_until, at)
    if begins_at_once(subscription, invoice):
        subscription.activate(at)
    case = Case(payment, invoice, subscription)  # type: ignore[arg-type]  # none for usage
    settle_from_credit(books, account, case, credit, at)
    return case


def _billed(
    books: Books, account: Account, bill: Bill, at: datetime
) -> tuple[Invoice | None, Payment | None]:
    """Raises Conflict `billing_rule_failed`: nothing may be charged, so nothing is restarted."""
    try:
        return bill_term(books, account, bill, at)
    except RuleFailed as failed:
        raise Conflict("billing_rule_failed", str(failed)) from failed


def _suspend(subscription: Subscription, until: datetime | None, at: datetime) -> None:
    if until is None:
        return
    if until <= at:
        raise Invalid.one("suspended_until", "not_in_the_future", "must be later than now")
    subscription.suspend(until, at)


def _discount(
    subscription: Subscription, sale: Sale, invoice: Invoice | None, at: datetime
) -> None:
    """It begins anew: by the coupon named, or at the full price."""
    if sale.discount is not None or subscription.discount is not None:
        subscription.take_discount(sale.discount, at)
    sale.redeem(subscription.ref, at)
    count_discount(subscription, subscription.phase, invoice, at)


def _bill(
    subscription: Subscription,
    sale: Sale,
    new: NewSubscription,
    phase: Phase,
    request_key: str | None,
) -> Bill:
    return Bill(
        customer=sale.customer,
        subscription_ref=subscription.ref,
        phase=phase,
        quantity=new.quantity,
        collection_method=sale.collection_method,
        billing_reason="restart",
        method=sale.method if sale.collection_method == "charge_automatically" else None,
        notes=new.invoice_notes,
        purchase_order=new.purchase_order,
        request_key=request_key,
        discount=covering(sale.discount, phase),
    )
