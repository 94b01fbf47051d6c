"""What gateways tell by themselves: never believed beyond whose it is, looked up where it can be.

So a message sent twice, late or out of order changes nothing that is not so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from domain.commands.charging import charge_of, settle
from domain.commands.disputing import heed_dispute
from domain.commands.paying_out import repayment_of, settle_refund
from domain.payments.gateway import (
    ActionRequired,
    Approved,
    Declined,
    DisputeNotice,
    ForeignRefundNotice,
    GatewayUnavailable,
    PaymentNotice,
    RefundNotice,
    Unanswered,
)
from domain.payments.payment import Payment, Status
from domain.payments.refund import Refund
from domain.shared.errors import ConcurrentChange, NotFound

if TYPE_CHECKING:
    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.gateway import Notice


def heed(
    books: Books, gateways: Gateways, account: Account, name: str, notice: Notice, act: Act
) -> None:
    """Record what follows, if anything does. What is of no payment here is left alone."""
    try:
        match notice:
            case PaymentNotice():
                _payment(books, gateways, account, name, notice, act)
            case RefundNotice():
                _refund(books, gateways, account, name, notice, act)
            case ForeignRefundNotice():
                _refunded_there(books, name, notice, act)
            case DisputeNotice():
                _found_paid(books, gateways, account, name, notice, act)
                heed_dispute(books, account, name, notice, act)
    except NotFound:
        return


def _payment(
    books: Books, gateways: Gateways, account: Account, name: str, notice: PaymentNotice, act: Act
) -> None:
    payment = books.load(Payment, notice.payment_id)
    if payment.gateway != name:
        return
    outcome: object = notice.outcome or gateways[name].look_up(charge_of(payment))
    if isinstance(outcome, Approved | Declined | ActionRequired):
        settle(books, account, payment.ref, outcome, act)


def _refunded_there(books: Books, name: str, notice: ForeignRefundNotice, act: Act) -> None:
    """Only noted: whose money it is and what it is for, a person knows."""
    while True:
        payment = books.load(Payment, notice.payment_id)
        news = payment.gateway == name and payment.note_refunds_at_gateway(
            notice.amount, books.now()
        )
        if not news:
            return
        with suppress(ConcurrentChange):
            books.record(payment, by=act.by)
            return


def _found_paid(
    books: Books, gateways: Gateways, account: Account, name: str, notice: DisputeNotice, act: Act
) -> None:
    """Only what was paid is disputed: one that is not known to be is looked up first."""
    payment = books.load(Payment, notice.payment_id)
    if payment.gateway == name and payment.status is not Status.SUCCEEDED:
        outcome = gateways[name].look_up(charge_of(payment))
        if isinstance(outcome, Approved):
            settle(books, account, payment.ref, outcome, act)
        elif isinstance(outcome, Unanswered):
            raise GatewayUnavailable(detail=f"{name} does not tell of {payment.ref}; send it again")


def _refund(
    books: Books, gateways: Gateways, account: Account, name: str, notice: RefundNotice, act: Act
) -> None:
    refund = books.load(Refund, notice.refund_id)
    if refund.gateway != name:
        return
    outcome = gateways[name].look_up_repayment(repayment_of(books, refund))
    if isinstance(outcome, Approved | Declined):
        settle_refund(books, account, refund.ref, outcome, act, looked_up=True)
