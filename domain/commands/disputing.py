"""Disputes as gateways tell of them: opened, won, lost, in any order and more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.commands.collecting import balance_of
from domain.commands.earning import put_back
from domain.invoicing.invoice import Invoice
from domain.payments.dispute import Dispute
from domain.payments.payment import Payment, Status
from domain.shared.errors import ClaimTaken, Conflict
from domain.shared.identifiers import typed_id, uuid_of
from domain.shared.period import accounting_date
from domain.shared.recording import NO_CONDITIONS, Claim, Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.payments.balance import Balance
    from domain.payments.gateway import DisputeNotice
    from domain.shared.aggregate import Aggregate

_REFERENCE = "dispute.gateway_reference"
"""A gateway's dispute is one of ours, however often it tells of it."""
_MANY = 1000


@dataclass(slots=True)
class Case:
    """A dispute with what bears it: an invoice, the customer's credit, or neither."""

    dispute: Dispute
    invoice: Invoice | None
    balance: Balance | None

    def changed(self) -> list[Aggregate]:
        parts = (self.dispute, self.invoice, self.balance)
        return [each for each in parts if each is not None and each.pending_events]


def heed_dispute(
    books: Books, account: Account, name: str, notice: DisputeNotice, act: Act
) -> None:
    """Raises NotFound for a payment that is not here, Conflict `payment_in_progress` for one
    whose success is not recorded yet: the gateway tells again."""
    while True:
        at = books.now()
        on = accounting_date(at, account.timezone)
        value = f"{name}/{notice.reference}"
        owner = books.owner_of(_REFERENCE, value)
        given = NO_CONDITIONS
        if owner is not None:
            case = _known(books, owner)
        else:
            found = _opened(books, name, notice, at, on)
            if found is None:
                return
            case, turn = found
            given = Conditions([Claim(_REFERENCE, value, case.dispute.id), turn])
        _close(books, case, notice.status, at, on)
        changed = case.changed()
        if not changed:
            return
        try:
            books.record(*changed, by=act.by, given=given)
        except (ClaimTaken, Conflict) as lost:
            if lost.code not in {"concurrent_change", "taken"}:
                raise
        else:
            return


def _known(books: Books, owner: UUID) -> Case:
    dispute = books.load(Dispute, owner)
    ref = dispute.invoice_id
    invoice = None if ref is None else books.load(Invoice, ref)
    credit = dispute.from_balance
    balance = balance_of(books, dispute.customer_id, dispute.currency) if credit else None
    return Case(dispute, invoice, balance)


def _opened(
    books: Books, name: str, notice: DisputeNotice, at: datetime, on: date
) -> tuple[Case, Claim] | None:
    """With the claim of its turn among the payment's disputes: two told at once are taken one
    after the other. None: of no payment that brought money by this gateway."""
    payment = books.load(Payment, notice.payment_id)
    if payment.gateway != name or payment.status is Status.FAILED:
        return None
    if payment.status is not Status.SUCCEEDED:
        raise Conflict("payment_in_progress", f"payment is {payment.status}")
    invoice = _invoice(books, payment)
    turn = f"dispute_of:{payment.ref}"
    before = books.claimants(turn, _MANY)
    left = payment.amount - _disputed(books, payment, invoice, before)
    amount = min(notice.amount or left, left)
    counted = 0 if invoice is None else invoice.disputable(payment.ref, amount)
    balance = balance_of(books, payment.customer_id, payment.currency)
    returned = 0 if invoice is None else invoice.became_credit(payment.ref, amount)
    credit = balance.disputable(payment.ref, amount - counted, returned)
    dispute = Dispute.begin(
        Dispute.Created,
        id=books.new_id(),
        payment_id=payment.ref,
        customer_id=payment.customer_id,
        amount=amount,
        currency=payment.currency,
        gateway=name,
        gateway_reference=notice.reference,
        opened_at=at,
        opened_on=on,
        invoice_id=None if invoice is None else invoice.ref,
        reason=notice.reason,
        from_balance=credit,
    )
    if invoice is not None:
        invoice.dispute(dispute.ref, payment.ref, amount - credit, at=at, on=on)
    if credit:
        transaction = typed_id("bal", books.new_id())
        balance.dispute(transaction, dispute.ref, payment.ref, credit, at=at, on=on)
    case = Case(dispute, invoice, balance if credit else None)
    return case, Claim(turn, str(len(before) + 1), dispute.id)


def _disputed(
    books: Books, payment: Payment, invoice: Invoice | None, claimants: Sequence[UUID]
) -> int:
    """What other disputes took of the payment and banks have not returned. Those of an invoice
    are also found there: earlier releases claimed no turn."""
    of_invoice = () if invoice is None else invoice.disputes
    others = {*claimants, *(uuid_of(ref, Dispute.prefix) for ref in of_invoice)}
    found = (books.load(Dispute, each) for each in others)
    held = (each for each in found if each.payment_id == payment.ref and each.status != "won")
    return min(sum(each.amount for each in held), payment.amount)


def _invoice(books: Books, payment: Payment) -> Invoice | None:
    """The one that the payment counts towards; money that went to the balance is of none."""
    if payment.invoice_id is None:
        return None
    invoice = books.load(Invoice, payment.invoice_id)
    return invoice if payment.ref in invoice.payments else None


def _close(books: Books, case: Case, status: str, at: datetime, on: date) -> None:
    dispute, invoice = case.dispute, case.invoice
    if status == "lost":
        dispute.lose(at=at, on=on)
    if status != "won" or not dispute.win(at=at, on=on):
        return
    owed = 0 if invoice is None else invoice.owed_when_won(dispute.ref)
    if dispute.from_balance or owed:
        case.balance = case.balance or balance_of(books, dispute.customer_id, dispute.currency)
        case.balance.credit(
            typed_id("bal", books.new_id()), dispute.from_balance + owed, "dispute_won",
            f"Dispute {dispute.ref} won", at=at, on=on, payment_id=dispute.payment_id,
        )  # fmt: skip
    if invoice is None:
        return
    counted = invoice.disputes.get(dispute.ref, 0)
    lines = [] if invoice.booked_on is None else put_back(invoice, dispute.ref, on)
    invoice.win_dispute(
        dispute.ref, dispute.payment_id, dispute.amount - dispute.from_balance - owed, counted,
        at=at, on=on, lines=lines,
    )  # fmt: skip
