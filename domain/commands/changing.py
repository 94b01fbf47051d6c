"""Another plan for a running subscription: what is unused of the old, what is due for the new."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.act import Done
from domain.commands.billing import Bill, bill_lines, proration_line
from domain.commands.buyers import buyers_of
from domain.commands.catalog import terms_as_sold
from domain.commands.charging import ask, require_set_up, settle
from domain.commands.collecting import Case, credit_negative
from domain.commands.coupons import count_discount
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.earning import unearned_by_line
from domain.commands.memberships import require_fitting
from domain.commands.noting import Noted, net_left, note
from domain.commands.opening import require_countable
from domain.commands.refunding import Returns
from domain.commands.rules import usage_of
from domain.invoicing.invoice import PAYABLE, Invoice, Status
from domain.shared.errors import Conflict, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.money import round_half_away
from domain.shared.period import accounting_date, boundary
from domain.shared.recording import Guard
from domain.subscriptions.phases import Phase, Proration, moved_along, opening
from domain.subscriptions.states import Move
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.balance import Balance
    from domain.payments.gateway import Outcome
    from domain.payments.payment import Payment
    from domain.shared.aggregate import Aggregate
    from domain.shared.discount import Discount
    from domain.shared.terms import Terms


@dataclass(slots=True)
class Change:
    """Decided and not yet saved. `notes` are the unpaid invoices that credit notes lowered."""

    subscription: Subscription
    guards: list[Guard]
    invoice: Invoice | None = None
    payment: Payment | None = None
    balances: list[Balance] = field(default_factory=list)
    notes: list[Invoice] = field(default_factory=list)
    documents: list[Aggregate] = field(default_factory=list)
    noted: dict[str, int] = field(default_factory=dict)

    def changed(self) -> list[Aggregate]:
        made: list[Aggregate | None] = [self.subscription, self.invoice, self.payment]
        kept = [each for each in made if each is not None]
        return [*self.documents, *self.notes, *kept, *self.balances]


def change_plan(
    books: Books, gateways: Gateways, account: Account, ref: str, plan_ref: str, proration: str,
    act: Act,
) -> tuple[Done, Outcome | None]:  # fmt: skip
    """`proration`: immediate, next_invoice or none. Raises Conflict `subscription_not_changeable`,
    Invalid `same_plan`, `currency_mismatch` or `mixed_strategies`.
    """
    change = decide_change(books, account, ref, plan_ref, proration, act.request_key)
    if change.payment is None:
        given = act.given(ref, guards=change.guards)
        return Done(ref, books.record(*change.changed(), by=act.by, given=given)), None
    require_set_up(gateways, change.payment)
    given = act.intent(guards=change.guards)
    recorded = books.record(*change.changed(), by=act.by, given=given)
    outcome = ask(gateways, change.payment)
    done, _ = settle(books, account, change.payment.ref, outcome, act)
    return Done(ref, done.recorded or recorded), outcome


def decide_change(
    books: Books, account: Account, ref: str, plan_ref: str, proration: str,
    request_key: str | None = None,
) -> Change:  # fmt: skip
    """What a change of plan now would do."""
    subscription, at = books.load(Subscription, ref), books.now()
    subscription.require(Move.CHANGE_PLAN)
    _require_nothing_used(subscription)
    terms, guards = _terms(books, subscription, plan_ref)
    if terms.revenue_recognition_strategy == "invoice_payment":
        account.require_native_engine("recognition by payment")
    require_countable(terms, subscription.quantity)
    phase, anchor = _phase(books, subscription, terms, at)
    upcoming = moved_along(subscription.upcoming, phase, anchor, subscription.timezone)
    change = Change(subscription, guards)
    parts = _parts(books, account, change, phase, anchor, proration, at)
    new_term = anchor == at
    if parts and (proration != "next_invoice" or new_term):
        _bill(books, account, change, phase, parts, request_key, at)
        parts = ()
    if new_term:
        count_discount(subscription, phase, change.invoice, at)
    subscription.change_plan(
        phase, anchor, at, proration=proration, prorations=parts, upcoming=upcoming,
        invoice_id=None if change.invoice is None else change.invoice.ref,
    )  # fmt: skip
    return change


def _require_nothing_used(subscription: Subscription) -> None:
    """Usage is billed when its term ends: before, another plan would lose it."""
    if usage_of(subscription) is not None:
        raise Conflict("usage_unbilled", "its usage is billed first, when the term ends")


def _terms(books: Books, subscription: Subscription, plan_ref: str) -> tuple[Terms, list[Guard]]:
    plan = books.load(Plan, plan_ref, field="plan_id")
    product = books.load(Product, plan.terms.product_id)
    plan.require_sellable()
    product.require_sellable()
    terms, old = terms_as_sold(plan, product), subscription.phase.terms
    if terms.plan_id == old.plan_id:
        raise Invalid.one("plan_id", "same_plan", "it runs on this plan already")
    if terms.currency != old.currency:
        raise Invalid.one("plan_id", "currency_mismatch", f"it runs in {old.currency}")
    if terms.revenue_recognition_strategy != old.revenue_recognition_strategy:
        raise Invalid.one("plan_id", "mixed_strategies", "its revenue is recognised otherwise")
    members = require_fitting(books, subscription, terms)
    return terms, [Guard(plan.id, plan.version), Guard(product.id, product.version), *members]


def _phase(
    books: Books, subscription: Subscription, terms: Terms, at: datetime
) -> tuple[Phase, datetime]:
    """The rest of the term under the new plan; another interval begins a new term today."""
    old, phase_id = subscription.phase, typed_id("ph", books.new_id())
    same = (terms.interval, terms.interval_count) == (old.terms.interval, old.terms.interval_count)
    if same or not _billed(subscription):
        return Phase(phase_id, old.index, at, old.end, terms, 0), subscription.anchor
    return opening(phase_id, at, subscription.timezone, terms), at


def _billed(subscription: Subscription) -> bool:
    """Whether the running term was billed here: a trial, and what runs from elsewhere, was not."""
    return subscription.phase.index >= 0 or subscription.extended_from is not None


def _parts(
    books: Books, account: Account, change: Change, phase: Phase, anchor: datetime,
    proration: str, at: datetime,
) -> tuple[Proration, ...]:  # fmt: skip
    """The unused of the old plan, negative, and the new plan's over the same days or a new term."""
    subscription = change.subscription
    if not _billed(subscription):
        return ()
    new_term, on = anchor == at, accounting_date(at, account.timezone)
    if not new_term and proration == "none":
        return ()
    share = (1, 1) if new_term else _left(subscription, account, on)
    amount = round_half_away(phase.unit_amount * subscription.quantity * share[0], share[1])
    discount = _discount(subscription, phase, at, new_term=new_term)
    off = 0 if discount is None else discount.off([amount], share)[0]
    due = Proration(phase.terms.plan_name, amount, at, phase.end, phase.terms, discount=off)
    if proration == "none":
        return (due,)
    unused = _unused(books, account, change, at, on)
    old = subscription.phase
    back = Proration(
        f"Unused time on {old.terms.plan_name}", -unused, at, old.end, old.terms, net=True
    )
    return (back, due) if unused else (due,)


def _discount(
    subscription: Subscription, phase: Phase, at: datetime, *, new_term: bool
) -> Discount | None:
    """What makes a new term cheaper, or the rest of one that it counted for."""
    discount = subscription.discount
    if discount is None:
        return None
    counts = discount.covers(phase.start) if new_term else discount.covers_change(at)
    return discount if counts else None


def _left(subscription: Subscription, account: Account, on: date) -> tuple[int, int]:
    """The days that are left of a term, and all of its days."""
    old, zone = subscription.phase, subscription.timezone
    start = old.start
    if old.index >= 0:
        kept = old.terms
        start = boundary(subscription.anchor, zone, kept.interval, kept.interval_count, old.index)
    begins, ends = (accounting_date(each, account.timezone) for each in (start, old.end))
    return max((ends - on).days, 0), max((ends - begins).days, 1)


def _unused(books: Books, account: Account, change: Change, at: datetime, on: date) -> int:
    """What paid invoices have left to earn; unpaid ones are lowered by a note of their own."""
    subscription, unused = change.subscription, 0
    ahead = {booked.invoice_id for booked in subscription.upcoming}
    returns = Returns(books, account, at, "plan change")
    for invoice in books.load_many(Invoice, subscription.invoices).values():
        if invoice.ref in ahead or invoice.status not in {*PAYABLE, Status.PAID}:
            continue
        if invoice.booked_on is None:
            raise Conflict("subscription_not_changeable", "its invoice has to be paid first")
        left = unearned_by_line(invoice, on)
        if invoice.status is Status.PAID:
            unused += sum(left.values())
        elif left:
            change.noted[invoice.ref] = _note(returns, invoice, left)
            change.notes.append(invoice)
    change.balances += returns.balances.values()
    change.documents += returns.notes
    return unused


def _note(returns: Returns, invoice: Invoice, left: dict[str, int]) -> int:
    """The negative line as a credit note: off what is owed, beyond that what was paid. Gross."""
    if invoice.open_payment_id is not None:
        raise Conflict("payment_in_progress", "a charge for it is under way")
    ((line_id, net),) = left.items() if len(left) == 1 else _refused()
    kept, taxed = net_left(invoice)[line_id]
    tax = round_half_away(taxed * net, kept)
    beyond = max(net + tax - invoice.amount_remaining, 0)
    noted = Noted(
        amount=net + tax, balance=beyond, policy="unearned_first", line=(line_id, net, tax)
    )
    note(returns, invoice, noted)
    return net + tax


def _refused() -> Sequence[tuple[str, int]]:
    raise Conflict("subscription_not_changeable", "its last change has to be paid first")


def _bill(
    books: Books, account: Account, change: Change, phase: Phase, parts: Sequence[Proration],
    request_key: str | None, at: datetime,
) -> None:  # fmt: skip
    subscription = change.subscription
    buyers = buyers_of(books, account, [subscription])
    moved = next(iter(change.balances), None)
    currency = phase.terms.currency
    credit = credit_of(books, account, subscription.customer_id, currency, moved)
    automatic = subscription.collection_method == "charge_automatically"
    bill = Bill(
        customer=buyers.customers[subscription.customer_id],
        subscription_ref=subscription.ref,
        phase=phase,
        quantity=subscription.quantity,
        collection_method=subscription.collection_method,
        billing_reason="subscription_update",
        method=buyers.method(subscription) if automatic else None,
        notes=subscription.invoice_notes,
        purchase_order=subscription.purchase_order,
        request_key=request_key,
        credit=credit,
        discount=subscription.discount if any(part.discount for part in parts) else None,
    )
    lines = [proration_line(books, account, part) for part in parts]
    change.invoice, change.payment = bill_lines(books, account, bill, lines, at)
    case = Case(change.payment, change.invoice, subscription, moved or credit)
    credit_negative(books, account, case, at)
    settle_from_credit(books, account, case, credit, at)
    if case.balance is not None and case.balance is not moved:
        change.balances.append(case.balance)
