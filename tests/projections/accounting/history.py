"""Histories of an account for tests: real aggregates driven by hand, recorded as envelopes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from eventsourcing.utils import get_topic

from domain.commands.earning import put_back
from domain.commands.noting import Noted, spread
from domain.invoicing.invoice import Invoice
from domain.invoicing.lines import Line
from domain.payments.balance import Balance
from domain.shared.identifiers import typed_id
from projections.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.shared.aggregate import Aggregate


def uuid(number: int) -> UUID:
    """A made-up UUIDv7."""
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


def customer(number: int) -> str:
    return typed_id("cus", uuid(number))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def line(
    amount: int, start: date | None = None, end: date | None = None, *, tax: int = 0, at: int = 1,
    held: bool = False,
) -> Line:  # fmt: skip
    return Line(
        id="", description=f"Line {at}", unit_amount=amount, quantity=1, amount=amount, tax=tax,
        service_start=start, service_end=end, plan_id="plan_1", plan_name="Daily",
        product_id="prod_1", product_name="The Paper", entitlements=("print", "digital"),
        held=held,
    )  # fmt: skip


@dataclass
class History:
    """The log of one account; `boundaries` are the positions at which an append ended."""

    envelopes: list[Envelope] = field(default_factory=list)
    boundaries: list[int] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    balances: dict[tuple[str, str], Balance] = field(default_factory=dict)
    notes: list[tuple[Invoice, str, int]] = field(default_factory=list)
    refunds: list[tuple[Invoice, str, int]] = field(default_factory=list)
    _ids: int = 0
    _numbers: int = 0

    def new_id(self) -> UUID:
        self._ids += 1
        return uuid(self._ids)

    def issue(
        self,
        lines: Sequence[Line],
        on: date,
        *,
        who: int = 1,
        currency: str = "USD",
        strategy: str = "invoice_creation",
        email: str | None = None,
    ) -> Invoice:
        """An invoice drafted and issued in one append, settled at once if it asks for nothing."""
        invoice = Invoice.begin(
            Invoice.Created, id=self.new_id(), customer_id=customer(who), currency=currency,
            collection_method="send_invoice", billing_reason="manual",
        )  # fmt: skip
        named = tuple(_named(each, typed_id("il", self.new_id())) for each in lines)
        subtotal, tax = sum(each.amount for each in lines), sum(each.tax for each in lines)
        invoice.issue(
            {
                "series": "INV-", "issued_at": noon(on), "issued_on": on, "due_at": None,
                "lines": named, "subtotal": subtotal, "tax": tax, "total": subtotal + tax,
                "revenue_recognition_strategy": strategy,
                "customer_email": email or f"c{who}@example.com",
                "customer_first_name": "Ada", "customer_last_name": f"Number {who}",
                "organization_name": None,
            }
        )  # fmt: skip
        self.invoices.append(invoice)
        self._settle(invoice, on)
        return invoice

    def _settle(self, invoice: Invoice, on: date) -> None:
        if invoice.total == 0:
            invoice.receive(None, 0, "none", at=noon(on), on=on)
        if invoice.total < 0:
            invoice.receive(None, invoice.total, "balance", at=noon(on), on=on)
            self.record(on, invoice, self._credited(invoice, -invoice.total, "invoice", on))
        else:
            self.record(on, invoice)

    def pay(
        self, invoice: Invoice, amount: int, on: date, source: str = "online", **redated: object
    ) -> None:
        invoice.receive(None, amount, source, at=noon(on), on=on, redated=redated)
        self.record(on, invoice)

    def void(self, invoice: Invoice, on: date, *, credit_first: bool = False) -> None:
        """As the API voids, or a job where something was paid in part: its money is returned."""
        returned = invoice.void_and_return(at=noon(on), on=on, reason="test")
        source = "receivable" if invoice.strategy == "invoice_creation" else "unapplied"
        self._end(invoice, returned, source, on, credit_first=credit_first)

    def give_up(self, invoice: Invoice, on: date) -> None:
        waiting = invoice.strategy == "invoice_payment"
        invoice.mark_uncollectible(at=noon(on), on=on)
        returned = invoice.amount_paid if waiting else 0
        self._end(invoice, returned, "unapplied", on, credit_first=False)

    def refund(self, invoice: Invoice, amount: int, on: date, to: str, policy: str) -> str:
        """The refund's id."""
        ref = typed_id("ref", self.new_id())
        invoice.refund(ref, amount, to, policy=policy, at=noon(on), on=on)
        if to == "balance":
            self.record(on, invoice, self._credited(invoice, amount, "refund", on))
        else:
            self.record(on, invoice)
        if to == "card":
            self.refunds.append((invoice, ref, amount))
        return ref

    def fail(self, at: int, on: date, *, falls_to: str) -> None:
        """The gateway refuses one of the refunds to cards."""
        invoice, ref, amount = self.refunds.pop(at)
        if falls_to == "invoice":
            lines = put_back(invoice, ref, on)
            invoice.reverse_refund(ref, amount, None, at=noon(on), on=on, lines=lines)
            self.record(on, invoice)
        else:
            self.record(on, self._credited(invoice, amount, "refund_failed", on))

    def note(self, invoice: Invoice, on: date, noted: Noted | None = None) -> str:
        """A credit note; of all that is owed if not told otherwise. Its id."""
        noted = noted or Noted(amount=invoice.amount_remaining, policy="unearned_first")
        ref, waiting = typed_id("cn", self.new_id()), invoice.waiting
        invoice.credit(
            ref, noted.amount, balance=noted.balance, offline=noted.offline, policy=noted.policy,
            at=noon(on), on=on, lines=spread(invoice, noted) if waiting else noted.lines,
        )  # fmt: skip
        if waiting and invoice.amount_remaining == 0:
            invoice.receive(None, 0, "none", at=noon(on), on=on)
        if noted.receivable == noted.amount:
            self.notes.append((invoice, ref, noted.amount))
        if noted.balance:
            self.record(on, invoice, self._credited(invoice, noted.balance, "credit_note", on))
        else:
            self.record(on, invoice)
        return ref

    def void_note(self, at: int, on: date) -> None:
        invoice, ref, amount = self.notes.pop(at)
        lines = put_back(invoice, ref, on)
        invoice.void_credit(ref, amount, at=noon(on), on=on, lines=lines)
        self.record(on, invoice)

    def recover(self, invoice: Invoice, amount: int, on: date) -> None:
        invoice.recover(typed_id("pay", self.new_id()), amount, at=noon(on), on=on)
        self.record(on, invoice)

    def end(self, invoice: Invoice, on: date) -> None:
        invoice.end_service(at=noon(on), on=on)
        self.record(on, invoice)

    def extend(self, invoice: Invoice, days: int, on: date) -> None:
        lines = tuple(
            each if each.service_end is None
            else replace(each, service_end=max(each.service_end, on) + timedelta(days=days))
            for each in invoice.lines
        )  # fmt: skip
        invoice.move_service(lines, at=noon(on), on=on)
        self.record(on, invoice)

    def redeem(self, invoice: Invoice, start: date, days: int, on: date) -> None:
        """The gifts it billed begin."""
        end = start + timedelta(days=days)
        lines = tuple(
            replace(each, service_start=start, service_end=end, held=False) if each.held else each
            for each in invoice.lines
        )
        invoice.move_service(lines, at=noon(on), on=on)
        self.record(on, invoice)

    def fund(self, who: int, amount: int, on: date, source: str, currency: str = "USD") -> None:
        balance = self._balance(customer(who), currency)
        balance.credit(f"bal_{self._ids}", amount, source, "Top-up", at=noon(on), on=on)
        self.record(on, balance)

    def record(self, on: date, *aggregates: Aggregate) -> None:
        for aggregate in aggregates:
            for event in aggregate.collect_events():
                self._append(aggregate, event, on)
        self.boundaries.append(len(self.envelopes))

    def _end(
        self, invoice: Invoice, returned: int, source: str, on: date, *, credit_first: bool
    ) -> None:
        if not returned:
            return self.record(on, invoice)
        balance = self._credited(invoice, returned, source, on)
        return self.record(on, *((balance, invoice) if credit_first else (invoice, balance)))

    def _credited(self, invoice: Invoice, amount: int, source: str, on: date) -> Balance:
        balance = self._balance(invoice.customer_id, invoice.currency)
        balance.credit(
            f"bal_{self._ids}", amount, source, "Returned", at=noon(on), on=on,
            invoice_id=invoice.ref,
        )  # fmt: skip
        return balance

    def _balance(self, who: str, currency: str) -> Balance:
        if (who, currency) not in self.balances:
            self.balances[who, currency] = Balance.begin(
                Balance.Created,
                id=self.new_id(),
                customer_id=who,
                currency=currency,
                customer_email="a@example.org",
                named=True,
            )
        return self.balances[who, currency]

    def _append(self, aggregate: Aggregate, event: object, on: date) -> None:
        if type(event) is Invoice.Issued:
            self._numbers += 1
            event.__dict__["number"] = f"INV-{self._numbers:06}"
        position = len(self.envelopes) + 1
        self.envelopes.append(
            Envelope(
                position, uuid(10**9 + position), get_topic(type(event)), event, aggregate.ref,
                event.originator_version, "key_1", None, "api", noon(on), noon(on),
            )
        )  # fmt: skip


def _named(each: Line, identity: str) -> Line:
    return Line(**{name: getattr(each, name) for name in Line.__slots__} | {"id": identity})
