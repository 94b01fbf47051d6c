"""What an invoice's lines have left to earn: its own facts, through the posting rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking, Charge
from domain.ledger.chart import Account
from domain.ledger.segments import PostingDay
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from domain.invoicing.adjustment import Adjustment
    from domain.invoicing.invoice import Invoice
    from domain.ledger.books import LineBook


def books_of(invoice: Invoice) -> list[LineBook]:
    """Its lines as the books hold them; none before it was booked."""
    if invoice.booked_on is None:
        return []
    charges = [
        Charge(line.id, line.amount, line.tax, line.service_start, line.service_end)
        for line in invoice.booked_lines
    ]
    day = PostingDay(invoice.booked_on, invoice.booked_on)
    lines = {line.line_id: line for line in rules.invoice_issued(charges, day).lines}
    for each in invoice.adjustments:
        after = _booking(each, list(lines.values()))
        lines |= {line.line_id: line for line in after.lines}
    return list(lines.values())


def _booking(adjustment: Adjustment, lines: Sequence[LineBook]) -> Booking:
    day, policy = PostingDay(adjustment.on, adjustment.on), adjustment.policy
    match adjustment.kind:
        case "moved":
            spans = {ref: (start, end) for ref, start, end in adjustment.spans}
            return rules.service_moved(lines, spans, day)
        case "ended":
            return rules.service_ended(lines, day)
        case "credited":
            return rules.credited(lines, adjustment.amount, 0, day, policy)
        case "line_credited":
            ref = adjustment.line_id or ""
            return rules.line_credited(lines, ref, adjustment.amount, adjustment.tax, 0, day)
        case _:
            return rules.refunded(lines, adjustment.amount, Account.CASH_ONLINE, day, policy)


def unearned_by_line(invoice: Invoice, on: date) -> dict[str, int]:
    """Net and not zero, as a stop on that day would find it."""
    found = ((line.line_id, line.remains(on)[0]) for line in books_of(invoice))
    return {ref: amount for ref, amount in found if amount}


def unearned_gross(invoice: Invoice, on: date) -> int:
    """With the tax that goes with it."""
    remains = [line.remains(on) for line in books_of(invoice)]
    deferred, earned, tax = (sum(each[at] for each in remains) for at in range(3))
    net = deferred + earned
    return deferred + (round_half_away(tax * deferred, net) if net > 0 else 0)
