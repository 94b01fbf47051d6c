"""How part of an invoice is taken back by credit notes, and put back when one is void."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime  # noqa: TC003 - stored events are decoded by these annotations
from typing import TYPE_CHECKING

from domain.invoicing.adjustment import Adjustment, NotedLine, Restored
from domain.invoicing.document import PAYABLE, Status
from domain.invoicing.ending import Ending
from domain.shared.aggregate import Aggregate
from domain.shared.errors import Conflict, Invalid
from domain.shared.facts import event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Crediting(Ending):
    class Credited(Aggregate.Event):
        """Part of what was billed is taken back: `amount` gross, of it `receivable` off what is
        owed, the rest given back: `balance` to the customer's balance, `cards` by payment,
        `offline` by hand.

        With a `line_id` it is that line's `net` and `tax`, unearned since `credited_on`, whose own
        earning goes on. With `lines` it is so much of each, else of every line in proportion."""

        TOPIC = "invoice.credited"
        credit_note_id: str
        amount: int
        receivable: int
        balance: int
        policy: str
        credited_at: datetime
        credited_on: date
        completes: bool
        reason: str | None = None
        line_id: str | None = None
        net: int = 0
        tax: int = 0
        lines: tuple[NotedLine, ...] = ()
        cards: dict[str, int] = field(default_factory=dict)
        offline: int = 0

    def credit(
        self,
        credit_note_id: str,
        amount: int,
        *,
        balance: int = 0,
        cards: Mapping[str, int] | None = None,
        offline: int = 0,
        policy: str,
        at: datetime,
        on: date,
        reason: str | None = None,
        line: tuple[str, int, int] | None = None,
        lines: Sequence[NotedLine] = (),
    ) -> None:
        """`line`: its id, net and tax. What is not given back comes off what is owed; a note that
        leaves nothing owed makes the invoice paid (one recognised by payment: `receive` does).

        Raises Conflict `payment_in_progress` or `invoice_not_creditable`, Invalid
        `amount_exceeds_outstanding`, `amount_exceeds_refundable` or `receivable_first`.
        """
        given = balance + sum((cards or {}).values()) + offline
        owed = self.amount_remaining
        self.require_creditable()
        self.require_room(amount - given, given)
        line_id, net, tax = line or (None, 0, 0)
        completes = self.status in PAYABLE and amount - given == owed and not self.waiting
        self._credited(
            credit_note_id=credit_note_id, amount=amount, receivable=amount - given,
            balance=balance, policy=policy, credited_at=at, credited_on=on, completes=completes,
            reason=reason, line_id=line_id, net=net, tax=tax, lines=tuple(lines),
            cards=dict(cards or {}), offline=offline,
        )  # fmt: skip

    def require_creditable(self) -> None:
        """Raises Conflict `payment_in_progress` or `invoice_not_creditable`."""
        self._require_no_open_payment()
        if self.status not in {*PAYABLE, Status.PAID}:
            raise Conflict("invoice_not_creditable", f"invoice is {self.status}")

    def require_room(self, receivable: int, given: int) -> None:
        """Raises Invalid `amount_exceeds_outstanding`, `amount_exceeds_refundable` or
        `receivable_first`."""
        owed = self.amount_remaining if self.status in PAYABLE else 0
        if receivable > owed or (given and self.waiting):
            raise Invalid.one("amount", "amount_exceeds_outstanding", f"{owed} is owed")
        if given and receivable < owed:
            detail = f"{owed} is owed: nothing is given back before that is cleared"
            raise Invalid.one("allocations", "receivable_first", detail)
        if given > self.returnable:
            detail = f"{self.returnable} can go back"
            raise Invalid.one("amount", "amount_exceeds_refundable", detail)

    @event(Credited)
    def _credited(
        self,
        credit_note_id: str,
        amount: int,
        receivable: int,
        policy: str,
        credited_on: date,
        completes: bool,
        line_id: str | None,
        net: int,
        tax: int,
        lines: tuple[NotedLine, ...],
        cards: dict[str, int],
        balance: int,
    ) -> None:
        self.credited += receivable
        self.given += amount - receivable
        self.to_balance += balance
        self._took_from_cards(cards)
        if completes:
            self.status = Status.PAID
        if self.waiting:
            self.noted = {**self.noted, credit_note_id: lines}
            return
        found = ("line_credited", net) if line_id else ("credited", amount)
        kind, taken = ("lines_credited", amount) if lines else found
        self._adjusted(
            Adjustment(kind, credited_on, taken, policy, line_id, tax, ref=credit_note_id,
                       lines=lines)
        )  # fmt: skip

    class CreditVoided(Aggregate.Event):
        """A credit note was withdrawn: `amount` is owed again. `lines` mirror what it took."""

        TOPIC = "invoice.credit_voided"
        credit_note_id: str
        amount: int
        voided_at: datetime
        voided_on: date
        lines: tuple[Restored, ...] = ()
        reason: str | None = None

    def void_credit(
        self,
        credit_note_id: str,
        amount: int,
        *,
        at: datetime,
        on: date,
        lines: Sequence[Restored],
        reason: str | None = None,
    ) -> None:
        """Raises Conflict `payment_in_progress` or `credit_note_not_voidable`."""
        self._require_no_open_payment()
        if self.status not in PAYABLE:
            raise Conflict("credit_note_not_voidable", f"its invoice is {self.status}")
        self._credit_voided(
            credit_note_id=credit_note_id, amount=amount, voided_at=at, voided_on=on,
            lines=tuple(lines), reason=reason,
        )  # fmt: skip

    @event(CreditVoided)
    def _credit_voided(
        self, credit_note_id: str, amount: int, voided_on: date, lines: tuple[Restored, ...]
    ) -> None:
        self.credited -= amount
        if self.waiting:
            self.noted = {ref: kept for ref, kept in self.noted.items() if ref != credit_note_id}
        else:
            self._adjusted(Adjustment("restored", voided_on, ref=credit_note_id, restored=lines))

    def _adjusted(self, adjustment: Adjustment) -> None:
        self.adjustments = (*self.adjustments, adjustment)

    def _took_from_cards(self, amounts: Mapping[str, int]) -> None:
        for ref, amount in amounts.items():
            if ref in self.cards:
                self.cards = {**self.cards, ref: self.cards[ref] - amount}
