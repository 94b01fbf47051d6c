"""Disputes as gateways tell of them: opened, won, lost, in any order and more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.commands.earning import put_back
from domain.invoicing.invoice import Invoice
from domain.payments.dispute import Dispute
from domain.payments.payment import Payment, Status
from domain.shared.errors import ClaimTaken, Conflict
from domain.shared.period import accounting_date
from domain.shared.recording import NO_CONDITIONS, Claim, Conditions

if TYPE_CHECKING:
    from datetime import date, datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.payments.gateway import DisputeNotice

_REFERENCE = "dispute.gateway_reference"
"""A gateway's dispute is one of ours, however often it tells of it."""


def heed_dispute(
    books: Books, account: Account, name: str, notice: DisputeNotice, act: Act
) -> None:
    """Raises NotFound for a payment that is not here, Conflict `payment_in_progress` for one
    whose success is not recorded yet: the gateway tells again."""
    while True:
        at = books.now()
        on = accounting_date(at, account.timezone)
        dispute, invoice, given = _found(books, name, notice, at, on)
        if dispute is None:
            return
        _close(dispute, invoice, notice.status, at, on)
        pending = [each for each in (dispute, invoice) if each and each.pending_events]
        if not pending:
            return
        try:
            books.record(*pending, by=act.by, given=given)
        except (ClaimTaken, Conflict) as lost:
            if lost.code not in {"concurrent_change", "taken"}:
                raise
        else:
            return


def _found(
    books: Books, name: str, notice: DisputeNotice, at: datetime, on: date
) -> tuple[Dispute | None, Invoice | None, Conditions]:
    value = f"{name}/{notice.reference}"
    owner = books.owner_of(_REFERENCE, value)
    if owner is not None:
        dispute = books.load(Dispute, owner)
        ref = dispute.invoice_id
        return dispute, None if ref is None else books.load(Invoice, ref), NO_CONDITIONS
    payment = books.load(Payment, notice.payment_id)
    if payment.gateway != name or payment.status is Status.FAILED:
        return None, None, NO_CONDITIONS
    if payment.status is not Status.SUCCEEDED:
        raise Conflict("payment_in_progress", f"payment is {payment.status}")
    amount = min(notice.amount or payment.amount, payment.amount)
    invoice = _invoice(books, payment)
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
    )
    claims = [Claim(_REFERENCE, value, dispute.id)]
    if invoice is not None:
        invoice.dispute(dispute.ref, payment.ref, amount, at=at, on=on)
    return dispute, invoice, Conditions(claims)


def _invoice(books: Books, payment: Payment) -> Invoice | None:
    """The one that the payment counts towards; money that went to the balance is of none."""
    if payment.invoice_id is None:
        return None
    invoice = books.load(Invoice, payment.invoice_id)
    return invoice if payment.ref in invoice.payments else None


def _close(dispute: Dispute, invoice: Invoice | None, status: str, at: datetime, on: date) -> None:
    if status == "lost":
        dispute.lose(at=at, on=on)
    if status != "won" or not dispute.win(at=at, on=on) or invoice is None:
        return
    counted = invoice.disputes.get(dispute.ref, 0)
    lines = [] if invoice.booked_on is None else put_back(invoice, dispute.ref, on)
    invoice.win_dispute(
        dispute.ref, dispute.payment_id, dispute.amount, counted, at=at, on=on, lines=lines
    )
