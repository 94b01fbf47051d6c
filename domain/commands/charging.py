"""Cards charged for invoices: the intent saved before a gateway is asked, its outcome after.

Whatever happens between, the intent is found again and looked up at the gateway by our reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.application import Group
from domain.commands.act import Done
from domain.commands.billing import new_intent
from domain.commands.collecting import Case, balance_of, case_of, receive_money
from domain.commands.dunning import (
    by_itself,
    charged_again,
    dunning_until,
    left_behind,
    next_retry,
)
from domain.commands.payment_methods import method_of
from domain.customers.customer import Customer
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Charge,
    Declined,
    Gateway,
    GatewayUnavailable,
    Outcome,
    Unanswered,
)
from domain.payments.payment import SETTLED, Payment, Status
from domain.shared.errors import ConcurrentChange, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date
from domain.shared.recording import NO_CONDITIONS, Conditions, Guard

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books, Lost
    from domain.commands.act import Act
    from domain.shared.aggregate import Aggregate

Gateways = Mapping[str, Gateway]


def charge_invoice(
    books: Books, gateways: Gateways, account: Account, ref: str, method_ref: str | None, act: Act,
    return_url: str | None = None,
) -> tuple[Done, Outcome]:  # fmt: skip
    """Charge what is owed to a card, the customer's default where none is named. `return_url`:
    where the customer goes after confirming it.

    Raises Conflict for an invoice that takes no money, Invalid `payment_method_required`,
    GatewayUnavailable for a card whose gateway is not set up (any more).
    """
    invoice = books.load(Invoice, ref)
    invoice.require_payable()
    customer = books.load(Customer, invoice.customer_id)
    method = method_of(books, chosen_method(method_ref, customer), customer.ref)
    payment = new_intent(
        books, invoice, invoice.amount_remaining, method, books.now(),
        request_key=act.request_key, request_ref=ref,
    )  # fmt: skip
    require_set_up(gateways, payment)
    invoice.start_payment(payment.ref)
    books.record(invoice, payment, by=act.by, given=act.intent())
    return settle(books, account, payment.ref, ask(gateways, payment, return_url), act)


def chosen_method(method_ref: str | None, customer: Customer) -> str:
    chosen = method_ref or customer.default_payment_method_id
    if chosen is None:
        raise Invalid.one(
            "payment_method_id", "payment_method_required", "the customer has no default card"
        )
    return chosen


def require_set_up(gateways: Gateways, payment: Payment) -> None:
    """Before its intent is saved. Raises GatewayUnavailable."""
    if payment.gateway not in gateways:
        raise GatewayUnavailable(detail=_not_set_up(payment))


def _not_set_up(payment: Payment) -> str:
    return f"the account is not set up for the card's gateway {payment.gateway}"


def ask(gateways: Gateways, payment: Payment, return_url: str | None = None) -> Outcome:
    """To be asked once the intent was saved, by whoever saved it: where its gateway is not set up
    nobody ever heard of it."""
    gateway = gateways.get(payment.gateway or "")
    if gateway is None:
        return Declined(GatewayUnavailable.code, _not_set_up(payment))
    charge = replace(charge_of(payment), intended_at=payment.modified_on, return_url=return_url)
    return gateway.charge(charge)


def charge_of(payment: Payment) -> Charge:
    return Charge(
        payment.ref, payment.amount, payment.currency, payment.method_reference or "",
        off_session=payment.off_session,
    )  # fmt: skip


def apply_outcome(
    books: Books, account: Account, case: Case, outcome: Outcome, at: datetime
) -> None:
    """Record on each of the case's aggregates what the gateway's answer causes."""
    payment, invoice = case.payment, case.invoice
    if payment is None or isinstance(outcome, Unanswered) or not _tells(payment, outcome):
        return
    if isinstance(outcome, ActionRequired):
        payment.require_action(outcome.reference, at)
        return
    if isinstance(outcome, Declined):
        _fail(payment, outcome, at)
        late = left_behind(invoice, case.subscription)
        alone = payment.off_session and (late or by_itself(invoice))
        if invoice.status in PAYABLE:
            retry_at = charged_again(account, invoice, at, begins=alone)
            invoice.decline(
                payment.ref, outcome.code, outcome.detail, at=at,
                past_due=alone or _has_begun(case), retry_at=retry_at,
            )  # fmt: skip
        note_decline(account, case, outcome, at)
        return
    payment.succeed(outcome.reference, at, outcome.resolution)
    receive_money(books, account, case, payment.amount, "online", at)


def _tells(payment: Payment, outcome: Outcome) -> bool:
    """Whether an answer tells anything new: money for one that had failed does."""
    late = payment.status is Status.FAILED and isinstance(outcome, Approved)
    return late or payment.status not in SETTLED


def _fail(payment: Payment, declined: Declined, at: datetime) -> None:
    payment.fail(
        declined.code, declined.detail, at, hard=declined.is_hard, resolution=declined.resolution
    )


def _has_begun(case: Case) -> bool:
    """Whether the charge is for a term already begun: a renewal, a change, or a start date."""
    upcoming = () if case.subscription is None else case.subscription.upcoming
    if any(booked.invoice_id == case.invoice.ref for booked in upcoming):
        return False
    if case.invoice.billing_reason in {"subscription_cycle", "subscription_update"}:
        return True
    behavior = None if case.subscription is None else case.subscription.billing_behavior
    return behavior == "bill_on_start_date" and case.invoice.billing_reason != "restart"


def note_decline(account: Account, case: Case, outcome: Declined, at: datetime) -> None:
    """Tell the subscription, with the day on which the charge is tried again; of what it asks for
    no more the invoice tells."""
    subscription = case.subscription
    if subscription is None or left_behind(case.invoice, subscription):
        return
    if case.invoice.ref in subscription.invoices:
        retry_at = next_retry(account, subscription, at, outcome)
        until = dunning_until(account, subscription, at)
        subscription.note_decline(
            case.invoice.ref, outcome.code, outcome.detail, at, retry_at, until
        )


def settle(
    books: Books, account: Account, payment_ref: str, outcome: Outcome, act: Act
) -> tuple[Done, Outcome]:
    """Save the outcome of one charge with all it causes; loaded afresh, saved once by version."""
    while True:
        payment = books.load(Payment, payment_ref)
        changed = following(books, account, payment, outcome)
        ref, given = payment.invoice_id or payment_ref, completing(payment, outcome)
        if not changed and given is NO_CONDITIONS:
            return Done(ref, None), outcome
        given = replace(given, concludes=True)
        with suppress(ConcurrentChange):
            return Done(ref, books.record(*changed, by=act.by, given=given)), outcome


def settle_begun(
    books: Books, account: Account, case: Case, outcome: Outcome, act: Act
) -> tuple[Done, Outcome]:
    """The same of an intent that was saved a moment ago: decided on what was saved then. Loaded
    afresh only where somebody changed any of it while the gateway was asked."""
    if case.payment is None:
        raise TypeError("there is no intent")
    apply_outcome(books, account, case, outcome, books.now())
    changed, given = case.changed(), completing(case.payment, outcome)
    if changed:
        read = [
            each for each in (case.invoice, case.subscription) if each and not each.pending_events
        ]
        guards = [Guard(each.id, each.version) for each in read]
        given = replace(given, guards=guards, concludes=True)
        with suppress(ConcurrentChange):
            recorded = books.record(*changed, by=act.by, given=given)
            return Done(case.invoice.ref, recorded), outcome
    return settle(books, account, case.payment.ref, outcome, act)


def following(
    books: Books, account: Account, payment: Payment, outcome: Outcome
) -> list[Aggregate]:
    """What the gateway's answer changes, with its events yet to be recorded."""
    at = books.now()
    if payment.invoice_id is None:
        return _funded(books, account, payment, outcome, at)
    case = case_of(books, books.load(Invoice, payment.invoice_id), payment)
    apply_outcome(books, account, case, outcome, at)
    return case.changed()


def _funded(
    books: Books, account: Account, payment: Payment, outcome: Outcome, at: datetime
) -> list[Aggregate]:
    """A card charged for no invoice: as much credit, or none."""
    if isinstance(outcome, Unanswered) or not _tells(payment, outcome):
        return []
    if isinstance(outcome, ActionRequired):
        payment.require_action(outcome.reference, at)
        return [payment] if payment.pending_events else []
    if isinstance(outcome, Declined):
        _fail(payment, outcome, at)
        return [payment]
    payment.succeed(outcome.reference, at, outcome.resolution)
    balance = balance_of(books, payment.customer_id, payment.currency)
    balance.credit(
        typed_id("bal", books.new_id()), payment.amount, "online",
        payment.description or "Charged to card",
        at=at, on=accounting_date(at, account.timezone), payment_id=payment.ref,
    )  # fmt: skip
    return [payment, balance]


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
        case ActionRequired():
            return {"outcome": "requires_action"}
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
