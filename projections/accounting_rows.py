"""The accounting projection's tables: journal, segments, and what the posting rules remember."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from projections.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

POSITIONS_A_BLOCK = 4096
"""Of `ledger_sums`. Fixed blocks of the log, so that sums do not depend on how it was batched."""


@dataclass(slots=True)
class JournalLine:
    """`amount`: debits positive, credits negative. `event_ref` is the id as `/events` shows it."""

    position: int
    line: int
    event_id: UUID
    event_ref: str
    event_type: str
    ledger_account: str
    currency: str
    amount: int
    effective_date: date
    posting_date: date
    recorded_at: datetime
    customer_id: str
    invoice_id: str | None
    subscription_id: str | None
    line_id: str | None
    description: str


@dataclass(slots=True)
class SegmentRow:
    """`[start_date, end_date)`; `effective_on` and `posted_on` date the fact that opened it."""

    invoice_id: str
    line: int
    seq: int
    customer_id: str
    currency: str
    amount: int
    start_date: date
    end_date: date
    booked_from: date
    effective_on: date
    posted_on: date
    from_position: int
    stopped_on: date | None
    stop_posted_on: date | None
    stop_position: int | None
    method: str
    method_version: int


@dataclass(slots=True)
class LineRow:
    """A line as issued, less what notes took off before it was booked. `entitlement` is
    comma-joined; the reversed amounts are what rules took. `held`: a gift's, not redeemed then.
    `forgone`: what a dispute took of the deferral, and was won."""

    invoice_id: str
    line: int
    line_id: str
    invoice_number: str | None
    customer_id: str
    customer_email: str | None
    subscription_id: str | None
    currency: str
    amount: int
    tax: int
    service_start: date | None
    service_end: date | None
    description: str
    product_id: str | None
    product_name: str | None
    plan_id: str | None
    plan_name: str | None
    entitlement: str
    strategy: str
    from_position: int
    net_reversed: int = 0
    tax_reversed: int = 0
    held: bool = False
    forgone: int = 0


@dataclass(slots=True)
class InvoiceRow:
    """`credited` is what notes took off what is owed.

    `state`: draft, waiting (issued, booked when paid), booked, void or uncollectible.

    `paid` and `balance_applied` are gross; `returned` is what of it went back to the customer.

    `written_off` is what was given up, of it `expensed` as bad debt and `relieved` the tax that
    the state gives back; `recovered` came in since.
    """

    id: str
    customer_id: str
    subscription_id: str | None
    currency: str
    strategy: str = "invoice_creation"
    number: str | None = None
    state: str = "draft"
    total: int = 0
    paid: int = 0
    balance_applied: int = 0
    returned: int = 0
    credited: int = 0
    due_on: date | None = None
    written_off: int = 0
    expensed: int = 0
    relieved: int = 0
    recovered: int = 0

    @property
    def outstanding(self) -> int:
        return self.total - self.paid - self.balance_applied - self.credited + self.returned

    @property
    def unapplied(self) -> int:
        """Money that waits for the rest, on an invoice recognised by payment."""
        return self.paid + self.balance_applied - self.returned


@dataclass(slots=True)
class DueRow:
    """Another due date than that of the issue, known from a position on."""

    invoice_id: str
    from_position: int
    due_on: date | None


@dataclass(slots=True)
class BalanceRow:
    id: str
    customer_id: str
    currency: str
    amount: int


@dataclass(slots=True)
class PartyRow:
    """Known from a position on, until before another (set once, when the customer changed)."""

    customer_id: str
    from_position: int
    until_position: int | None
    email: str | None
    first_name: str | None
    last_name: str | None
    organization_name: str | None


@dataclass(slots=True)
class SumRow:
    block: int
    ledger_account: str
    currency: str
    posting_date: date
    amount: int


JOURNAL = Table("journal_lines", JournalLine, ("position", "line"))
SEGMENTS = Table("segments", SegmentRow, ("invoice_id", "line", "seq"))
LINES = Table("accounting_lines", LineRow, ("invoice_id", "line"))
INVOICES = Table("accounting_invoices", InvoiceRow)
BALANCES = Table("accounting_balances", BalanceRow)
PARTIES = Table("accounting_parties", PartyRow, ("customer_id", "from_position"))
DUE_DATES = Table("accounting_due_dates", DueRow, ("invoice_id", "from_position"))
SUMS = Table("ledger_sums", SumRow, ("block", "ledger_account", "currency", "posting_date"))

TABLES: Sequence[Table[Any]] = (
    JOURNAL,
    SEGMENTS,
    LINES,
    INVOICES,
    BALANCES,
    PARTIES,
    DUE_DATES,
    SUMS,
)
