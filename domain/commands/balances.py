"""Customers' credit: charged from a card, paid in, adjusted, and applied to what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.commands.charging import ask, chosen_method, require_set_up, settle
from domain.commands.collecting import apply_credit, balance_of, case_of
from domain.commands.payment_methods import method_of
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice
from domain.payments.balance import Balance
from domain.payments.payment import Payment
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id, uuid_of
from domain.shared.money import EXPONENTS
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.gateway import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """`amount` > 0 in minor units; no payment method means the customer's default."""

    amount: int
    currency: str
    payment_method_id: str | None = None
    description: str | None = None


def charge_into_balance(
    books: Books, gateways: Gateways, account: Account, ref: str, new: Charged, act: Act
) -> tuple[Done, Outcome]:
    """A card is charged and the customer credited with as much; a decline leaves no credit.

    Raises Invalid `payment_method_required`.
    """
    customer = books.load(Customer, ref)
    customer.require_not_erased()
    method = method_of(books, chosen_method(new.payment_method_id, customer), customer.ref)
    payment_id = books.new_id()
    payment = Payment.begin(
        Payment.Created,
        id=payment_id,
        customer_id=customer.ref,
        amount=new.amount,
        currency=new.currency,
        gateway=method.gateway,
        payment_method_id=method.ref,
        method_reference=method.reference,
        started_at=books.now(),
        request_key=act.request_key,
        request_ref=None if act.request_key is None else typed_id(Payment.prefix, payment_id),
        description=new.description,
    )
    require_set_up(gateways, payment)
    books.record(payment, by=act.by, given=act.intent())
    return settle(books, account, payment.ref, ask(gateways, payment), act)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidIn:
    """Money that came by itself and is for no invoice. `amount` > 0 in minor units."""

    amount: int
    currency: str
    reference: str
    category: str


def pay_into_balance(books: Books, account: Account, ref: str, new: PaidIn, act: Act) -> Done:
    customer = books.load(Customer, ref)
    at = books.now()
    on = accounting_date(at, account.timezone)
    payment = Payment.begin(
        Payment.Recorded,
        id=books.new_id(),
        customer_id=customer.ref,
        amount=new.amount,
        currency=new.currency,
        category=new.category,
        reference=new.reference,
        recorded_on=on,
        started_at=at,
    )
    balance = balance_of(books, ref, new.currency)
    balance.credit(
        typed_id("bal", books.new_id()), new.amount, "offline",
        f"Paid by {new.category}: {new.reference}", at=at, on=on, payment_id=payment.ref,
    )  # fmt: skip
    given = act.given(payment.ref)
    return Done(payment.ref, books.record(payment, balance, by=act.by, given=given))


def adjust_balance(
    books: Books, account: Account, ref: str, amount: int, currency: str, reason: str, act: Act
) -> Done:
    """Gives or, below zero, takes credit. Raises Invalid `amount_exceeds_balance`."""
    customer = books.load(Customer, ref)
    at = books.now()
    transaction = typed_id("bal", books.new_id())
    balance = balance_of(books, customer.ref, currency)
    balance.adjust(transaction, amount, reason, at=at, on=accounting_date(at, account.timezone))
    return Done(transaction, books.record(balance, by=act.by, given=act.given(transaction)))


def apply_balance(books: Books, account: Account, ref: str, amount: int | None, act: Act) -> Done:
    """Settles an invoice from its customer's credit, as far as both go where no amount is named.

    Raises NotAllowed `billing_engine_required`, Conflict for an invoice that takes no money,
    Invalid `amount_exceeds_outstanding`, `amount_exceeds_balance` or `currency_mismatch`.
    """
    account.require_native_engine("applying a balance")
    case = case_of(books, books.load(Invoice, ref), None)
    invoice = case.invoice
    invoice.require_payable()
    case.balance = balance_of(books, invoice.customer_id, invoice.currency)
    if case.balance.amount == 0:
        _require_no_other_credit(books, invoice)
    chosen = min(case.balance.amount, invoice.amount_remaining) if amount is None else amount
    if chosen <= 0:
        detail = f"there is no credit in {invoice.currency}"
        raise Invalid.one("amount", "amount_exceeds_balance", detail)
    if chosen > invoice.amount_remaining:
        detail = f"{invoice.amount_remaining} is owed"
        raise Invalid.one("amount", "amount_exceeds_outstanding", detail)
    apply_credit(books, account, case, chosen, books.now())
    return Done(ref, books.record(*case.returned(), by=act.by, given=act.given(ref)))


def _require_no_other_credit(books: Books, invoice: Invoice) -> None:
    """Raises Invalid `currency_mismatch` for who has credit, but none that the invoice takes."""
    customer = uuid_of(invoice.customer_id, Customer.prefix)
    ids = [Balance.id_for(customer, currency) for currency in EXPONENTS]
    held = sorted(
        each.currency for each in books.load_known(Balance, ids).values() if each.amount > 0
    )
    if held:
        detail = f"the credit is in {', '.join(held)}, the invoice in {invoice.currency}"
        raise Invalid.one("amount", "currency_mismatch", detail)
