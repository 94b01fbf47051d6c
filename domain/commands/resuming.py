"""Payments whose answer never came: looked up, sent again where that is safe, else a person's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from domain.application import Group, Lost
from domain.commands.act import Done
from domain.commands.charging import charge_of, completing, following, settle
from domain.commands.paying_out import repayment_of, settle_refund
from domain.payments.gateway import Approved, Declined, Unanswered
from domain.payments.gateway import Lost as LostPayment
from domain.payments.payment import Payment, Status
from domain.payments.refund import Refund
from domain.shared.errors import Conflict, DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.charging import Gateways
    from domain.payments.gateway import Gateway, Outcome


_NOT_SET_UP_SECONDS = 47 * 3600
"""For how long a gateway that is not set up (any more) is waited for: as the slowest of them."""


class NotResumed(DomainError):
    """Something nobody foresaw, its `__cause__`, kept one from being brought to its end."""

    code = "not_resumed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intent without an answer, and for how long it is one by the wall clock."""

    ref: str
    seconds: float


class Answering:
    """The gateways that still answer in this run: one that fell silent is not asked further."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._silent: set[str] = set()

    def of(self, name: str | None) -> Gateway | None:
        return None if name in self._silent else self._gateways.get(name or "")

    def note(self, name: str | None, outcome: Outcome | None) -> None:
        if isinstance(outcome, Unanswered) and not outcome.reached:
            self._silent.add(name or "")

    def forgotten(self, name: str | None, outcome: Outcome, seconds: float) -> bool:
        """Whether nobody answers for so long that the gateway would not know it from a second."""
        gateway = self._gateways.get(name or "")
        known = _NOT_SET_UP_SECONDS if gateway is None else gateway.idempotent_seconds
        return isinstance(outcome, Unanswered) and not outcome.reached and seconds >= known


@dataclass(slots=True)
class Resumed:
    """How many came to an end, and which could not be brought there."""

    ended: int = 0
    lost: list[Lost] = field(default_factory=list)


@contextmanager
def _alone(asked: Payment | Refund, lost: list[Lost]) -> Iterator[None]:
    """Whatever goes wrong with one of many stops none of the others: it is asked again, and within
    an hour an alert."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as the sentence above says
        unforeseen = NotResumed(detail=f"{asked.ref} cannot be brought to its end")
        unforeseen.__cause__ = error
        lost.append(Lost(Group([asked]), unforeseen))


def resume_payments(
    books: Books, gateways: Gateways, account: Account, waiting: Sequence[Waiting], act: Act
) -> Resumed:
    """What no gateway can tell any more becomes `unknown`, and so does what could not be asked for
    as long as its gateway knows it."""
    answering, resumed = Answering(gateways), Resumed()
    for payment, seconds in _loaded(books, waiting):
        if payment.status is not Status.STARTED:
            continue
        with _alone(payment, resumed.lost):
            gateway = answering.of(payment.gateway)
            outcome = Unanswered() if gateway is None else _resumed(gateway, payment, seconds)
            answering.note(payment.gateway, outcome)
            if outcome is None or answering.forgotten(payment.gateway, outcome, seconds):
                _give_to_person(books, payment, outcome, act)
            elif not isinstance(outcome, Unanswered):
                settle(books, account, payment.ref, outcome, act)
                resumed.ended += 1
    return resumed


def _loaded(books: Books, waiting: Iterable[Waiting]) -> Iterator[tuple[Payment, float]]:
    seconds = {each.ref: each.seconds for each in waiting}
    for payment in books.load_many(Payment, list(seconds)).values():
        yield payment, seconds[payment.ref]


def _resumed(gateway: Gateway, payment: Payment, seconds: float) -> Outcome | None:
    """None: the gateway does not know it, and would not know it from a second one."""
    charge = charge_of(payment)
    found = gateway.look_up(charge)
    if isinstance(found, LostPayment):
        return None
    if found is None and seconds < gateway.idempotent_seconds:
        return gateway.charge(charge)
    return found


def _give_to_person(books: Books, payment: Payment, outcome: Outcome | None, act: Act) -> None:
    said = "knows nothing of it" if outcome is None else "cannot be asked"
    detail = f"{payment.gateway} {said}, and sending it again could charge twice"
    payment.give_to_person(detail, books.now())
    given = completing(payment, Unanswered())
    try:
        books.record(payment, by=act.by, given=given)
    except Conflict as lost:
        if lost.code != "concurrent_change":  # somebody brought the answer meanwhile
            raise


def abandon_payments(
    books: Books, gateways: Gateways, account: Account, refs: Sequence[str], act: Act
) -> list[Lost]:
    """Give up what customers did not confirm in time; nothing is charged for it any more."""
    answering, lost = Answering(gateways), list[Lost]()
    for payment in books.load_many(Payment, refs).values():
        if payment.status is not Status.REQUIRES_ACTION:
            continue
        with _alone(payment, lost):
            gateway = answering.of(payment.gateway)
            outcome = Unanswered() if gateway is None else gateway.abandon(charge_of(payment))
            answering.note(payment.gateway, outcome)
            seconds = (books.now() - payment.started_at).total_seconds()
            if answering.forgotten(payment.gateway, outcome, seconds):
                _give_to_person(books, payment, outcome, act)
                continue
            try:
                settle(books, account, payment.ref, outcome, act)
            except DomainError as error:
                lost.append(Lost(Group([payment]), error))
    return lost


def resume_refunds(
    books: Books, gateways: Gateways, account: Account, waiting: Sequence[Waiting], act: Act
) -> Resumed:
    """As `resume_payments`; what may not be sent again stays pending and is an alert."""
    answering, resumed = Answering(gateways), Resumed()
    seconds = {each.ref: each.seconds for each in waiting}
    for refund in books.load_many(Refund, list(seconds)).values():
        gateway = answering.of(refund.gateway)
        if gateway is None or refund.status != "pending":
            continue
        with _alone(refund, resumed.lost):
            asked = repayment_of(books, refund)
            outcome = gateway.look_up_repayment(asked)
            if outcome is None and seconds[refund.ref] < gateway.idempotent_seconds:
                outcome = gateway.repay(asked)
            answering.note(refund.gateway, outcome)
            if outcome is not None and not isinstance(outcome, Unanswered):
                settled = settle_refund(books, account, refund.ref, outcome, act)
                resumed.ended += settled is not None
    return resumed


def resolve_payment(
    books: Books, account: Account, ref: str, outcome: str, reason: str, act: Act
) -> Done:
    """What a person found out about a payment that nobody knew of: succeeded or failed.

    Raises Conflict `payment_not_unknown`.
    """
    payment = books.load(Payment, ref)
    payment.require_unknown()
    told: Outcome = Declined("resolved_as_failed", reason, resolution=reason)
    if outcome == "succeeded":
        told = Approved(payment.gateway_reference or "", resolution=reason)
    changed = following(books, account, payment, told)
    given = replace(act.given(ref), completes_key=completing(payment, told).completes_key)
    return Done(ref, books.record(*changed, by=act.by, given=given))
