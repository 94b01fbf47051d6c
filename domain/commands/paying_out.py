"""Refunds to cards: the gateway asked for what was recorded, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.payments.gateway import Approved, Outcome, Repayment, Unanswered
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways


def pay_out(books: Books, gateways: Gateways, refunds: Sequence[Refund], act: Act) -> None:
    """Ask the gateways for what was recorded; one without an answer stays pending."""
    for refund in refunds:
        gateway = gateways.get(refund.gateway or "")
        if refund.status == "pending" and gateway is not None:
            outcome = gateway.repay(repayment_of(books, refund))
            settle_refund(books, refund.ref, outcome, act)


def repayment_of(books: Books, refund: Refund) -> Repayment:
    payment = books.load(Payment, refund.payment_id or "")
    return Repayment(
        refund.ref, payment.ref, refund.amount, refund.currency, payment.gateway_reference or ""
    )


def settle_refund(books: Books, ref: str, outcome: Outcome, act: Act) -> bool:
    """Saved once, by version. Whether anything was."""
    while not isinstance(outcome, Unanswered):
        refund = books.load(Refund, ref)
        if isinstance(outcome, Approved):
            refund.succeed(outcome.reference, books.now())
        if not refund.pending_events:
            return False
        try:
            books.record(refund, by=act.by)
        except Conflict as lost:
            if lost.code != "concurrent_change":
                raise
        else:
            return True
    return False
