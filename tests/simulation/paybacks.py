"""Money goes back, notes are written and withdrawn, and some is paid that was given up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.commands import crediting, recovering
from domain.commands.act import Act
from domain.commands.noting import net_left
from domain.invoicing.credit_note import Allocation, CreditNote
from domain.invoicing.invoice import Invoice
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import DomainError
from domain.shared.recording import Context
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from domain.application import Books
    from scheduler.due import Desk

_ACT = Act(Context(actor="simulation", channel="api", reason="simulated"))


@dataclass
class Paybacks:
    """The invoices met so far, and what was done about them, by typed id."""

    invoices: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def meet(self, desk: Desk, subscription: str | None) -> None:
        desk.due.catch_up()
        self.invoices |= set(desk.due.open_invoices())
        if subscription is not None:
            self.invoices |= set(desk.books.load(Subscription, subscription).invoices)

    def refund(self, desk: Desk, random: Random) -> None:
        invoice = self._some(desk, random)
        asked = crediting.RefundOf(
            reason="simulated",
            amount=random.choice([None, 1, 300, max(invoice.refundable // 2, 1)]),
            to=random.choice(["card", "balance", "offline"]),
            policy=random.choice(["proportional", "unearned_first"]),
            override_gift=True,
        )
        crediting.refund_invoice(desk.books, desk.gateways, desk.account, invoice.ref, asked, _ACT)

    def note(self, desk: Desk, random: Random) -> None:
        invoice = self._some(desk, random)
        new = crediting.NewNote(
            reason="simulated", policy=random.choice(["proportional", "unearned_first"]),
            override_gift=True, **self._taken(invoice, random),
        )  # fmt: skip
        done = crediting.create_credit_note(
            desk.books, desk.gateways, desk.account, invoice.ref, new, _ACT
        )
        self.notes.append(done.ref)

    def _taken(self, invoice: Invoice, random: Random) -> dict[str, Any]:
        if random.random() < 0.3:
            left = {ref: net for ref, (net, _) in net_left(invoice).items() if net > 0}
            return {"lines": {ref: random.randint(1, net) for ref, net in left.items()}}
        amount = random.choice([1, 500, max(invoice.amount_remaining, 1), 4000])
        if random.random() < 0.6:
            return {"amount": amount}
        off = min(invoice.amount_remaining, amount)
        parts = {"receivable": off, random.choice(["card", "balance", "offline"]): amount - off}
        named = [Allocation(to, part) for to, part in parts.items() if part]
        return {"amount": amount, "allocations": named}

    def withdraw(self, desk: Desk, random: Random) -> None:
        ref = random.choice(self.notes[-6:])
        crediting.void_credit_note(desk.books, desk.account, ref, _ACT)

    def recover(self, desk: Desk, random: Random) -> None:
        lost = [
            each for each in desk.books.load_many(Invoice, sorted(self.invoices)).values()
            if each.recoverable > 0
        ]  # fmt: skip
        if not lost:
            raise DomainError("nothing_lost")
        new = recovering.Recovery(
            reference="late", category="wire", amount=random.choice([None, 1, 250])
        )
        recovering.recover(desk.books, desk.account, random.choice(lost).ref, new, _ACT)

    def _some(self, desk: Desk, random: Random) -> Invoice:
        if not self.invoices:
            raise DomainError("nothing_billed")
        return desk.books.load(Invoice, random.choice(sorted(self.invoices)[-30:]))

    def breaches(self, books: Books) -> Iterator[str]:
        """What was given back of each invoice is no more than came, and adds up to the cent."""
        notes = books.load_many(CreditNote, self.notes).values()
        for invoice in books.load_many(Invoice, sorted(self.invoices)).values():
            mine = [note for note in notes if note.invoice_id == invoice.ref]
            off = sum(
                part.amount for note in mine if note.status == "issued"
                for part in note.allocations if part.to == "receivable"
            )  # fmt: skip
            if invoice.credited < off or invoice.amount_remaining < 0:
                yield f"{invoice.ref} says {invoice.credited} is credited, its notes {off}"
            came = max(invoice.amount_paid + invoice.balance_applied, 0)  # a negative one gives
            if invoice.refunded + invoice.given > came:
                yield f"{invoice.ref} gave back more than came"
            if any(left < 0 for left in invoice.cards.values()):
                yield f"{invoice.ref} gave a card back more than it brought"


def repaid_once(books: Books, repaid: dict[str, int]) -> Iterator[str]:
    """What the gateway paid out is what the books say, refund by refund, payment by payment."""
    by_payment: dict[str, int] = {}
    for ref, amount in repaid.items():
        refund = books.load(Refund, ref)
        if refund.status == "failed" or refund.amount != amount:
            yield f"the gateway gave {amount} back for {ref}: {refund.status}"
        paid = refund.payment_id or ""
        by_payment[paid] = by_payment.get(paid, 0) + amount
    for ref, amount in by_payment.items():
        if amount > books.load(Payment, ref).amount:
            yield f"the gateway gave {amount} back of {ref}"
