"""What time does to a beginning: the start date, charges tried again, the window's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.application import Group
from domain.commands.act import Done
from domain.commands.billing import Bill, RuleFailed, bill_term, new_intent
from domain.commands.buyers import Buyers, buyers_of
from domain.commands.charging import Gateways, kept, note_decline, settle_many
from domain.commands.collecting import Case, void_and_return
from domain.commands.coupons import count_discount, covering
from domain.commands.credit_at_issue import settle_from_credit
from domain.commands.dunning import retry_after
from domain.commands.moving import moved_lines
from domain.commands.opening import begins_at_once, window
from domain.commands.rules import Rules
from domain.commands.spent_cards import SpentCards
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.payments.gateway import Declined
from domain.shared.errors import Invalid
from domain.shared.groups import joined
from domain.shared.period import accounting_date
from domain.subscriptions.phases import first_phase
from domain.subscriptions.states import Move, Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.shared.aggregate import Aggregate


def start_subscriptions(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """Begin each scheduled one whose date has come: billed now where it was not before."""
    at = books.now()
    due = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.status is Status.SCHEDULED and subscription.start_date <= at
        and not subscription.waits_for_recipient and not subscription.rule_rests(at)
    ]  # fmt: skip
    buyers, rules = buyers_of(books, account, due), Rules(books, due)
    cases = [started(books, account, subscription, buyers, rules, at) for subscription in due]
    groups = joined(Group(_opened(case)) for case in cases if case is not None)
    lost = books.record_in_bulk([*groups, *rules.failures()], by=act.by)
    asked = [case for case in cases if isinstance(case, Case)]
    return lost + settle_many(books, gateways, account, kept(asked, lost), act)


def _opened(case: Case | Subscription) -> list[Any]:
    return case.opened() if isinstance(case, Case) else [case]


def started(
    books: Books,
    account: Account,
    subscription: Subscription,
    buyers: Buyers,
    rules: Rules,
    at: datetime,
) -> Case | Subscription | None:
    """None where the billing rule failed: it stays scheduled."""
    if subscription.latest_invoice_id is not None:
        return _billed_before(books, account, subscription, at)
    if subscription.on_trial:
        subscription.activate(at)
        return subscription
    automatic = subscription.collection_method == "charge_automatically"
    bill = _first_bill(subscription, buyers)
    try:
        invoice, payment = bill_term(books, account, bill, at)
    except RuleFailed as failed:
        rules.fail(subscription, subscription.phase, failed, at)
        return None
    if invoice is None:
        subscription.activate(at)
        return subscription
    case = Case(payment, invoice, subscription)
    if begins_at_once(subscription, invoice):
        subscription.activate(at, invoice_id=invoice.ref)
    else:
        subscription.start(invoice.ref, window(account, at), at)
    count_discount(subscription, subscription.phase, invoice, at)
    settle_from_credit(books, account, case, bill.credit, at)
    if automatic and payment is None and invoice.status in PAYABLE:
        _without_card(account, case, at)
    return case


def _first_bill(subscription: Subscription, buyers: Buyers) -> Bill:
    automatic = subscription.collection_method == "charge_automatically"
    return Bill(
        customer=buyers.customers[subscription.customer_id],
        subscription_ref=subscription.ref,
        phase=subscription.phase,
        quantity=subscription.quantity,
        collection_method=subscription.collection_method,
        billing_reason="subscription_create",
        method=buyers.method(subscription) if automatic else None,
        credit=buyers.credit(subscription),
        discount=covering(subscription.discount, subscription.phase),
        notes=subscription.invoice_notes,
        purchase_order=subscription.purchase_order,
        off_session=True,
    )


def _billed_before(
    books: Books, account: Account, subscription: Subscription, at: datetime
) -> Case:
    """Billed when it was sold: access waits for the money that has not come."""
    invoice = books.load(Invoice, subscription.latest_invoice_id or "")
    case = Case(None, invoice, subscription)
    if begins_at_once(subscription, invoice):
        subscription.activate(at)
        return case
    until = window(account, at)
    again = subscription.declined_since is not None
    subscription.start(
        invoice.ref, until, at, retry_after(account, at, at, until) if again else None
    )
    return case


def _without_card(account: Account, case: Case, at: datetime) -> None:
    """No card to charge is a failed charge."""
    if case.invoice.status == "open":
        case.invoice.fall_past_due(at)
    note_decline(account, case, NO_CARD, at)


NO_CARD = Declined("payment_method_required", "The customer has no card to charge.")


NOT_OWED = Declined("invoice_terminal", "Nothing is owed on its invoice any more.")

SENT_NOW = Declined("not_charged_any_more", "Its invoices are sent by now: no card is charged.")


def retry_charges(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """Charge once more what was declined: a first payment, or that of a term that runs."""
    at = books.now()
    waiting = [
        subscription
        for subscription in books.load_many(Subscription, refs).values()
        if subscription.status in {Status.INCOMPLETE, Status.PAST_DUE}
        and not over(subscription, at)
    ]
    buyers = buyers_of(books, account, waiting)
    unpaid = [each.latest_invoice_id for each in waiting if each.latest_invoice_id]
    invoices = {invoice.ref: invoice for invoice in books.load_many(Invoice, unpaid).values()}
    spent = SpentCards(books, invoices.values())
    asked = [
        _retried(books, account, Case(None, invoice, subscription), buyers, spent, at)
        for subscription in waiting  # without an invoice its billing rule failed
        if (invoice := invoices.get(subscription.latest_invoice_id or "")) is not None
        and invoice.open_payment_id is None
    ]
    lost = books.record_in_bulk([Group(case.opened()) for case in asked], by=act.by)
    return lost + settle_many(books, gateways, account, kept(asked, lost), act)


def over(subscription: Subscription, at: datetime) -> bool:
    """Whether the last dunning day passed without its charge: late runs do not make up for it."""
    until = subscription.dunning_until
    return subscription.status is Status.PAST_DUE and until is not None and until < at


def _retried(
    books: Books, account: Account, case: Case, buyers: Buyers, spent: SpentCards, at: datetime
) -> Case:
    invoice, subscription = case.invoice, case.subscription
    if subscription is None or invoice.status not in PAYABLE:
        note_decline(account, case, NOT_OWED, at)
        return case
    if subscription.collection_method == "send_invoice":
        note_decline(account, case, SENT_NOW, at)
        return case
    method = buyers.method(subscription)
    declined = NO_CARD if method is None else spent.declined(invoice, method)
    if method is None or declined is not None:
        note_decline(account, case, declined or NO_CARD, at)
        return case
    case.payment = new_intent(
        books, invoice, invoice.amount_remaining, method, at, off_session=True
    )
    invoice.start_payment(case.payment.ref)
    return case


def give_up_incomplete(books: Books, account: Account, refs: Sequence[str], act: Act) -> list[Lost]:
    """End each never paid inside its window: invoice void, what came in part to the balance."""
    at = books.now()
    cases = []
    for subscription in books.load_many(Subscription, refs).values():
        window = subscription.incomplete_until
        if subscription.status is Status.INCOMPLETE and window is not None and window <= at:
            cases.append(_given_up(books, account, subscription, at))
    return books.record_in_bulk([Group(ended) for ended in cases if ended], by=act.by)


def _given_up(
    books: Books, account: Account, subscription: Subscription, at: datetime
) -> list[Aggregate]:
    if subscription.latest_invoice_id is None:
        subscription.give_up(at)
        return [subscription]
    invoice = books.load(Invoice, subscription.latest_invoice_id)
    if invoice.open_payment_id is not None:
        return []
    case = Case(None, invoice, subscription)
    if invoice.status in PAYABLE:
        void_and_return(books, account, case, "incomplete_expired", at)
    if subscription.restarted:
        subscription.expire(at)
    else:
        subscription.give_up(at)
    return case.returned()


def reschedule_subscription(
    books: Books, account: Account, ref: str, start: datetime, act: Act
) -> Done:
    """Another start date; what was billed for the term moves along.

    Raises Conflict `subscription_not_scheduled`, Invalid for a date that is not to come.
    """
    subscription, at = books.load(Subscription, ref), books.now()
    account.require_native_engine("a scheduled start")
    subscription.require(Move.RESCHEDULE)
    if start <= at:
        raise Invalid.one("start_date", "not_in_the_future", "must be later than now")
    if subscription.waits_for_recipient:
        subscription.hold_from(start)
        return Done(ref, books.record(subscription, by=act.by, given=act.given(ref)))
    old = subscription.phase
    phase = first_phase(old.id, start, subscription.timezone, old.terms)
    subscription.reschedule(phase, phase.end if phase.index < 0 else phase.start, at)
    changed: list[Subscription | Invoice] = [subscription]
    if subscription.latest_invoice_id is not None:
        invoice = books.load(Invoice, subscription.latest_invoice_id)
        if invoice.status in {"open", "past_due", "paid"}:
            lines = moved_lines(invoice.lines, old, phase, account.timezone)
            invoice.move_service(lines, at=at, on=accounting_date(at, account.timezone))
            changed.append(invoice)
    return Done(ref, books.record(*changed, by=act.by, given=act.given(ref)))
