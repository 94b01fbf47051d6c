"""The state machine: which move each status allows, what it leads to, and how the rest is refused.

`docs/subscriptions.md` shows this table; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    SCHEDULED = "scheduled"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    EXTENDED = "extended"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Move(StrEnum):
    RESCHEDULE = "reschedule"
    START = "start"
    ACTIVATE = "activate"
    GIVE_UP = "give up"
    NOTE_DECLINE = "note a decline"
    FALL_PAST_DUE = "fall past due"
    BECOME_UNPAID = "become unpaid"
    RENEW = "renew"
    BOOK = "book a phase"
    CHANGE_PLAN = "change plan"
    EXTEND = "extend"
    BEGIN_EXTENSION = "begin the extension"
    SUSPEND = "suspend"
    RECORD_USAGE = "record usage"
    UPDATE = "update"
    CANCEL_AT_END = "cancel at period end"
    REACTIVATE = "reactivate"
    CANCEL_NOW = "cancel now"
    EXPIRE = "expire"
    RESTART = "restart"
    HOLD = "wait for the recipient"
    REDEEM = "redeem"


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` refuses the move where `to` has no entry; `when` says it to a reader of the docs."""

    when: str
    code: str
    to: Mapping[Status, tuple[Status, ...]]


ENDED = frozenset({Status.INCOMPLETE_EXPIRED, Status.CANCELED, Status.EXPIRED})
_S, _I, _T, _A = Status.SCHEDULED, Status.INCOMPLETE, Status.TRIALING, Status.ACTIVE
_X, _P, _U = Status.EXTENDED, Status.PAST_DUE, Status.UNPAID
RUNNING = frozenset({_T, _A, _X, _P})
"""In a term that was begun: with access, past due within the account's grace."""


def _staying(*statuses: Status) -> dict[Status, tuple[Status, ...]]:
    return {status: (status,) for status in statuses}


MOVES: Mapping[Move, Rule] = {
    Move.RESCHEDULE: Rule(
        "another start date is asked for", "subscription_not_scheduled", _staying(_S)
    ),
    Move.START: Rule(
        "the start date comes and its money has not", "subscription_state", {_S: (_I,)}
    ),
    Move.ACTIVATE: Rule(
        "what is owed is paid, or nothing has to be paid first",
        "subscription_state",
        {_S: (_A, _T), _I: (_A, _T), _P: (_A, _T, _X), _U: (_A, _X)},
    ),
    Move.GIVE_UP: Rule(
        "the window for the first payment closes",
        "subscription_state",
        {_I: (Status.INCOMPLETE_EXPIRED,)},
    ),
    Move.NOTE_DECLINE: Rule(
        "a charge is declined",
        "subscription_state",
        {_S: (_S,), _I: (_I,), _T: (_T,), _A: (_P,), _X: (_P,), _P: (_P,), _U: (_U,)},
    ),
    Move.FALL_PAST_DUE: Rule(
        "the term's invoice is not paid in time", "subscription_state", {_A: (_P,), _X: (_P,)}
    ),
    Move.BECOME_UNPAID: Rule(
        "the term's invoice is given up",
        "subscription_state",
        {_A: (_U,), _X: (_U,), _P: (_U,)},
    ),
    Move.RENEW: Rule(
        "the term ends and another begins",
        "subscription_not_renewable",
        {_T: (_A,), _A: (_A,), _X: (_A,), _P: (_P,), _U: (_A,)},
    ),
    Move.BOOK: Rule(
        "a further phase is booked", "subscription_not_renewable", _staying(_T, _A, _X, _P, _U)
    ),
    Move.CHANGE_PLAN: Rule(
        "another plan is asked for", "subscription_not_changeable", _staying(_T, _A, _X, _P)
    ),
    Move.EXTEND: Rule(
        "the term's end is moved out", "subscription_not_extendable", _staying(_T, _A, _X, _P)
    ),
    Move.BEGIN_EXTENSION: Rule(
        "the end a term had before it was extended passes",
        "subscription_state", {_T: (_X,), _A: (_X,)}
    ),
    Move.SUSPEND: Rule(
        "shipments are suspended or go on",
        "subscription_not_suspendable",
        _staying(_S, _I, _T, _A, _X, _P, _U),
    ),
    Move.RECORD_USAGE: Rule(
        "usage of the running term is told", "usage_not_recordable", _staying(_T, _A, _X, _P, _U)
    ),
    Move.UPDATE: Rule(
        "fields are changed", "subscription_ended", _staying(_S, _I, _T, _A, _X, _P, _U)
    ),
    Move.CANCEL_AT_END: Rule(
        "it is to end with its term", "subscription_not_cancelable", _staying(_T, _A, _X, _P)
    ),
    Move.REACTIVATE: Rule(
        "a pending cancellation is taken back",
        "subscription_not_reactivatable",
        _staying(_T, _A, _X, _P),
    ),
    Move.CANCEL_NOW: Rule(
        "it is to end today",
        "subscription_not_cancelable",
        dict.fromkeys((_S, _I, _T, _A, _X, _P, _U), (Status.CANCELED,)),
    ),
    Move.EXPIRE: Rule(
        "the last term is over, or a restart was not paid inside its window",
        "subscription_state",
        dict.fromkeys((_I, _T, _A, _X, _P, _U), (Status.EXPIRED,)),
    ),
    Move.RESTART: Rule(
        "an expired membership is taken up again",
        "subscription_not_restartable",
        {Status.EXPIRED: (_I,)},
    ),
    Move.HOLD: Rule("a gift is paid", "subscription_state", {_I: (_S,)}),
    Move.REDEEM: Rule("a paid gift is redeemed", "gift_not_redeemable", _staying(_S)),
}  # fmt: skip
"""Every move there is. A status without an entry refuses it, and nothing is recorded."""


def allows(status: Status, move: Move) -> bool:
    return status in MOVES[move].to


def require(status: Status, move: Move) -> None:
    """Raises Conflict with the move's code where the status does not allow it."""
    if not allows(status, move):
        raise Conflict(MOVES[move].code, f"cannot {move}: the subscription is {status}")


def after(status: Status, move: Move) -> Status:
    """The one status the move leads to; those with several are decided by the caller."""
    require(status, move)
    (only,) = MOVES[move].to[status]
    return only
