"""Invoices by hand: drafted, issued, voided, given up, annotated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.accounts import account_of
from domain.commands.act import Done
from domain.commands.billing import issue, issue_document
from domain.commands.claims import moved_old_id, old_id_claims, resolve
from domain.commands.collecting import Case, case_of, credit_negative, give_back
from domain.commands.credit_at_issue import credit_of, settle_from_credit
from domain.commands.organizations import name_for
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.invoicing.lines import Line, with_tax
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date
from domain.subscriptions.states import Move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """`unit_amount` in minor units, negative for a credit. Periods come in pairs."""

    description: str
    unit_amount: int
    quantity: int = 1
    plan_id: str | None = None
    product_id: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    tax_rate: Decimal | None = None
    tax_behavior: str = "exclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    currency: str
    lines: Sequence[NewLine]
    customer_id: str | None = None
    customer_old_provider_id: str | None = None
    collection_method: str = "send_invoice"
    notes: str | None = None
    purchase_order: str | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def create_invoice(books: Books, account: Account, new: NewInvoice, act: Act) -> Done:
    """A draft. Raises Invalid for wrong references, empty periods or mixed strategies."""
    ref = resolve(books, "cus", "customer", new.customer_id, new.customer_old_provider_id)
    if ref is None:
        raise Invalid.one("customer_id", "required", "an invoice is a customer's")
    customer = books.load(Customer, ref, field="customer_id")
    _require_notes_kept_here(account, new.notes, new.purchase_order)
    invoice = Invoice.begin(
        Invoice.Created,
        id=books.new_id(),
        customer_id=customer.ref,
        currency=new.currency,
        collection_method=new.collection_method,
        billing_reason="manual",
        lines=_lines(books, account, new),
        notes=new.notes,
        purchase_order=new.purchase_order,
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
    )
    claims = old_id_claims("inv", new.old_provider_id, invoice.id)
    given = act.given(invoice.ref, claims=claims)
    return Done(invoice.ref, books.record(invoice, by=act.by, given=given))


def _lines(books: Books, account: Account, new: NewInvoice) -> tuple[Line, ...]:
    wrong = [error for at, line in enumerate(new.lines) for error in _wrong_period(at, line)]
    if wrong:
        raise Invalid(tuple(wrong))
    return with_tax([_line(books, account, at, line) for at, line in enumerate(new.lines)])


def _wrong_period(at: int, line: NewLine) -> list[FieldError]:
    start, end = line.period_start, line.period_end
    if (start is None) != (end is None):
        missing = "period_end" if end is None else "period_start"
        return [FieldError(f"lines[{at}].{missing}", "required", "a period has two ends")]
    if start is not None and end is not None and end <= start:
        return [FieldError(f"lines[{at}].period_end", "empty_period", "must be after its start")]
    return []


def _line(books: Books, account: Account, at: int, new: NewLine) -> Line:
    plan = books.load(Plan, new.plan_id, field=f"lines[{at}].plan_id") if new.plan_id else None
    product_ref = new.product_id or (plan.terms.product_id if plan else None)
    product = (
        books.load(Product, product_ref, field=f"lines[{at}].product_id") if product_ref else None
    )
    return Line(
        id=typed_id("il", books.new_id()),
        description=new.description,
        unit_amount=new.unit_amount,
        quantity=new.quantity,
        amount=new.unit_amount * new.quantity,
        tax_rate=new.tax_rate,
        tax_behavior=new.tax_behavior,
        period_start=new.period_start,
        period_end=new.period_end,
        service_start=_date(account, new.period_start),
        service_end=_date(account, new.period_end),
        plan_id=plan.ref if plan else None,
        plan_name=plan.name if plan else None,
        product_id=product.ref if product else None,
        product_name=product.name if product else None,
        entitlements=plan.terms.entitlements if plan else (),
    )


def _date(account: Account, instant: datetime | None) -> Any:
    return None if instant is None else accounting_date(instant, account.timezone)


def issue_invoice(books: Books, account: Account, ref: str, act: Act) -> Done:
    """Gives it its number. Raises Conflict `invoice_not_draft`, Invalid `mixed_strategies`."""
    invoice = books.load(Invoice, ref)
    customer = books.load(Customer, invoice.customer_id)
    at = books.now()
    strategy = _strategy(books, invoice)
    if strategy == "invoice_payment":
        account.require_native_engine("recognition by payment")
    document = issue_document(account, customer, invoice.lines, strategy, at)
    named = {"organization_name": name_for(books, customer)}
    issue(invoice, document | named | _span(invoice.lines), at)
    case = Case(None, invoice, None)
    credit_negative(books, account, case, at)
    credit = credit_of(books, account, customer.ref, invoice.currency, case.balance)
    settle_from_credit(books, account, case, credit, at)
    return Done(ref, books.record(*case.changed(), by=act.by, given=act.given(ref)))


def _strategy(books: Books, invoice: Invoice) -> str:
    refs = {line.product_id for line in invoice.lines if line.product_id}
    products = books.load_many(Product, refs).values()
    strategies = {product.revenue_recognition_strategy for product in products}
    if any(line.product_id is None for line in invoice.lines):
        strategies.add("invoice_creation")
    if len(strategies) > 1:
        raise Invalid.one("lines", "mixed_strategies", "one invoice is recognised in one way")
    return strategies.pop() if strategies else "invoice_creation"


def _span(lines: Sequence[Line]) -> dict[str, datetime | None]:
    starts = [line.period_start for line in lines if line.period_start]
    ends = [line.period_end for line in lines if line.period_end]
    return {
        "period_start": min(starts, default=None),
        "period_end": max(ends, default=None),
    }


def void_invoice(books: Books, account: Account, ref: str, act: Act) -> Done:
    """Raises Conflict `invoice_terminal`, `invoice_has_payments` or `payment_in_progress`."""
    at = books.now()
    case = case_of(books, books.load(Invoice, ref), None)
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    unapplied, applied = invoice.unapplied, invoice.balance_applied
    invoice.void(at=at, on=on, reason=act.by.reason)
    if unapplied:
        give_back(books, case, unapplied, "unapplied", at, on)
    elif applied:
        give_back(books, case, applied, "void", at, on)
    return Done(ref, books.record(*case.returned(), by=act.by, given=act.given(ref)))


def mark_uncollectible(books: Books, account: Account, ref: str, act: Act) -> Done:
    """Gives the invoice up; the subscription it renewed is unpaid. Raises as `void_invoice`."""
    at = books.now()
    case = case_of(books, books.load(Invoice, ref), None)
    invoice, on = case.invoice, accounting_date(at, account.timezone)
    unapplied = invoice.unapplied
    relief = account.bad_debt_tax_relief
    invoice.mark_uncollectible(at=at, on=on, reason=act.by.reason, tax_relief=relief)
    if unapplied:
        give_back(books, case, unapplied, "unapplied", at, on)
    subscription = case.subscription
    if (
        subscription is not None
        and subscription.latest_invoice_id == invoice.ref
        and invoice.billing_reason == "subscription_cycle"
        and subscription.allows(Move.BECOME_UNPAID)
    ):
        subscription.become_unpaid(invoice.ref, at)
    return Done(ref, books.record(*case.returned(), by=act.by, given=act.given(ref)))


def update_invoice(
    books: Books, ref: str, changes: dict[str, Any], act: Act, version: int | None = None
) -> Done:
    """`changes` of notes, purchase_order, metadata, old_provider_id."""
    invoice = books.load(Invoice, ref)
    _require_notes_kept_here(account_of(books), changes.get("notes"), changes.get("purchase_order"))
    invoice.require_version(version)
    moved = moved_old_id(invoice, changes, "inv")
    invoice.update(changes)
    return Done(ref, books.record(invoice, by=act.by, given=act.given(ref, **moved)))


def _require_notes_kept_here(account: Account, *notes: str | None) -> None:
    """Raises NotAllowed `billing_engine_required` for what another system's invoices say."""
    if any(note is not None for note in notes):
        account.require_native_engine("notes on invoices")
