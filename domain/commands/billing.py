"""How much a term costs and what its invoice says: the document of one phase."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from domain.commands.organizations import name_for
from domain.invoicing.invoice import Invoice
from domain.invoicing.lines import Line, with_tax
from domain.payments.payment import Payment
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date
from domain.subscriptions.phases import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.customers.customer import Customer
    from domain.customers.payment_method import PaymentMethod
    from domain.subscriptions.phases import Proration


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One term to be billed. `method` set means that it is charged in the same step.

    `request_key` is the caller's key, answered by the outcome of that charge.
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


def bill_term(
    books: Books, account: Account, bill: Bill, at: datetime
) -> tuple[Invoice, Payment | None]:
    """The issued invoice of a term and, where a card is to be charged, the intent to do so."""
    lines = [term_line(books, account, bill.phase, bill.quantity)]
    return bill_lines(books, account, bill, [*lines, *_prorated(books, account, bill)], at)


def bill_lines(
    books: Books, account: Account, bill: Bill, entered: Sequence[Line], at: datetime
) -> tuple[Invoice, Payment | None]:
    """The same for lines of any kind within the bill's phase."""
    invoice = _drafted(books, bill)
    lines = with_tax(entered)
    payment = None
    if bill.method is not None and sum(line.amount + line.tax for line in lines) > 0:
        payment = new_intent(
            books, invoice, sum(line.amount + line.tax for line in lines), bill.method, at,
            request_key=bill.request_key, request_ref=bill.subscription_ref,
        )  # fmt: skip
    strategy = bill.phase.terms.revenue_recognition_strategy
    document = issue_document(account, bill.customer, lines, strategy, at)
    document |= {
        "organization_name": name_for(books, bill.customer),
        "period_start": bill.phase.start,
        "period_end": bill.phase.end,
        "charging": None if payment is None else payment.ref,
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
    )


def term_line(books: Books, account: Account, phase: Phase, quantity: int) -> Line:
    terms = phase.terms
    return Line(
        id=typed_id("il", books.new_id()),
        description=terms.plan_name,
        unit_amount=terms.amount,
        quantity=quantity,
        amount=terms.amount * quantity,
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
    whole = replace(part.terms, amount=part.amount)
    line = term_line(books, account, Phase("", 0, part.start, part.end, whole), 1)
    behavior = "exclusive" if part.net else line.tax_behavior
    return replace(line, description=part.description, tax_behavior=behavior)


def new_intent(
    books: Books,
    invoice: Invoice,
    amount: int,
    method: PaymentMethod,
    at: datetime,
    *,
    request_key: str | None = None,
    request_ref: str | None = None,
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
    )


def issue_document(
    account: Account, customer: Customer, lines: Sequence[Line], strategy: str, at: datetime
) -> dict[str, Any]:
    """The fields of `Invoice.Issued` for these lines, due after the account's terms."""
    subtotal = sum(line.amount for line in lines)
    tax = sum(line.tax for line in lines)
    return {
        "series": account.invoice_prefix,
        "issued_at": at,
        "issued_on": accounting_date(at, account.timezone),
        "due_at": at + timedelta(days=account.days_until_due),
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


def redated(lines: Sequence[Line], phase: Phase, timezone: str) -> tuple[Line, ...]:
    """The lines of a term whose period a payment moved to `phase`."""
    return tuple(_during(line, phase, timezone) for line in lines)


def moved_lines(lines: Sequence[Line], old: Phase, new: Phase, timezone: str) -> tuple[Line, ...]:
    """Those of the old phase's end are of the new one; a later part of it keeps its beginning."""
    return tuple(
        _during(line, _of(line, old, new), timezone) if line.period_end == old.end else line
        for line in lines
    )


def _of(line: Line, old: Phase, new: Phase) -> Phase:
    whole = line.period_start == old.start or line.period_start is None
    return new if whole or line.period_start is None else replace(new, start=line.period_start)


def _during(line: Line, phase: Phase, timezone: str) -> Line:
    return replace(
        line,
        period_start=phase.start,
        period_end=phase.end,
        service_start=accounting_date(phase.start, timezone),
        service_end=accounting_date(phase.end, timezone),
    )
