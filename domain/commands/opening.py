"""How a subscription is opened: at once, on a date to come, or running already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.commands.billing import Bill, RuleFailed, bill_term
from domain.commands.collecting import Case
from domain.commands.coupons import count_discount, covering
from domain.commands.credit_at_issue import Credits, settle_from_credit
from domain.commands.rules import note_failure
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.money import LARGEST_AMOUNT
from domain.shared.period import days_after
from domain.subscriptions.phases import Phase, first_phase
from domain.subscriptions.states import Status
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.sales import NewSubscription, Sale
    from domain.invoicing.invoice import Invoice
    from domain.payments.payment import Payment
    from domain.shared.terms import Terms
    from domain.subscriptions.gift import Gift

ON_START = "bill_on_start_date"
AT_ONCE = "bill_immediately"


def open_subscription(
    books: Books,
    account: Account,
    sale: Sale,
    new: NewSubscription,
    at: datetime,
    request_key: str | None = None,
    gift_code: str | None = None,
    credits_: Credits | None = None,
) -> Case:
    """The subscription with its first invoice and intent, decided and not yet saved."""
    auto_renew = _accepted(account, sale, new, at)
    subscription_id = books.new_id()
    ref = typed_id(Subscription.prefix, subscription_id)
    phase = _phase(books, account, sale.terms, new, at)
    credit = (credits_ or sale.credits(books, account)).of(*sale.spender)
    bill = replace(_first_bill(sale, new, ref, phase, request_key), credit=credit)
    invoice, payment, failed = _billed(books, account, new, bill, at)
    subscription = Subscription.begin(
        Subscription.Created,
        id=subscription_id,
        customer_id=sale.customer.ref,
        phase=phase,
        quantity=new.quantity,
        auto_renew=auto_renew,
        collection_method=sale.collection_method,
        payment_method_id=new.payment_method_id,
        anchor=phase.end if phase.index < 0 else phase.start,
        timezone=account.timezone,
        invoice_id=None if invoice is None else invoice.ref,
        **_beginning(account, sale, new, at, gift_code),
    )
    sale.redeem(ref, at)
    count_discount(subscription, phase, invoice, at)
    if failed is not None:
        note_failure(sale.plan, subscription, phase, failed, at, None)
    else:
        _go_on(subscription, invoice, at)
    case = Case(payment, invoice, subscription)  # type: ignore[arg-type]  # none in a trial
    settle_from_credit(books, account, case, credit, at)
    return case


def _accepted(account: Account, sale: Sale, new: NewSubscription, at: datetime) -> bool:
    """Whether it renews by itself. Raises for what cannot be sold so."""
    auto_renew = sale.plan.auto_renew if new.auto_renew is None else new.auto_renew
    require_engine(account, sale, new)
    require_consistent(new, at, auto_renew=auto_renew)
    require_countable(sale.terms, new.quantity)
    require_giftable(sale.terms, new)
    return auto_renew


def _billed(
    books: Books, account: Account, new: NewSubscription, bill: Bill, at: datetime
) -> tuple[Invoice | None, Payment | None, RuleFailed | None]:
    """What is billed when it is sold, if anything is, or why nothing may be charged."""
    if bill.phase.index < 0 or (new.start_date and new.billing_behavior == ON_START):
        return None, None, None
    try:
        return *bill_term(books, account, bill, at), None
    except RuleFailed as reason:
        return None, None, reason


def _go_on(subscription: Subscription, invoice: Invoice | None, at: datetime) -> None:
    if subscription.gift is not None:
        hold_if_paid(subscription, invoice, at)
    elif subscription.status is Status.INCOMPLETE and begins_at_once(subscription, invoice):
        subscription.activate(at)


def _beginning(
    account: Account, sale: Sale, new: NewSubscription, at: datetime, gift_code: str | None
) -> dict[str, object]:
    scheduled = new.start_date is not None
    behavior = new.billing_behavior or AT_ONCE
    return {
        "start_date": new.start_date or at,
        "scheduled": scheduled,
        "billing_behavior": behavior if scheduled else None,
        "incomplete_until": None if scheduled else window(account, at),
        "next_invoice_date": new.next_invoice_date,
        "suspended_until": new.suspended_until,
        "shipping_address_id": new.shipping_address_id,
        "invoice_notes": new.invoice_notes,
        "purchase_order": new.purchase_order,
        "discount": sale.discount,
        "gift": new.gift,
        "gift_code": gift_code,
        "old_provider_id": new.old_provider_id,
        "metadata": new.metadata,
    }


def _phase(
    books: Books, account: Account, terms: Terms, new: NewSubscription, at: datetime
) -> Phase:
    """One that runs elsewhere is in the period before its anchor, as a trial is."""
    phase_id = typed_id("ph", books.new_id())
    if new.next_invoice_date is not None:
        return Phase(phase_id, -1, at, new.next_invoice_date, terms)
    start = new.gift.start_date if new.gift is not None else new.start_date
    return first_phase(phase_id, start or at, account.timezone, terms)


def window(account: Account, at: datetime) -> datetime:
    """Until when the first payment is waited for."""
    return days_after(at, account.incomplete_days, account.timezone)


def _first_bill(
    sale: Sale, new: NewSubscription, ref: str, phase: Phase, request_key: str | None
) -> Bill:
    return Bill(
        customer=sale.customer,
        subscription_ref=ref,
        phase=phase,
        quantity=new.quantity,
        collection_method=sale.collection_method,
        billing_reason="subscription_create",
        method=sale.method if sale.collection_method == "charge_automatically" else None,
        notes=new.invoice_notes,
        purchase_order=new.purchase_order,
        request_key=request_key,
        discount=covering(sale.discount, phase),
        gift=new.gift is not None,
        held=new.gift is not None,
    )


def begins_at_once(subscription: Subscription, invoice: Invoice | None) -> bool:
    """Whether access waits for no money: nothing is asked, it is paid, or the reader is trusted."""
    if invoice is None or invoice.status == "paid":
        return True
    by_invoice = subscription.collection_method == "send_invoice"
    return by_invoice and invoice.strategy == "invoice_creation"


def hold_if_paid(subscription: Subscription, invoice: Invoice | None, at: datetime) -> None:
    """A gift has to be paid, however it is collected; only what costs nothing is at once."""
    if invoice is not None and invoice.status == "paid":
        subscription.hold_for_recipient(at)


def require_giftable(terms: Terms, new: NewSubscription) -> None:
    """Raises Invalid `not_giftable` for what is billed only when it was used."""
    if new.gift is not None and terms.policy is not None and terms.policy.in_arrears:
        raise Invalid.one("plan_id", "not_giftable", "a gift is paid before it is used")


def require_countable(terms: Terms, quantity: int) -> None:
    """Checked before a trial too: its renewals must not be the first to find out. What a billing
    policy asks for is checked when it is billed."""
    if terms.policy is not None:
        return
    if terms.amount * quantity * (1 + (terms.tax_rate or 0)) >= LARGEST_AMOUNT:
        raise Invalid.one("quantity", "amount_too_large", f"costs {LARGEST_AMOUNT} or more a term")


def require_notes_allowed(*, auto_renew: bool, **notes: str | None) -> None:
    """Raises Invalid `invoice_notes_manual_renewal_only`."""
    if not auto_renew:
        return
    wrong = [
        FieldError(name, "invoice_notes_manual_renewal_only", "only for manual renewal")
        for name, text in notes.items()
        if text is not None
    ]
    if wrong:
        raise Invalid(tuple(wrong))


def require_engine(account: Account, sale: Sale, new: NewSubscription) -> None:
    """Raises NotAllowed `billing_engine_required` for what another system's billing lacks."""
    if new.start_date is not None or new.billing_behavior is not None:
        account.require_native_engine("a scheduled start")
    if new.invoice_notes is not None or new.purchase_order is not None:
        account.require_native_engine("notes on invoices")
    if sale.terms.revenue_recognition_strategy == "invoice_payment":
        account.require_native_engine("recognition by payment")


def require_consistent(new: NewSubscription, at: datetime, *, auto_renew: bool) -> None:
    """Raises Invalid naming every field that does not go with the others."""
    require_notes_allowed(
        auto_renew=auto_renew, invoice_notes=new.invoice_notes, purchase_order=new.purchase_order
    )
    wrong = [
        *_not_to_come(new, at),
        *(_running_already(new) if new.next_invoice_date or new.current_period_end else ()),
        *(_not_with_gift(new, new.gift, at) if new.gift is not None else ()),
    ]
    if new.billing_behavior == ON_START and new.start_date is None:
        wrong.append(FieldError("billing_behavior", "requires_start_date", "there is no start"))
    if wrong:
        raise Invalid(tuple(wrong))


def _not_to_come(new: NewSubscription, at: datetime) -> list[FieldError]:
    names = ("start_date", "next_invoice_date", "current_period_end", "suspended_until")
    return [
        FieldError(name, "not_in_the_future", "must be later than now")
        for name in names
        if getattr(new, name) is not None and getattr(new, name) <= at
    ]


def _running_already(new: NewSubscription) -> list[FieldError]:
    wrong = []
    if new.next_invoice_date is None:
        wrong.append(FieldError("next_invoice_date", "required", "comes with current_period_end"))
    elif new.current_period_end != new.next_invoice_date:
        wrong.append(
            FieldError("current_period_end", "period_mismatch", "must equal next_invoice_date")
        )
    if new.start_date is not None:
        detail = "what runs already has no start to come"
        wrong.append(FieldError("next_invoice_date", "not_with_start_date", detail))
    if new.trial_days:
        wrong.append(FieldError("trial_days", "not_with_next_invoice_date", "it runs already"))
    return wrong


def _not_with_gift(new: NewSubscription, gift: Gift, at: datetime) -> list[FieldError]:
    """It is paid when it is bought, and begins when its recipient wants it to."""
    names = ("start_date", "next_invoice_date", "current_period_end", "trial_days")
    wrong = [
        FieldError(name, "not_with_gift", "a gift has its own start, gift.start_date")
        for name in names
        if getattr(new, name)
    ]
    if new.billing_behavior == ON_START:
        wrong.append(FieldError("billing_behavior", "not_with_gift", "it is paid when bought"))
    if gift.start_date is not None and gift.start_date <= at:
        wrong.append(FieldError("gift.start_date", "not_in_the_future", "must be later than now"))
    return wrong
