"""The lines of invoices by hand: what they are of, over which days, recognised in one way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.commands.coupons import discounted
from domain.invoicing.lines import Line, with_tax
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.shared.discount import Discount


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


def require_one_strategy(books: Books, lines: Sequence[Line]) -> str:
    """How the lines are recognised. Raises Invalid `mixed_strategies`."""
    refs = {line.product_id for line in lines if line.product_id}
    products = books.load_many(Product, refs).values()
    strategies = {product.revenue_recognition_strategy for product in products}
    if any(line.product_id is None for line in lines):
        strategies.add("invoice_creation")
    if len(strategies) > 1:
        raise Invalid.one("lines", "mixed_strategies", "one invoice is recognised in one way")
    return strategies.pop() if strategies else "invoice_creation"


def lines_of(
    books: Books, account: Account, new: Sequence[NewLine], currency: str,
    discount: Discount | None,
) -> tuple[Line, ...]:  # fmt: skip
    """Raises Invalid for periods without two ends in order, plans of other products or
    currencies, and products recognised in several ways."""
    plans = [_plan(books, at, line) for at, line in enumerate(new)]
    sold = list(zip(new, plans, strict=True))
    wrong = [
        error._replace(field=f"lines[{at}].{error.field}")
        for at, line in enumerate(new)
        if (error := wrong_period(line.period_start, line.period_end)) is not None
    ]
    wrong += [error for at, line in enumerate(sold) for error in _wrong_plan(at, *line, currency)]
    if wrong:
        raise Invalid(tuple(wrong))
    lines = [_line(books, account, at, *line) for at, line in enumerate(sold)]
    require_one_strategy(books, lines)
    return with_tax(discounted(lines, discount))


def wrong_period(start: datetime | None, end: datetime | None) -> FieldError | None:
    if (start is None) != (end is None):
        missing = "period_end" if end is None else "period_start"
        return FieldError(missing, "required", "a period has two ends")
    if start is not None and end is not None and end <= start:
        return FieldError("period_end", "empty_period", "must be after its start")
    return None


def require_plans_of(books: Books, lines: Sequence[Line], currency: str) -> None:
    """Of lines that stay when their draft's currency is said anew. Raises Invalid."""
    found = books.load_many(Plan, {line.plan_id for line in lines if line.plan_id}).values()
    plans = {plan.ref: plan for plan in found}
    sold = [(at, plans.get(line.plan_id or "")) for at, line in enumerate(lines)]
    wrong = [error for at, plan in sold for error in _wrong_currency(at, plan, currency)]
    if wrong:
        raise Invalid(tuple(wrong))


def _plan(books: Books, at: int, new: NewLine) -> Plan | None:
    return books.load(Plan, new.plan_id, field=f"lines[{at}].plan_id") if new.plan_id else None


def _wrong_plan(at: int, new: NewLine, plan: Plan | None, currency: str) -> list[FieldError]:
    wrong = _wrong_currency(at, plan, currency)
    if plan is not None and new.product_id not in {None, plan.terms.product_id}:
        detail = f"the plan is of {plan.terms.product_id}"
        wrong.append(FieldError(f"lines[{at}].product_id", "reference_mismatch", detail))
    return wrong


def _wrong_currency(at: int, plan: Plan | None, currency: str) -> list[FieldError]:
    if plan is None or plan.terms.currency == currency:
        return []
    detail = f"the plan is sold in {plan.terms.currency}, the invoice is in {currency}"
    return [FieldError(f"lines[{at}].plan_id", "currency_mismatch", detail)]


def _line(books: Books, account: Account, at: int, new: NewLine, plan: Plan | None) -> Line:
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
        **_service(account, new),
        plan_id=plan.ref if plan else None,
        plan_name=plan.name if plan else None,
        product_id=product.ref if product else None,
        product_name=product.name if product else None,
        entitlements=plan.terms.entitlements if plan else (),
    )


def dated(account: Account, lines: Sequence[Line]) -> tuple[Line, ...]:
    """With the accounting dates of their periods where the account is by now."""
    return tuple(replace(line, **_service(account, line)) for line in lines)


def _service(account: Account, of: Line | NewLine) -> dict[str, Any]:
    return {
        "service_start": date_of(account, of.period_start),
        "service_end": date_of(account, of.period_end),
    }


def date_of(account: Account, instant: datetime | None) -> Any:
    return None if instant is None else accounting_date(instant, account.timezone)
