"""What time does to running subscriptions: renewal, extension, expiry, overdue money."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.billing import Bill, RuleFailed, bill_term
from domain.commands.buyers import Buyers, buyers_of
from domain.commands.charging import Gateways, kept, settle_many
from domain.commands.collecting import Case, credit_negative
from domain.commands.coupons import count_discount, covering
from domain.commands.credit_at_issue import settle_from_credit
from domain.commands.dunning import dunning_until, next_retry
from domain.commands.final_usage import FinalUsage
from domain.commands.rules import Rules, usage_of
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.shared.groups import joined
from domain.shared.identifiers import typed_id
from domain.subscriptions.phases import Booked
from domain.subscriptions.states import RUNNING, Move, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.shared.aggregate import Aggregate


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
        if subscription.phase.end <= at and subscription.renews and _renewable(subscription)
        and not subscription.rule_rests(at)
    ]  # fmt: skip
    buyers, rules = buyers_of(books, account, due), Rules(books, due)
    begun = [renewed(books, account, subscription, buyers, rules, at) for subscription in due]
    cases = [case for case in begun if isinstance(case, Case)]
    groups = joined(Group(each.opened()) for each in begun if each is not None)
    lost = books.record_in_bulk([*groups, *rules.failures()], by=act.by)
    return lost + settle_many(books, gateways, account, kept(cases, lost), act)


@dataclass(frozen=True, slots=True)
class Unbilled:
    """A term that begins and asks for nothing yet."""

    subscription: Subscription

    def opened(self) -> list[Aggregate]:
        return [self.subscription]


def _renewable(subscription: Subscription) -> bool:
    """An unpaid one goes on only where a further phase was booked for it."""
    if subscription.status is Status.UNPAID:
        return bool(subscription.upcoming)
    return subscription.status in RUNNING


def _next(books: Books, subscription: Subscription) -> Booked:
    """What was booked, else the same again."""
    if subscription.upcoming:
        return subscription.upcoming[0]
    return Booked(
        subscription.next_phase(typed_id("ph", books.new_id())), subscription.anchor,
        subscription.quantity, subscription.auto_renew, subscription.collection_method,
        subscription.payment_method_id, subscription.invoice_notes, subscription.purchase_order,
    )  # fmt: skip


def renewed(
    books: Books,
    account: Account,
    subscription: Subscription,
    buyers: Buyers,
    rules: Rules,
    at: datetime,
) -> Case | Unbilled | None:
    """None where the billing rule failed."""
    term = _next(books, subscription)
    if term.invoice_id is not None and usage_of(subscription) is None:
        return _billed_before(books, account, subscription, term, at)
    phase = rules.in_force(term.phase)
    if phase is not term.phase:
        term = replace(term, phase=phase)
    bill = _bill(subscription, term, buyers)
    try:
        invoice, payment = bill_term(books, account, bill, at)
    except RuleFailed as failed:
        rules.fail(subscription, term.phase, failed, at)
        return None
    booked = term if subscription.upcoming else None
    if invoice is None:
        subscription.renew(term.phase, None, at, booked)
        return Unbilled(subscription)
    subscription.renew(term.phase, invoice.ref, at, booked)
    count_discount(subscription, term.phase, invoice, at)
    case = Case(payment, invoice, subscription, bill.credit)
    credit_negative(books, account, case, at)
    settle_from_credit(books, account, case, bill.credit, at)
    if payment is None and invoice.status in PAYABLE:
        automatic = term.collection_method == "charge_automatically"
        _wait_for_money(account, invoice, subscription, automatic=automatic, at=at)
    return case


def _bill(subscription: Subscription, term: Booked, buyers: Buyers) -> Bill:
    automatic = term.collection_method == "charge_automatically"
    return Bill(
        customer=buyers.customers[subscription.customer_id],
        subscription_ref=subscription.ref,
        phase=term.phase,
        quantity=term.quantity if term.invoice_id is None else 0,
        collection_method=term.collection_method,
        billing_reason="subscription_cycle",
        method=buyers.method(subscription, term) if automatic else None,
        notes=term.invoice_notes,
        purchase_order=term.purchase_order,
        prorations=subscription.prorations,
        usage=usage_of(subscription),
        credit=buyers.credit(subscription),
        discount=covering(subscription.discount, term.phase),
        off_session=True,
        gift=subscription.gift is not None,
    )


def _billed_before(
    books: Books, account: Account, subscription: Subscription, term: Booked, at: datetime
) -> Case:
    """A phase billed when it was booked begins; what is unpaid by then is overdue."""
    invoice = books.load(Invoice, term.invoice_id or "")
    subscription.renew(term.phase, invoice.ref, at, term)
    automatic = term.collection_method == "charge_automatically"
    if invoice.status in PAYABLE:
        overdue = automatic and invoice.open_payment_id is None
        _wait_for_money(account, invoice, subscription, automatic=overdue, at=at)
    return Case(None, invoice, subscription)


def _wait_for_money(
    account: Account, invoice: Invoice, subscription: Subscription, *, automatic: bool, at: datetime
) -> None:
    """No card to charge is a failed charge; recognition by payment grants nothing unpaid."""
    if automatic and invoice.status == "open":
        invoice.fall_past_due(at)
    overdue = invoice.strategy == "invoice_payment" or invoice.status == "past_due"
    if overdue and subscription.allows(Move.FALL_PAST_DUE):
        fall_past_due(account, subscription, invoice, at)


def fall_past_due(
    account: Account, subscription: Subscription, invoice: Invoice, at: datetime
) -> None:
    """With the days on which it is asked for again, and the one on which it is given up."""
    retry_at = next_retry(account, subscription, at)
    until = dunning_until(account, subscription, at)
    subscription.fall_past_due(invoice.ref, at, retry_at, until)


def _goes_on(subscription: Subscription) -> bool:
    return subscription.renews and _renewable(subscription)


def expire_subscriptions(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """End each whose last term is over and that does not renew: what is unpaid never does. What
    the last term brought by usage is billed."""
    at = books.now()
    over = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.phase.end <= at and not _goes_on(subscription)
        and subscription.allows(Move.EXPIRE)
    ]  # fmt: skip
    final = FinalUsage(books, account, over)
    groups = joined(Group(final.ended(subscription, at)) for subscription in over)
    lost = books.record_in_bulk([*groups, *final.rules.failures()], by=act.by)
    return lost + settle_many(books, gateways, account, kept(final.cases, lost), act)


def mark_past_due(books: Books, account: Account, refs: Sequence[str], act: Act) -> list[Lost]:
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
        if (
            subscription is not None
            and subscription.latest_invoice_id == invoice.ref
            and subscription.allows(Move.FALL_PAST_DUE)
        ):
            fall_past_due(account, subscription, invoice, at)
        groups.append(Group(Case(None, invoice, subscription).changed()))
    return books.record_in_bulk(groups, by=act.by)


def begin_extensions(books: Books, refs: Sequence[str], act: Act) -> list[Lost]:
    """The end that a term had before it was extended passes."""
    at = books.now()
    passed = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.extended_from is not None
        and subscription.extended_from <= at < subscription.phase.end
        and subscription.allows(Move.BEGIN_EXTENSION)
    ]
    for subscription in passed:
        subscription.begin_extension(at)
    return books.record_in_bulk([Group([subscription]) for subscription in passed], by=act.by)


def end_suspensions(books: Books, refs: Sequence[str], act: Act) -> list[Lost]:
    """The instant until which shipments were suspended passes."""
    at = books.now()
    over = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.suspended_until is not None
        and subscription.suspended_until <= at
        and subscription.allows(Move.SUSPEND)
    ]
    for subscription in over:
        subscription.unsuspend(at)
    return books.record_in_bulk([Group([subscription]) for subscription in over], by=act.by)
