"""How much a term costs and what its invoice says: the document of one phase."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domain.commands.coupons import discounted
from domain.commands.moving import held
from domain.commands.organizations import name_for
from domain.invoicing.invoice import Invoice
from domain.invoicing.lines import Line, with_tax
from domain.payments.payment import Payment
from domain.shared.errors import DomainError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date, days_after
from domain.subscriptions.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.customers.customer import Customer
    from domain.customers.payment_method import PaymentMethod
    from domain.payments.balance import Balance
    from domain.shared.discount import Discount
    from domain.shared.policy import BillingPolicy
    from domain.subscriptions.phases import Proration


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One term to be billed. `method` set means that it is charged in the same step.

    `request_key` is the caller's key, answered by the outcome of that charge. `usage` is of the
    term before; with a quantity of 0 that is all there is to bill. `off_session`: nobody is there
    to confirm the charge with their bank. `held`: nobody knows yet when a gift's term begins.
    `discount` makes the term cheaper. `credit` is to be spent first (`settle_from_credit`): the
    card is asked for the rest.
    """

    customer: Customer
    subscription_ref: str
    phase: Phase
    quantity: int
    collection_method: str
    billing_reason: str
    method: PaymentMethod | None
    notes: str | None = None
    purchase_order: str | None = None
    request_key: str | None = None
    prorations: tuple[Proration, ...] = ()
    usage: Usage | None = None
    off_session: bool = False
    gift: bool = False
    held: bool = False
    credit: Balance | None = None
    discount: Discount | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a term that is over brought, billed by its policy."""

    phase: Phase
    quantity: int


class RuleFailed(DomainError):
    """The plan's billing policy gives no amount that may be charged: nothing is."""

    code = "billing_rule_failed"


def bill_term(
    books: Books, account: Account, bill: Bill, at: datetime
) -> tuple[Invoice | None, Payment | None]:
    """The issued invoice of a term and, where a card is to be charged, the intent to do so.

    No invoice where there is nothing to say: a term billed by usage after one that brought none.
    Raises RuleFailed.
    """
    lines = _lines(books, account, bill)
    if not lines:
        return None, None
    return _issued(books, account, bill, lines, at)


def bill_lines(
    books: Books, account: Account, bill: Bill, entered: Sequence[Line], at: datetime
) -> tuple[Invoice, Payment | None]:
    """The same for lines of any kind within the bill's phase."""
    return _issued(books, account, bill, with_tax(entered), at)


def _issued(
    books: Books, account: Account, bill: Bill, lines: tuple[Line, ...], at: datetime
) -> tuple[Invoice, Payment | None]:
    invoice = _drafted(books, bill)
    payment, total = None, sum(line.amount + line.tax for line in lines)
    spent = 0 if bill.credit is None else min(bill.credit.amount, max(total, 0))
    if bill.method is not None and total > spent:
        payment = new_intent(
            books, invoice, total - spent, bill.method, at,
            request_key=bill.request_key, request_ref=bill.subscription_ref,
            off_session=bill.off_session,
        )  # fmt: skip
    strategy = bill.phase.terms.revenue_recognition_strategy
    document = issue_document(account, bill.customer, lines, strategy, at)
    billed = bill.usage.phase if bill.usage and not _in_advance(bill) else bill.phase
    document |= {
        "organization_name": name_for(books, bill.customer),
        "period_start": None if bill.held else billed.start,
        "period_end": None if bill.held else billed.end,
        "charging": None if payment is None or spent else payment.ref,
        "discount": bill.discount,
    }
    issue(invoice, document, at)
    return invoice, payment


def _drafted(books: Books, bill: Bill) -> Invoice:
    return Invoice.begin(
        Invoice.Created,
        id=books.new_id(),
        customer_id=bill.customer.ref,
        currency=bill.phase.terms.currency,
        collection_method=bill.collection_method,
        billing_reason=bill.billing_reason,
        subscription_id=bill.subscription_ref,
        notes=bill.notes,
        purchase_order=bill.purchase_order,
        gift=bill.gift,
    )


def _lines(books: Books, account: Account, bill: Bill) -> tuple[Line, ...]:
    """What the term before brought, what this one costs, what a change of plan left. With tax."""
    lines = []
    if bill.usage is not None and bill.usage.quantity:
        lines.append(usage_line(books, account, bill.usage))
    if _in_advance(bill):
        term = term_line(books, account, bill.phase, bill.quantity)
        lines.append(held(term) if bill.held else term)
    lines = discounted(lines, bill.discount)
    lines.extend(_prorated(books, account, bill))
    if bill.phase.terms.policy is None and bill.usage is None:
        return with_tax(lines)
    return _within(bill.phase.terms.policy, lines)


def _within(policy: BillingPolicy | None, lines: Sequence[Line]) -> tuple[Line, ...]:
    """With tax. The limit is that of the term that begins, so that another version mends it."""
    try:
        taxed = with_tax(lines)
    except Invalid as too_large:
        raise RuleFailed(too_large.code, too_large.detail) from None
    most = None if policy is None else policy.maximum_amount
    total = sum(line.amount + line.tax for line in taxed)
    if most is not None and total > most:
        detail = f"{total} is more than {most}, the most that an invoice may ask for"
        raise RuleFailed("maximum_amount_exceeded", detail)
    return taxed


def _in_advance(bill: Bill) -> bool:
    return bill.quantity > 0 and not bill.phase.in_arrears


def usage_line(books: Books, account: Account, usage: Usage) -> Line:
    """The service of a term that is over: what was used is earned when it is billed."""
    policy = usage.phase.terms.policy
    if policy is None or policy.unit_amount is None:
        raise TypeError("usage is billed by a policy of usage")
    line = term_line(books, account, usage.phase, usage.quantity)
    return replace(
        line,
        description=f"{line.description}: {usage.quantity} {policy.unit}",
        unit_amount=policy.unit_amount,
        amount=policy.unit_amount * usage.quantity,
    )


def term_line(books: Books, account: Account, phase: Phase, quantity: int) -> Line:
    terms = phase.terms
    return Line(
        id=typed_id("il", books.new_id()),
        description=terms.plan_name,
        unit_amount=phase.unit_amount,
        quantity=quantity,
        amount=phase.unit_amount * quantity,
        tax_rate=terms.tax_rate,
        tax_behavior=terms.tax_behavior,
        period_start=phase.start,
        period_end=phase.end,
        service_start=accounting_date(phase.start, account.timezone),
        service_end=accounting_date(phase.end, account.timezone),
        plan_id=terms.plan_id,
        plan_name=terms.plan_name,
        product_id=terms.product_id,
        product_name=terms.product_name,
        entitlements=terms.entitlements,
    )


def _prorated(books: Books, account: Account, bill: Bill) -> Iterator[Line]:
    """What a change of plan left to be said on the next invoice."""
    for part in bill.prorations:
        yield proration_line(books, account, part)


def proration_line(books: Books, account: Account, part: Proration) -> Line:
    """What was unearned is net already, so its tax comes on top whatever the plan's does."""
    whole = replace(part.terms, amount=part.amount, policy=None)
    line = term_line(books, account, Phase("", 0, part.start, part.end, whole), 1)
    behavior = "exclusive" if part.net else line.tax_behavior
    return replace(
        line, description=part.description, tax_behavior=behavior, discount=part.discount
    )


def new_intent(
    books: Books,
    invoice: Invoice,
    amount: int,
    method: PaymentMethod,
    at: datetime,
    *,
    request_key: str | None = None,
    request_ref: str | None = None,
    off_session: bool = False,
) -> Payment:
    """The intent to charge; `request_key` is answered with `request_ref` by its outcome."""
    return Payment.begin(
        Payment.Created,
        id=books.new_id(),
        customer_id=invoice.customer_id,
        amount=amount,
        currency=invoice.currency,
        gateway=method.gateway,
        payment_method_id=method.ref,
        method_reference=method.reference,
        started_at=at,
        invoice_id=invoice.ref,
        request_key=request_key,
        request_ref=None if request_key is None else request_ref,
        off_session=off_session,
    )


def issue_document(
    account: Account,
    customer: Customer,
    lines: Sequence[Line],
    strategy: str,
    at: datetime,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """The fields of `Invoice.Issued` for these lines, due then or after the account's terms."""
    subtotal = sum(line.amount for line in lines)
    tax = sum(line.tax for line in lines)
    on = accounting_date(at, account.timezone)
    due = due_at or days_after(at, account.days_until_due, account.timezone)
    return {
        "series": account.invoice_series(on),
        "issued_at": at,
        "issued_on": on,
        "due_at": due,
        "due_on": accounting_date(due, account.timezone),
        "lines": tuple(lines),
        "subtotal": subtotal,
        "tax": tax,
        "total": subtotal + tax,
        "revenue_recognition_strategy": strategy,
        "customer_email": customer.email,
        "customer_first_name": customer.first_name,
        "customer_last_name": customer.last_name,
    }


def issue(invoice: Invoice, document: dict[str, Any], at: datetime) -> None:
    """Issue, and pay at once what asks for nothing."""
    invoice.issue(document)
    if invoice.total == 0:
        invoice.receive(None, 0, "none", at=at, on=document["issued_on"])
