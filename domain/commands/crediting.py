"""Taken back by a person: an invoice refunded, credited, and a credit note void again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.act import Done
from domain.commands.collecting import case_of, complete
from domain.commands.earning import put_back
from domain.commands.noting import Noted, lines_of, note
from domain.commands.paying_out import paid_out, pay_out
from domain.commands.refunding import Returns
from domain.invoicing.credit_note import Allocation, CreditNote
from domain.invoicing.invoice import PAYABLE, Invoice
from domain.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.gateway import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOf:
    """Gross; no amount means all that can go there. `to`: card, balance or offline."""

    reason: str
    amount: int | None = None
    to: str = "balance"
    policy: str = "proportional"
    override_gift: bool = False


def refund_invoice(
    books: Books, gateways: Gateways, account: Account, ref: str, asked: RefundOf, act: Act
) -> tuple[Done, Outcome | None]:
    """Gives back what was paid; to cards, what cards paid, the latest payment first.

    Raises Conflict `invoice_not_refundable`, `payment_in_progress` or `gift_redeemed`, Invalid
    `amount_exceeds_refundable`, `amount_exceeds_card_payments` or `no_card_payment`.
    """
    invoice = books.load(Invoice, ref)
    invoice.require_refundable()
    invoice.require_not_given(override=asked.override_gift)
    amount = _all_left(invoice, asked.to) if asked.amount is None else asked.amount
    if not 0 < amount <= invoice.refundable:
        detail = f"{invoice.refundable} can go back"
        raise Invalid.one("amount", "amount_exceeds_refundable", detail)
    key = act.request_key if asked.to == "card" else None
    returns = Returns(books, account, books.now(), asked.reason, "invoice", key)
    returns.refund(invoice, amount, asked.to, asked.policy)
    given = act.given(returns.refunds[0].ref) if key is None else act.intent()
    recorded = books.record(*returns.recorded(), invoice, by=act.by, given=given)
    return paid_out(books, gateways, account, returns.refunds, act, recorded)


def _all_left(invoice: Invoice, to: str) -> int:
    if to != "card" or not invoice.cards:
        return invoice.refundable
    return min(invoice.refundable, sum(invoice.cards.values())) or invoice.refundable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """`amount` gross, or `lines`: net by line id. No allocations means off what is owed first,
    the rest to the customer's balance."""

    reason: str
    amount: int | None = None
    lines: Mapping[str, int] | None = None
    allocations: Sequence[Allocation] = ()
    policy: str = "proportional"
    override_gift: bool = False


def create_credit_note(
    books: Books, gateways: Gateways, account: Account, ref: str, new: NewNote, act: Act
) -> Done:
    """Takes part of an invoice back. One that leaves nothing owed makes it paid.

    Raises Conflict `invoice_not_creditable` or `payment_in_progress`, Invalid
    `amount_exceeds_outstanding`, `amount_exceeds_refundable`, `allocations_mismatch` and more.
    """
    case = case_of(books, books.load(Invoice, ref), None)
    invoice = case.invoice
    invoice.require_creditable()
    lines = () if new.lines is None else lines_of(invoice, new.lines)
    amount = sum(each.net + each.tax for each in lines) if new.amount is None else new.amount
    given = _given_back(invoice, amount, new.allocations)
    if any(given.values()):
        invoice.require_not_given(override=new.override_gift)
    returns = Returns(books, account, books.now(), new.reason, within=_at_card(new.allocations))
    made = note(returns, invoice, Noted(
        amount=amount, policy=new.policy, lines=lines, balance=given.get("balance", 0),
        card=given.get("card", 0), offline=given.get("offline", 0),
    ))  # fmt: skip
    complete(account, case, returns.at)
    changed = [each for each in (invoice, case.subscription) if each and each.pending_events]
    recorded = books.record(*returns.recorded(), *changed, by=act.by, given=act.given(made.ref))
    settled = [at for at, _ in pay_out(books, gateways, account, returns.refunds, act) if at]
    return Done(made.ref, settled[-1] if settled else recorded)


def _at_card(asked: Sequence[Allocation]) -> str:
    """Where the request says what goes to cards."""
    return next((f"allocations[{at}]." for at, each in enumerate(asked) if each.to == "card"), "")


def _given_back(invoice: Invoice, amount: int, asked: Sequence[Allocation]) -> dict[str, int]:
    """What is given back, by where it goes; the rest comes off what is owed."""
    owed = invoice.amount_remaining if invoice.status in PAYABLE else 0
    if not asked:
        beyond = 0 if invoice.waiting else max(amount - owed, 0)
        return {"balance": beyond}
    parts: dict[str, int] = {}
    for each in asked:
        parts[each.to] = parts.get(each.to, 0) + each.amount
    if sum(parts.values()) != amount:
        detail = f"they add up to {sum(parts.values())}, the note to {amount}"
        raise Invalid.one("allocations", "allocations_mismatch", detail)
    if parts.get("receivable", 0) > owed:
        raise Invalid.one("allocations", "amount_exceeds_outstanding", f"{owed} is owed")
    return {to: part for to, part in parts.items() if to != "receivable"}


def void_credit_note(books: Books, account: Account, ref: str, act: Act) -> Done:
    """What it took off is owed again. Raises Conflict `credit_note_not_voidable` or
    `payment_in_progress`.
    """
    drawn_up = books.load(CreditNote, ref)
    invoice = books.load(Invoice, drawn_up.invoice_id)
    returns = Returns(books, account, books.now(), act.by.reason)
    at, on = returns.at, returns.on
    drawn_up.void(at=at, on=on, reason=returns.reason)
    invoice.void_credit(
        ref, drawn_up.total, at=at, on=on, lines=put_back(invoice, ref, on), reason=returns.reason
    )
    given = act.given(ref)
    return Done(ref, books.record(drawn_up, invoice, by=act.by, given=given))
