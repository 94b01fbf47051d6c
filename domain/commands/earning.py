"""What an invoice's lines have left to earn: its own facts, through the posting rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from domain.invoicing.adjustment import Restored
from domain.ledger import posting_rules as rules
from domain.ledger.books import Booking, Charge
from domain.ledger.chart import Account
from domain.ledger.segments import HELD_FROM, HELD_UNTIL, PostingDay
from domain.shared.money import round_half_away

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.invoicing.adjustment import Adjustment
    from domain.invoicing.invoice import Invoice
    from domain.invoicing.lines import Line
    from domain.ledger.books import LineBook


class Taken(NamedTuple):
    """What was reversed of one line."""

    line_id: str
    unearned: int
    earned: int
    tax: int
    forgone: int = 0

    @property
    def net(self) -> int:
        return self.unearned + self.earned + self.forgone


def books_of(invoice: Invoice) -> list[LineBook]:
    """Its lines as the books hold them; none before it was booked."""
    lines: list[LineBook] = []
    for _, lines, _ in history_of(invoice):  # noqa: B007 - the last one counts
        pass
    return lines


def history_of(invoice: Invoice) -> Iterator[tuple[Adjustment | None, list[LineBook], Booking]]:
    """Its lines after it was booked, and after each adjustment with what that booked."""
    if invoice.booked_on is None:
        return
    charges = [
        Charge(line.id, line.amount, line.tax, line.service_start, line.service_end, line.held)
        for line in invoice.booked_lines
    ]
    day = PostingDay(invoice.booked_on, invoice.booked_on)
    booked = rules.invoice_issued(charges, day)
    lines = {line.line_id: line for line in booked.lines}
    yield None, list(lines.values()), booked
    for each in invoice.adjustments:
        after = _booking(each, list(lines.values()))
        lines |= {line.line_id: line for line in after.lines}
        yield each, list(lines.values()), after


def taken_by(invoice: Invoice, ref: str) -> list[Taken]:
    """What a credit note or a refund took out of each line, as it was booked."""
    before: list[LineBook] = []
    for adjustment, lines, booking in history_of(invoice):
        if adjustment is not None and adjustment.ref == ref and adjustment.kind != "restored":
            return taken_from(before, booking)
        before = lines
    return []


def taken_from(before: Sequence[LineBook], booking: Booking) -> list[Taken]:
    """Of each line the booking touched: unearned, earned and tax."""
    was = {line.line_id: line for line in before}
    found = []
    for line in booking.lines:
        unearned = sum(
            posting.amount for posting in booking.postings
            if posting.line_id == line.line_id and posting.account is Account.DEFERRED_REVENUE
        )  # fmt: skip
        net = line.net_reversed - was[line.line_id].net_reversed
        tax = line.tax_reversed - was[line.line_id].tax_reversed
        forgone = was[line.line_id].forgone - line.forgone
        found.append(Taken(line.line_id, unearned, net - unearned, tax, forgone))
    return found


def put_back(invoice: Invoice, ref: str, on: date) -> list[Restored]:
    """The mirror of what a credit note or refund took: earned from that day to the service's end,
    or that day where it is over or was ended. On the day of booking, over its days as billed."""
    if invoice.waiting:
        noted = invoice.noted[ref]
        return [
            Restored(each.line_id, each.net, 0, each.tax, *_days_left(None, on)) for each in noted
        ]
    ended = any(each.kind == "ended" for each in invoice.adjustments)
    by_line = {line.id: line for line in invoice.lines}
    first = date.min if on == invoice.booked_on else on
    return [
        Restored(
            *each[:4],
            *_days_left(None if ended else by_line[each.line_id], on, first),
            forgone=each.forgone,
        )
        for each in taken_by(invoice, ref)
    ]


def _days_left(line: Line | None, on: date, earliest: date | None = None) -> tuple[date, date]:
    if line is not None and line.held:
        return HELD_FROM, HELD_UNTIL
    first = on if line is None else max(line.service_start or on, earliest or on)
    end = first if line is None else line.service_end or first
    return first, max(end, first + timedelta(days=1))


def _booking(adjustment: Adjustment, lines: Sequence[LineBook]) -> Booking:
    day = PostingDay(adjustment.on, adjustment.on)
    match adjustment.kind:
        case "moved":
            spans = {ref: (start, end) for ref, start, end in adjustment.spans}
            return rules.service_moved(lines, spans, day)
        case "ended":
            return rules.service_ended(lines, day)
        case "restored":
            whole = sum(each.unearned + each.earned + each.tax for each in adjustment.restored)
            return rules.credit_note_voided(lines, adjustment.restored, whole, day)
        case "dispute_won":
            whole = sum(each.unearned + each.earned + each.tax for each in adjustment.restored)
            return rules.dispute_won(lines, adjustment.restored, whole)
        case _:
            return _reversal(adjustment, lines, day)


def _reversal(adjustment: Adjustment, lines: Sequence[LineBook], day: PostingDay) -> Booking:
    """Wherever it went: of the entry only what it takes out of the lines counts here."""
    amount, policy, given = adjustment.amount, adjustment.policy, {"card": adjustment.amount}
    match adjustment.kind:
        case "credited":
            return rules.credited(lines, given, day, policy)
        case "lines_credited":
            parts = {each.line_id: (each.net, each.tax) for each in adjustment.lines}
            return rules.lines_credited(lines, parts, given, day, policy)
        case "line_credited":
            ref = adjustment.line_id or ""
            return rules.line_credited(lines, ref, amount, adjustment.tax, 0, day)
        case "disputed":
            return rules.disputed(lines, amount, amount, day)
        case _:
            return rules.refunded(lines, amount, Account.CASH_ONLINE, day, policy)


def unearned_by_line(invoice: Invoice, on: date) -> dict[str, int]:
    """Net and not zero, as a stop on that day would find it."""
    found = ((line.line_id, line.remains(on)[0]) for line in books_of(invoice))
    return {ref: amount for ref, amount in found if amount}


def unearned_gross(invoice: Invoice, on: date) -> int:
    """With the tax that goes with it."""
    remains = [line.remains(on) for line in books_of(invoice)]
    deferred, earned, tax, forgone = (sum(each[at] for each in remains) for at in range(4))
    net = deferred + earned + forgone
    return deferred + (round_half_away(tax * deferred, net) if net > 0 else 0)
