"""What one batch of events reads and changes of the accounting tables, held in memory meanwhile."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from domain.ledger.books import LineBook
from domain.ledger.segments import METHOD_VERSION, Method, PostingDay, Segment, posting_date
from domain.shared.identifiers import typed_id
from projections.accounting_rows import (
    BALANCES,
    DUE_DATES,
    INVOICES,
    JOURNAL,
    LINES,
    PARTIES,
    POSITIONS_A_BLOCK,
    SEGMENTS,
    SUMS,
    BalanceRow,
    DueRow,
    InvoiceRow,
    JournalLine,
    LineRow,
    PartyRow,
    SegmentRow,
    SumRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from domain.ledger.books import Booking, Posting
    from projections.envelope import Envelope
    from projections.table import Work

SumKey = tuple[int, str, str, "date"]
SegmentKey = tuple[str, int, int]


class Place(NamedTuple):
    """Whose books an entry is about."""

    currency: str
    customer_id: str
    invoice_id: str | None
    subscription_id: str | None


def day_of(effective: date) -> PostingDay:
    """When the books take what happened on a day. No month can be closed yet."""
    return PostingDay(effective, posting_date(effective))


def place_of(row: InvoiceRow) -> Place:
    return Place(row.currency, row.customer_id, row.id, row.subscription_id)


@dataclass(slots=True)
class Batch:
    """Rows by key; `changed_*` are written again, new ones apart from them by plain inserts."""

    invoices: dict[str, InvoiceRow] = field(default_factory=dict)
    balances: dict[str, BalanceRow] = field(default_factory=dict)
    lines: dict[str, list[LineRow]] = field(default_factory=lambda: defaultdict(list))
    segments: dict[tuple[str, int], list[SegmentRow]] = field(
        default_factory=lambda: defaultdict(list)
    )
    parties: dict[str, PartyRow] = field(default_factory=dict)
    sums: dict[SumKey, int] = field(default_factory=lambda: defaultdict(int))
    journal: list[JournalLine] = field(default_factory=list)
    drafted: set[str] = field(default_factory=set)
    new_lines: list[LineRow] = field(default_factory=list)
    new_segments: list[SegmentRow] = field(default_factory=list)
    new_parties: list[PartyRow] = field(default_factory=list)
    due_dates: list[DueRow] = field(default_factory=list)
    changed_parties: dict[tuple[str, int], PartyRow] = field(default_factory=dict)
    old_lines: set[str] = field(default_factory=set)
    changed_lines: dict[tuple[str, int], LineRow] = field(default_factory=dict)
    changed_segments: dict[SegmentKey, SegmentRow] = field(default_factory=dict)
    changed_sums: set[SumKey] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)

    def load_lines(self, work: Work, invoices: Iterable[str]) -> None:
        """The lines and segments of invoices that were issued before this batch."""
        wanted = sorted(set(invoices))
        for line in LINES.load_by(work, "invoice_id", wanted):
            self.lines[line.invoice_id].append(line)
        for segment in SEGMENTS.load_by(work, "invoice_id", wanted):
            self.segments[segment.invoice_id, segment.line].append(segment)
        self.old_lines.update(wanted)

    def load_parties(self, work: Work, customers: Iterable[str]) -> None:
        for party in PARTIES.load_by(work, "customer_id", sorted(set(customers))):
            self.parties[party.customer_id] = party

    def load_sums(self, work: Work, position: int) -> None:
        for row in SUMS.load_by(work, "block", [position // POSITIONS_A_BLOCK]):
            self.sums[row.block, row.ledger_account, row.currency, row.posting_date] = row.amount

    def name_party(self, party: PartyRow) -> None:
        """Keeps who a customer is from a position on, where that differs from before."""
        known = self.parties.get(party.customer_id)
        if known is None or _names(known) != _names(party):
            if known is not None:
                known.until_position = party.from_position
                self.changed_parties[known.customer_id, known.from_position] = known
            self.parties[party.customer_id] = party
            self.new_parties.append(party)

    def draft(self, row: InvoiceRow) -> None:
        self.invoices[row.id] = row
        self.drafted.add(row.id)

    def add_line(self, row: LineRow) -> None:
        self.lines[row.invoice_id].append(row)
        self.new_lines.append(row)

    def lower(self, invoice_id: str, line_id: str, net: int, tax: int) -> None:
        """What is billed, before anything of it was booked."""
        (row,) = [line for line in self.lines[invoice_id] if line.line_id == line_id]
        row.amount, row.tax = row.amount - net, row.tax - tax
        if invoice_id in self.old_lines:
            self.changed_lines[invoice_id, row.line] = row

    def books_of(self, invoice_id: str) -> list[LineBook]:
        """An invoice's lines as the posting rules read them."""
        return [
            LineBook(
                line.line_id,
                line.amount,
                line.tax,
                tuple(_segment(row) for row in self.segments[invoice_id, line.line]),
                line.net_reversed,
                line.tax_reversed,
                line.forgone,
            )
            for line in self.lines[invoice_id]
        ]

    def book(
        self, at: Envelope, row: InvoiceRow, booking: Booking, day: PostingDay, of: str
    ) -> None:
        """Posts an invoice's entry and takes over its lines as the rule left them."""
        named = {line.line_id: line for line in self.lines[row.id]}
        self.post(
            at,
            place_of(row),
            booking.postings,
            day,
            lambda line_id: of if line_id is None else named[line_id].description,
        )
        for after in booking.lines:
            self._keep(named[after.line_id], after, day, at.position)

    def post(
        self,
        at: Envelope,
        place: Place,
        postings: Iterable[Posting],
        day: PostingDay,
        describe: Callable[[str | None], str],
    ) -> None:
        """Adds the entry of one event to the journal and to the sums of its block."""
        currency, customer_id, invoice_id, subscription_id = place
        block = at.position // POSITIONS_A_BLOCK
        event_ref = typed_id("evt", at.event_id)
        for number, posting in enumerate(postings, start=1):
            account = posting.account.value
            self.journal.append(
                JournalLine(
                    at.position, number, at.event_id, event_ref, at.topic, account, currency,
                    posting.amount,
                    day.effective, day.posting, at.recorded_at, customer_id, invoice_id,
                    subscription_id, posting.line_id, describe(posting.line_id),
                )
            )  # fmt: skip
            key = (block, account, currency, day.posting)
            self.sums[key] += posting.amount
            self.changed_sums.add(key)

    def write(self, work: Work) -> None:
        """Everything that became of the batch: one statement a table and kind of change."""
        INVOICES.insert(work, (self.invoices[ref] for ref in sorted(self.drafted)))
        known = (row for ref, row in self.invoices.items() if ref not in self.drafted)
        INVOICES.upsert(work, known)
        BALANCES.upsert(work, self.balances.values())
        LINES.insert(work, self.new_lines)
        LINES.upsert(work, self.changed_lines.values())
        SEGMENTS.insert(work, self.new_segments)
        SEGMENTS.upsert(work, self.changed_segments.values())
        PARTIES.insert(work, self.new_parties)
        PARTIES.upsert(work, self.changed_parties.values())
        DUE_DATES.insert(work, self.due_dates)
        JOURNAL.insert(work, self.journal)
        SUMS.upsert(work, (SumRow(*key, self.sums[key]) for key in sorted(self.changed_sums)))

    def _keep(self, row: LineRow, after: LineBook, day: PostingDay, position: int) -> None:
        row.net_reversed, row.tax_reversed = after.net_reversed, after.tax_reversed
        row.forgone = after.forgone
        if row.invoice_id in self.old_lines:
            self.changed_lines[row.invoice_id, row.line] = row
        kept = self.segments[row.invoice_id, row.line]
        for before, segment in zip(kept, after.segments, strict=False):
            if before.stopped_on != segment.stopped_on:
                self._stop(before, day, position)
        for segment in after.segments[len(kept) :]:
            self._open(kept, row, segment, day, position)

    def _stop(self, row: SegmentRow, day: PostingDay, position: int) -> None:
        row.stopped_on, row.stop_posted_on = day
        row.stop_position = position
        if row.invoice_id in self.old_lines:
            self.changed_segments[row.invoice_id, row.line, row.seq] = row

    def _open(
        self,
        kept: list[SegmentRow],
        line: LineRow,
        segment: Segment,
        day: PostingDay,
        position: int,
    ) -> None:
        opened = SegmentRow(
            line.invoice_id, line.line, len(kept) + 1, line.customer_id, line.currency,
            segment.amount, segment.start, segment.end, segment.booked_from,
            day.effective, day.posting, position, None, None, None,
            str(segment.method), METHOD_VERSION,
        )  # fmt: skip
        kept.append(opened)
        self.new_segments.append(opened)


def open_batch(work: Work, invoices: Iterable[str], balances: Iterable[str]) -> Batch:
    return Batch(
        invoices=INVOICES.load(work, sorted(set(invoices))),
        balances=BALANCES.load(work, sorted(set(balances))),
    )


def _names(party: PartyRow) -> Sequence[str | None]:
    return party.email, party.first_name, party.last_name, party.organization_name


def _segment(row: SegmentRow) -> Segment:
    return Segment(
        row.amount,
        row.start_date,
        row.end_date,
        row.booked_from,
        row.stopped_on,
        Method(row.method),
    )
