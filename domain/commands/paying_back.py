"""Credit given back as money: to the cards that brought it, or offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.collecting import balance_of
from domain.commands.paying_out import paid_out
from domain.commands.refunding import answering
from domain.customers.customer import Customer
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import Invalid
from domain.shared.identifiers import typed_id
from domain.shared.period import accounting_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act, Done
    from domain.commands.charging import Gateways
    from domain.payments.balance import Balance
    from domain.payments.gateway import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBack:
    """`amount` > 0 in minor units of `currency`; `to` card or offline."""

    amount: int
    currency: str
    to: str
    reason: str


def refund_balance(
    books: Books, gateways: Gateways, account: Account, ref: str, asked: PaidBack, act: Act
) -> tuple[Done, Outcome | None]:
    """Leaves the balance with its intent; what a card refuses comes back to it.

    Raises Invalid `amount_exceeds_balance`, `no_card_payment` or `amount_exceeds_card_payments`.
    """
    customer = books.load(Customer, ref)
    balance = balance_of(books, customer.ref, asked.currency)
    balance.require(asked.amount)
    ways: Mapping[str | None, int] = {None: asked.amount}
    if asked.to == "card":
        ways = _cards(balance, asked.amount)
    refunds = _refunds(books, account, balance, ways, asked, act)
    given = act.intent() if asked.to == "card" else act.given(refunds[0].ref)
    recorded = books.record(balance, *refunds, by=act.by, given=given)
    return paid_out(books, gateways, account, refunds, act, recorded)


def _cards(balance: Balance, amount: int) -> dict[str | None, int]:
    """The card payments it goes back to: one that brought enough, else the latest first."""
    kept = {ref: left for ref, left in reversed(balance.cards.items()) if left > 0}
    if not kept:
        detail = "no card brought it: give it back offline"
        raise Invalid.one("to", "no_card_payment", detail)
    if amount > sum(kept.values()):
        detail = f"{sum(kept.values())} of what cards brought can go back to them"
        raise Invalid.one("amount", "amount_exceeds_card_payments", detail)
    whole = next((ref for ref, left in kept.items() if left >= amount), None)
    if whole is not None:
        return {whole: amount}
    ways: dict[str | None, int] = {}
    for ref, left in kept.items():
        part = min(left, amount - sum(ways.values()))
        if part:
            ways[ref] = part
    return ways


def _refunds(
    books: Books, account: Account, balance: Balance, ways: Mapping[str | None, int],
    asked: PaidBack, act: Act,
) -> list[Refund]:  # fmt: skip
    at = books.now()
    refunds: list[Refund] = []
    on = accounting_date(at, account.timezone)
    for payment_id, part in ways.items():
        refund_id = books.new_id()
        ref = typed_id(Refund.prefix, refund_id)
        charged = None if payment_id is None else books.load(Payment, payment_id)
        last = act.request_key is not None and charged is not None and len(refunds) + 1 == len(ways)
        answers = answering(act.request_key or "", refunds) if last else {}
        refunds.append(
            Refund.begin(
                Refund.Created, id=refund_id, customer_id=balance.customer_id, invoice_id=None,
                amount=part, currency=asked.currency, to=asked.to, refunded_on=on,
                payment_id=payment_id, gateway=None if charged is None else charged.gateway,
                reason=asked.reason, **answers,
            )
        )  # fmt: skip
        balance.pay_back(
            typed_id("bal", books.new_id()), part, asked.to, asked.reason,
            at=at, on=on, refund_id=ref, payment_id=payment_id,
        )  # fmt: skip
    return refunds
