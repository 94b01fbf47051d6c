"""Credit notes: how much comes off which line, the document that says so, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from domain.commands.earning import books_of, taken_by
from domain.commands.refunding import cards_for
from domain.invoicing.adjustment import NotedLine
from domain.invoicing.credit_note import SERIES, Allocation, CreditNote, NoteLine
from domain.ledger.taking import taken_of
from domain.shared.errors import FieldError, Invalid
from domain.shared.identifiers import typed_id
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from domain.commands.refunding import Returns
    from domain.invoicing.invoice import Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """`amount` gross, of it `balance`, `card` and `offline` given back, the rest off what is owed.

    `line`: an id with its unearned net and tax, whose own earning goes on (a change of plan).
    `lines`: so much of each; else all of them in proportion to what is left of them.
    """

    amount: int
    policy: str
    balance: int = 0
    card: int = 0
    offline: int = 0
    line: tuple[str, int, int] | None = None
    lines: Sequence[NotedLine] = ()

    @property
    def receivable(self) -> int:
        return self.amount - self.balance - self.card - self.offline

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        parts = {
            "receivable": self.receivable, "balance": self.balance, "card": self.card,
            "offline": self.offline,
        }  # fmt: skip
        return tuple(Allocation(to, amount) for to, amount in parts.items() if amount)


def note(returns: Returns, invoice: Invoice, noted: Noted) -> CreditNote:
    """Takes it off the invoice, gives back what is to be given back, and draws up the document.

    Raises as `Invoice.credit` and `cards_for` do.
    """
    note_id = returns.books.new_id()
    ref = typed_id(CreditNote.prefix, note_id)
    cards = cards_for(invoice, noted.card, returns.within) if noted.card else {}
    invoice.require_room(noted.receivable, noted.amount - noted.receivable)
    waiting = invoice.waiting
    lines = spread(invoice, noted) if waiting else tuple(noted.lines)
    invoice.credit(
        ref, noted.amount, balance=noted.balance, offline=noted.offline,
        cards={payment: part for payment, part in cards.items() if payment is not None},
        policy=noted.policy, at=returns.at, on=returns.on, reason=returns.reason,
        line=noted.line, lines=lines,
    )  # fmt: skip
    for payment, part in cards.items():
        returns.pay(invoice, part, "card", payment, policy=noted.policy, credit_note_id=ref)
    if noted.offline:
        returns.pay(
            invoice, noted.offline, "offline", None, policy=noted.policy, credit_note_id=ref
        )
    returns.credit(invoice, noted.balance, "credit_note", f"Credit note on {invoice.number}")
    if not waiting:
        taken = taken_by(invoice, ref)
        lines = tuple(NotedLine(each.line_id, each.net, each.tax) for each in taken)
    drawn_up = CreditNote.begin(
        CreditNote.Created, id=note_id, **_document(returns, invoice, noted, lines)
    )
    returns.notes.append(drawn_up)
    return drawn_up


def _document(
    returns: Returns, invoice: Invoice, noted: Noted, lines: Sequence[NotedLine]
) -> dict[str, object]:
    described = {line.id: line.description for line in invoice.lines}
    return {
        "series": SERIES,
        "customer_id": invoice.customer_id,
        "invoice_id": invoice.ref,
        "invoice_number": invoice.number,
        "subscription_id": invoice.subscription_id,
        "currency": invoice.currency,
        "lines": tuple(
            NoteLine(each.line_id, described[each.line_id], each.net, each.tax)
            for each in lines
            if each.net or each.tax
        ),
        "subtotal": sum(each.net for each in lines),
        "tax": sum(each.tax for each in lines),
        "total": noted.amount,
        "allocations": noted.allocations,
        "policy": noted.policy,
        "reason": returns.reason,
        "issued_at": returns.at,
        "issued_on": returns.on,
    }


def net_left(invoice: Invoice) -> dict[str, tuple[int, int]]:
    """Of each line, by id: the net and the tax that nothing has taken back yet."""
    if invoice.waiting:
        return {line.id: (line.amount, line.tax) for line in invoice.lowered(invoice.lines)}
    return {
        line.line_id: (line.net - line.net_reversed + line.forgone, line.tax - line.tax_reversed)
        for line in books_of(invoice)
    }


def spread(invoice: Invoice, noted: Noted) -> tuple[NotedLine, ...]:
    """Before anything is booked: net and tax of each line in proportion."""
    if noted.lines:
        return tuple(noted.lines)
    left = net_left(invoice)
    remains = [(net, 0, tax, 0) for net, tax in left.values()]
    taken = taken_of(noted.amount, remains, "proportional")
    return tuple(
        NotedLine(ref, net, tax) for ref, (net, _, tax, _) in zip(left, taken, strict=True)
    )


def lines_of(invoice: Invoice, asked: Mapping[str, int]) -> tuple[NotedLine, ...]:
    """Net amounts of single lines, with the tax that goes with each: rounded once per rate, then
    split over its lines by largest remainder.

    Raises Invalid `not_found`, `line_not_creditable` or `amount_exceeds_line`.
    """
    left = net_left(invoice)
    wrong = [
        error for at, (ref, net) in enumerate(asked.items()) for error in _wrong(left, at, ref, net)
    ]
    if wrong:
        raise Invalid(tuple(wrong))
    by_rate: dict[Decimal | None, list[str]] = {}
    for line in invoice.lines:
        if line.id in asked:
            by_rate.setdefault(line.tax_rate, []).append(line.id)
    taxes = {
        ref: tax for refs in by_rate.values() for ref, tax in _taxes(refs, asked, left).items()
    }
    return tuple(NotedLine(ref, net, taxes[ref]) for ref, net in asked.items())


def _wrong(left: Mapping[str, tuple[int, int]], at: int, ref: str, net: int) -> list[FieldError]:
    if ref not in left:
        return [FieldError(f"lines[{at}].line_id", "not_found", "the invoice has no such line")]
    if left[ref][0] < net:
        detail = f"{max(left[ref][0], 0)} of its net is left"
        return [FieldError(f"lines[{at}].amount", "amount_exceeds_line", detail)]
    return []


def _taxes(
    refs: Sequence[str], asked: Mapping[str, int], left: Mapping[str, tuple[int, int]]
) -> dict[str, int]:
    exact = {ref: Fraction(left[ref][1] * asked[ref], left[ref][0]) for ref in refs}
    whole = sum(exact.values(), Fraction())
    taxes = {ref: int(share) for ref, share in exact.items()}
    missing = round_half_away(whole.numerator, whole.denominator) - sum(taxes.values())
    by_remainder = sorted(refs, key=lambda ref: taxes[ref] - exact[ref])
    for ref in by_remainder[:missing]:
        taxes[ref] += 1
    return taxes
